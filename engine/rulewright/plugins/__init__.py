"""Plug-ins: what others add to the rule language without touching the engine.

A plug-in is a module (or any object) with functions named `rulewright_...`, one for each kind of thing it
adds; `hooks` lists them. Installed ones are found by their entry points in the group `rulewright`. What a
program may use is one frozen `Registry`, which the program holds: nothing is registered in the process. A
module imports only from those that stand before it in this list:

  kinds, hooks           the things that plug-ins add, and the functions that give them
  shipped, registry      those that ship, and all that a program knows
  listing                telling of them
  calling                calling what plug-ins declared, while payloads are decided
  trying, verifying      what is asked of each thing before any program uses it
  finding                which plug-ins are installed
  collecting, loading    from plug-ins to a registry
"""

from rulewright.fieldtypes import FieldType, text_type, whole_number_type
from rulewright.plugins.kinds import (
    CelFunction,
    Chance,
    EffectKind,
    ErrorDialect,
    ForwarderScheme,
    IdGenerator,
    ReportFormat,
    RuleCheck,
    StoreScheme,
)
from rulewright.plugins.registry import Plugin, Registry, built_in

__all__ = [
    "CelFunction",
    "Chance",
    "EffectKind",
    "ErrorDialect",
    "FieldType",
    "ForwarderScheme",
    "IdGenerator",
    "Plugin",
    "Registry",
    "ReportFormat",
    "RuleCheck",
    "StoreScheme",
    "built_in",
    "text_type",
    "whole_number_type",
]

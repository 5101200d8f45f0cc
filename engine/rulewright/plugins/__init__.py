"""Plug-ins: what others add to the rule language without touching the engine.

A plug-in is a module (or any object) with functions named `rulewright_...`, one for each kind of thing it
adds; `hooks` lists them. Installed ones are found by their entry points in the group `rulewright`. What a
program may use is one frozen `Registry`, which the program holds: nothing is registered in the process.
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

"""RuleFile -> CompiledResource: every expression parsed, every id made, once.

What is here is immutable and shared by all evaluations; nothing is computed from payloads.
"""

from rulewright.compiled.fields import EMPTY_MAP, compile_checks, compile_field, compile_map, compile_optional
from rulewright.compiled.parts import (
    CompiledCheck,
    CompiledEffect,
    CompiledField,
    CompiledIdempotency,
    CompiledInference,
    CompiledLookUp,
    CompiledReaction,
    CompiledReference,
    CompiledResponse,
    CompiledTarget,
    CompiledTransition,
    CompiledUnique,
    CompiledWorkflow,
    Concern,
)
from rulewright.compiled.resource import CompiledResource, CompiledRules
from rulewright.compiled.rules import compile_effect, compile_resource, compile_rules, with_settings

__all__ = [
    "EMPTY_MAP",
    "CompiledCheck",
    "CompiledEffect",
    "CompiledField",
    "CompiledIdempotency",
    "CompiledInference",
    "CompiledLookUp",
    "CompiledReaction",
    "CompiledReference",
    "CompiledResource",
    "CompiledResponse",
    "CompiledRules",
    "CompiledTarget",
    "CompiledTransition",
    "CompiledUnique",
    "CompiledWorkflow",
    "Concern",
    "compile_checks",
    "compile_effect",
    "compile_field",
    "compile_map",
    "compile_optional",
    "compile_resource",
    "compile_rules",
    "with_settings",
]

"""Rulewright decides intake payloads against declarative YAML rule files.

program = load("rules")
outcome = program.evaluate("ct_oi/case", payload, store=store, actor={"agent": 3, "group": 9})

The names below are imported when first asked for: `rulewright --help` needs none of them, and together
they take half a second.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rulewright.delivery import Receipt
    from rulewright.errors import (
        AdapterError,
        ConfigurationError,
        ConflictError,
        EvaluationError,
        NoRecordError,
        PayloadError,
        PluginError,
        ReferenceViolationError,
        RuleFileError,
        RulewrightError,
        StoreLostError,
        StoreMismatchError,
        UniqueViolationError,
    )
    from rulewright.evaluation import Inputs, Move, Request
    from rulewright.outcome import Change, Message, Outcome, Read, Response
    from rulewright.ports import Records, Store, Transaction
    from rulewright.problem import Because, Problem, SourceProblem, Span, VendorError
    from rulewright.program import Program, load
    from rulewright.report.shown import outcome_json

__all__ = [
    "AdapterError",
    "Because",
    "Change",
    "ConfigurationError",
    "ConflictError",
    "EvaluationError",
    "Inputs",
    "Message",
    "Move",
    "NoRecordError",
    "Outcome",
    "PayloadError",
    "PluginError",
    "Problem",
    "Program",
    "Read",
    "Receipt",
    "Records",
    "ReferenceViolationError",
    "Request",
    "Response",
    "RuleFileError",
    "RulewrightError",
    "SourceProblem",
    "Span",
    "Store",
    "StoreLostError",
    "StoreMismatchError",
    "Transaction",
    "UniqueViolationError",
    "VendorError",
    "load",
    "outcome_json",
]

_MODULES = {
    "rulewright.delivery": ("Receipt",),
    "rulewright.errors": (
        "AdapterError",
        "ConfigurationError",
        "ConflictError",
        "EvaluationError",
        "NoRecordError",
        "PayloadError",
        "PluginError",
        "ReferenceViolationError",
        "RuleFileError",
        "RulewrightError",
        "StoreLostError",
        "StoreMismatchError",
        "UniqueViolationError",
    ),
    "rulewright.evaluation": ("Inputs", "Move", "Request"),
    "rulewright.outcome": ("Change", "Message", "Outcome", "Read", "Response"),
    "rulewright.ports": ("Records", "Store", "Transaction"),
    "rulewright.problem": ("Because", "Problem", "SourceProblem", "Span", "VendorError"),
    "rulewright.program": ("Program", "load"),
    "rulewright.report.shown": ("outcome_json",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

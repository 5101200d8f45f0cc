"""Rulewright decides intake payloads against declarative YAML rule files.

program = load("rules")
outcome = program.evaluate("ct_oi/case", payload, store=store, actor={"agent": 3, "group": 9})

The names below are imported when first asked for: `rulewright --help` needs none of them, and together
they take half a second.
"""

from typing import TYPE_CHECKING

from rulewright.lazy_imports import lazy_names

if TYPE_CHECKING:
    from rulewright.delivery import Receipt
    from rulewright.errors import (
        AdapterError,
        ConfigurationError,
        ConflictError,
        EvaluationError,
        NoRecordError,
        OversizeError,
        PayloadError,
        PluginError,
        RecordRefusedError,
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
    "OversizeError",
    "PayloadError",
    "PluginError",
    "Problem",
    "Program",
    "Read",
    "Receipt",
    "RecordRefusedError",
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

__getattr__ = lazy_names(
    __name__,
    {
        "delivery": ("Receipt",),
        "errors": (
            "AdapterError",
            "ConfigurationError",
            "ConflictError",
            "EvaluationError",
            "NoRecordError",
            "OversizeError",
            "PayloadError",
            "PluginError",
            "RecordRefusedError",
            "ReferenceViolationError",
            "RuleFileError",
            "RulewrightError",
            "StoreLostError",
            "StoreMismatchError",
            "UniqueViolationError",
        ),
        "evaluation": ("Inputs", "Move", "Request"),
        "outcome": ("Change", "Message", "Outcome", "Read", "Response"),
        "ports": ("Records", "Store", "Transaction"),
        "problem": ("Because", "Problem", "SourceProblem", "Span", "VendorError"),
        "program": ("Program", "load"),
        "report.shown": ("outcome_json",),
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

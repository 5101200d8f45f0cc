"""Rulewright decides intake payloads against declarative YAML rule files.

program = load("rules")
outcome = program.evaluate("ct_oi/case", payload, store=store, actor={"agent": 3, "group": 9})
"""

from rulewright.delivery import Receipt
from rulewright.errors import (
    AdapterError,
    ConfigurationError,
    EvaluationError,
    PayloadError,
    ReferenceViolationError,
    RuleFileError,
    RulewrightError,
    StoreMismatchError,
    UniqueViolationError,
)
from rulewright.evaluation import Inputs, Request
from rulewright.outcome import Change, Message, Outcome, Read, Response
from rulewright.ports import Records, Store, Transaction
from rulewright.problem import Because, Problem, SourceProblem, Span
from rulewright.program import Program, load

__all__ = [
    "AdapterError",
    "Because",
    "Change",
    "ConfigurationError",
    "EvaluationError",
    "Inputs",
    "Message",
    "Outcome",
    "PayloadError",
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
    "StoreMismatchError",
    "Transaction",
    "UniqueViolationError",
    "load",
]

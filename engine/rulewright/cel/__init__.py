"""The Common Expression Language: parser, checker, compiler, and a tree-walking evaluator as referee.

program = compile("payload.age >= 18 && has(payload.name)", ["payload"])
program.evaluate({"payload": {"age": 20}})
program.explain({"payload": {"age": 20}})
check("payload.age >= 18", Declarations({"payload": record("payload", {"age": RecordField(INT)})})).problems
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

from rulewright.cel.errors import CelError, CelSyntaxError, EvaluationError, LimitError, Unknown
from rulewright.cel.evaluator import Recorder, evaluate
from rulewright.cel.explanation import HIDDEN, NOT_REACHED, Explanation, explain
from rulewright.cel.functions import ALL_FUNCTIONS, OWN_FUNCTIONS, STANDARD_FUNCTIONS
from rulewright.cel.limits import DEFAULT_LIMITS, Budget, Limits
from rulewright.cel.namespace import Path, qualify, references
from rulewright.cel.parser import parse
from rulewright.cel.program import Program, compile
from rulewright.cel.regex import check_pattern
from rulewright.cel.signature import Function, Overload, function
from rulewright.cel.tree import Node, children, scoped_children, walk
from rulewright.cel.values import (
    TYPE_NAMES,
    Cidr,
    Duration,
    IpAddress,
    OptionalValue,
    Timestamp,
    Type,
    Uint,
    kind_of,
)

if TYPE_CHECKING:
    from rulewright.cel.checker import (
        Checked,
        CheckProblem,
        Declarations,
        Expected,
        RecordField,
        RecordType,
        check,
        check_tree,
        cost,
        nullable,
        record,
    )

__all__ = [
    "ALL_FUNCTIONS",
    "DEFAULT_LIMITS",
    "HIDDEN",
    "NOT_REACHED",
    "OWN_FUNCTIONS",
    "STANDARD_FUNCTIONS",
    "TYPE_NAMES",
    "Budget",
    "CelError",
    "CelSyntaxError",
    "CheckProblem",
    "Checked",
    "Cidr",
    "Declarations",
    "Duration",
    "EvaluationError",
    "Expected",
    "Explanation",
    "Function",
    "IpAddress",
    "LimitError",
    "Limits",
    "Node",
    "OptionalValue",
    "Overload",
    "Path",
    "Program",
    "RecordField",
    "RecordType",
    "Recorder",
    "Timestamp",
    "Type",
    "Uint",
    "Unknown",
    "check",
    "check_pattern",
    "check_tree",
    "children",
    "compile",
    "cost",
    "evaluate",
    "explain",
    "function",
    "kind_of",
    "nullable",
    "parse",
    "qualify",
    "record",
    "references",
    "scoped_children",
    "walk",
]

# Imported when first asked for: a quarter of this package, needed only for rules that are checked.
_CHECKER: Final = frozenset(
    {
        "CheckProblem",
        "Checked",
        "Declarations",
        "Expected",
        "RecordField",
        "RecordType",
        "check",
        "check_tree",
        "cost",
        "nullable",
        "record",
    }
)


def __getattr__(name: str) -> object:
    if name not in _CHECKER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module("rulewright.cel.checker"), name)
    globals()[name] = value
    return value

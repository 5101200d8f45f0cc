"""The Common Expression Language: parser, tree, functions and a tree-walking evaluator.

node = parse("payload.age >= 18 && has(payload.name)")
evaluate(node, {"payload": {"age": 20}})
"""

from rulewright.cel.errors import CelError, CelSyntaxError, EvaluationError, LimitError, Unknown
from rulewright.cel.evaluator import Recorder, evaluate
from rulewright.cel.functions import ALL_FUNCTIONS, OWN_FUNCTIONS, STANDARD_FUNCTIONS
from rulewright.cel.limits import DEFAULT_LIMITS, Budget, Limits
from rulewright.cel.namespace import Path, qualify, references
from rulewright.cel.parser import parse
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

__all__ = [
    "ALL_FUNCTIONS",
    "DEFAULT_LIMITS",
    "OWN_FUNCTIONS",
    "STANDARD_FUNCTIONS",
    "TYPE_NAMES",
    "Budget",
    "CelError",
    "CelSyntaxError",
    "Cidr",
    "Duration",
    "EvaluationError",
    "Function",
    "IpAddress",
    "LimitError",
    "Limits",
    "Node",
    "OptionalValue",
    "Overload",
    "Path",
    "Recorder",
    "Timestamp",
    "Type",
    "Uint",
    "Unknown",
    "check_pattern",
    "children",
    "evaluate",
    "function",
    "kind_of",
    "parse",
    "qualify",
    "references",
    "scoped_children",
    "walk",
]

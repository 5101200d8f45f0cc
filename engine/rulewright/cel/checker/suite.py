"""Types as the conformance suite writes them, and the functions its tests of deduced types declare."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from rulewright.cel.checker import check_tree
from rulewright.cel.checker.declarations import Declarations
from rulewright.cel.checker.types import is_nullable, without_null
from rulewright.cel.functions import ALL_FUNCTIONS
from rulewright.cel.namespace import qualify
from rulewright.cel.parser import parse
from rulewright.cel.signature import Function, K, T, V, free
from rulewright.cel.values import BOOL, BYTES, DOUBLE, INT, STRING, TYPE_NAMES, UINT, Type

_TOKEN = re.compile(r"[\w.]+|[(),]")
_SHORT_NAMES: Final = {
    "null": "null_type",
    "timestamp": "google.protobuf.Timestamp",
    "duration": "google.protobuf.Duration",
}
_PLAIN: Final = frozenset([BOOL, INT, UINT, DOUBLE, STRING, BYTES])
_TUPLE: Final = Type("tuple", (T, K, V))
_ALIKE: Final = Type("tuple", (T, T, T))

# type_deduction.textproto declares these beside its tests; the data file leaves declarations out.
_OF_THE_SUITE: Final[Mapping[str, Function]] = {
    "tuple": Function("tuple", (free([T, K, V], _TUPLE, lambda *parts: parts),)),
    "sort": Function(
        "sort",
        (*ALL_FUNCTIONS["sort"].overloads, free([_ALIKE], _ALIKE, lambda parts: parts)),
    ),
}


def deduced(case: Mapping[str, Any]) -> tuple[str | None, str]:
    """The type of a test's expression as the suite writes it, or None and why there is none."""
    variables = {name: read_type(text) for name, text in case["type_env"].items()}
    for name in case["bindings"]:
        variables.setdefault(name, Type("dyn"))
    node = qualify(parse(case["expr"], macros=not case["disable_macros"]), variables, case["container"])
    functions = {**ALL_FUNCTIONS, **_OF_THE_SUITE}
    checked = check_tree(node, case["expr"], Declarations(variables, functions))
    for problem in checked.errors:
        return None, f"{problem.code}: {problem.message}"
    return write_type(checked.type), ""


def read_type(text: str) -> Type:
    """`map(string, list(int))` as a type."""
    stack: list[tuple[str, list[Type]]] = [("", [])]
    for token in _TOKEN.finditer(text):
        word = token.group()
        if word == "(":
            stack.append((stack[-1][1].pop().name, []))
        elif word == ")":
            name, params = stack.pop()
            stack[-1][1].append(Type(name, tuple(params)))
        elif word != ",":
            name = _SHORT_NAMES.get(word, word)
            stack[-1][1].append(TYPE_NAMES.get(name, Type(name)))
    return stack[0][1][0]


def write_type(kind: Type) -> str:
    """The type as the suite writes it. Null goes with every type but the plain ones there, unsaid."""
    if is_nullable(kind):
        inner = without_null(kind)
        return "dyn" if inner in _PLAIN else write_type(inner)
    name = next((short for short, full in _SHORT_NAMES.items() if full == kind.name), kind.name)
    return f"{name}({', '.join(map(write_type, kind.params))})" if kind.params else name

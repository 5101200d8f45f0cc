"""Which expressions must count their steps while they run.

Without loops, names for values and functions that make much of little, an expression costs no more than its
own size and that of the values it reads. Neither does a loop whose rounds only read fields and compare them
with literals, as long as its list is not long; so most conditions count nothing.
"""

from __future__ import annotations

from typing import Final

from rulewright.cel.compiler.linear import linear_pattern
from rulewright.cel.tree import (
    Bind,
    Call,
    Conditional,
    Given,
    Has,
    Ident,
    ListExpr,
    Literal,
    Logic,
    Macro,
    Node,
    OptionalMap,
    Select,
    children,
    walk,
)

_OPERATORS: Final = frozenset(
    ["_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_+_", "_-_", "_*_", "_/_", "_%_", "@in", "-_", "!_"]
)
_COMPARISONS: Final = frozenset(["_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"])
_SMALL: Final = frozenset(
    ["size", "startsWith", "endsWith", "contains", "or", "orValue", "dyn", "type", "timestamp", "duration"]
)
"""Functions whose cost and result are at most as large as what they are given."""


def is_metered(root: Node) -> bool:
    """Whether an evaluation must count its steps."""
    return any(_is_unbounded(node) for node in walk(root))


def _is_unbounded(node: Node) -> bool:
    if isinstance(node, Macro):
        return not is_plain_loop(node)
    if isinstance(node, Call):
        return not (node.function in _OPERATORS or node.function in _SMALL or _is_linear_match(node))
    return isinstance(node, Bind | OptionalMap)


def _is_linear_match(node: Node) -> bool:
    if not isinstance(node, Call) or node.function != "matches" or not node.args:
        return False
    pattern = node.args[-1]
    return (
        isinstance(pattern, Literal)
        and type(pattern.value) is str
        and linear_pattern(pattern.value) is not None
    )


def is_plain_loop(node: Macro) -> bool:
    """Whether each round costs no more than the nodes it visits."""
    if isinstance(node.range, Call | Macro | ListExpr | Bind | OptionalMap):
        return False
    return all(part is None or _is_plain(part) for part in (node.condition, node.body))


def _is_plain(node: Node) -> bool:
    if isinstance(node, Call):
        plain = node.function == "!_" or (
            node.function in _COMPARISONS and any(isinstance(arg, Literal) for arg in node.args)
        )
        return plain and all(_is_plain(arg) for arg in node.args)
    if not isinstance(node, Literal | Ident | Select | Has | Given | Logic | Conditional):
        return False
    return all(_is_plain(child) for child in children(node))


def count_loops(root: Node) -> int:
    """The number of macros, to divide the budget among those that don't count."""
    return sum(1 for node in walk(root) if isinstance(node, Macro))

"""An upper bound of the steps an expression takes, known before any value arrives.

It follows the tree-walking evaluator: one step a node, one a round of a macro, and what the functions charge.
Only the sizes of values are estimated; where a schema gives no maximum the defaults of `sizes` are taken, and
the budget at run time still holds for what is larger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rulewright.cel.checker.charges import charge, result_size
from rulewright.cel.checker.sizes import (
    MOST,
    SCALAR,
    UNKNOWN,
    Size,
    larger,
    list_of_size,
    number_of_size,
    text_of,
)
from rulewright.cel.tree import (
    Bind,
    Call,
    Conditional,
    Given,
    Has,
    Ident,
    Index,
    ListExpr,
    Literal,
    Logic,
    Macro,
    MapEntry,
    MapExpr,
    Node,
    OptionalMap,
    Select,
    walk,
)

Sizes = Mapping[str, Size]
"""The sizes of the values behind names; a name that is left out has the defaults.

Under "f()" stands what a call of the function `f` costs on its own, beside what its arguments do.
"""


class _Bound(NamedTuple):
    """What a node may cost, and how large its value may be."""

    steps: int
    size: Size


def cost(node: Node, sizes: Sizes) -> int:
    """The largest number of steps that evaluating the expression takes, on values of these sizes."""
    steps, size = _bound(node, sizes)
    # The evaluator goes through what was built once more, to bound how large that is.
    built = 0 if isinstance(node, Ident | Select | Index) else size.steps()
    return min(steps + built, MOST)


def _bound(node: Node, sizes: Sizes) -> _Bound:
    steps, size = _BOUNDS[type(node)](node, sizes)
    return _Bound(min(steps + 1, MOST), size)


def _literal(node: Literal, _: Sizes) -> _Bound:
    value = node.value
    if isinstance(value, str | bytes):
        return _Bound(0, text_of(len(value)))
    whole = isinstance(value, int) and not isinstance(value, bool)
    return _Bound(0, number_of_size(int(value)) if whole else SCALAR)  # type: ignore[call-overload]


def _ident(node: Ident, sizes: Sizes) -> _Bound:
    return _Bound(0, sizes.get(node.name, UNKNOWN))


def _select(node: Select, sizes: Sizes) -> _Bound:
    steps, size = _bound(node.operand, sizes)
    return _Bound(steps, size.field(node.field))


def _has(node: Has, sizes: Sizes) -> _Bound:
    return _Bound(_bound(node.operand, sizes).steps, SCALAR)


def _given(node: Given, _: Sizes) -> _Bound:
    return _Bound(sum(1 for _ in walk(node.path)), SCALAR)


def _index(node: Index, sizes: Sizes) -> _Bound:
    operand, index = _bound(node.operand, sizes), _bound(node.index, sizes)
    known = node.index.value if isinstance(node.index, Literal) else None
    size = operand.size.field(known) if isinstance(known, str) else operand.size.each
    return _Bound(operand.steps + index.steps, size)


def _logic(node: Logic, sizes: Sizes) -> _Bound:
    return _Bound(_sum(node.operands, sizes), SCALAR)


def _conditional(node: Conditional, sizes: Sizes) -> _Bound:
    then, otherwise = _bound(node.then, sizes), _bound(node.otherwise, sizes)
    steps = _bound(node.condition, sizes).steps + max(then.steps, otherwise.steps)
    return _Bound(steps, larger(then.size, otherwise.size))


def _call(node: Call, sizes: Sizes) -> _Bound:
    operands = node.args if node.target is None else (node.target, *node.args)
    bounds = [_bound(operand, sizes) for operand in operands]
    inputs = [bound.size for bound in bounds]
    steps = sum(bound.steps for bound in bounds) + charge(node, operands, inputs)
    # A caller's own function says what it costs, under a name that no variable can have.
    own = sizes.get(f"{node.function}()")
    steps += own.count if own is not None else 0
    return _Bound(steps, result_size(node.function, inputs))


def _list(node: ListExpr, sizes: Sizes) -> _Bound:
    bounds = [_bound(element, sizes) for element in node.elements]
    return _Bound(sum(bound.steps for bound in bounds), list_of_size(len(bounds), _largest(bounds)))


def _map(node: MapExpr, sizes: Sizes) -> _Bound:
    values = [_bound(entry.value, sizes) for entry in node.entries]
    keys = _sum([entry.key for entry in node.entries], sizes)
    steps = keys + sum(bound.steps for bound in values) + len(values)
    fields = {
        entry.key.value: bound.size
        for entry, bound in zip(node.entries, values, strict=True)
        if isinstance(entry.key, Literal) and isinstance(entry.key.value, str)
    }
    return _Bound(steps, Size(len(values), item=_largest(values), fields=fields))


def _entry(node: MapEntry, sizes: Sizes) -> _Bound:
    return _Bound(_sum((node.key, node.value), sizes), SCALAR)


def _macro(node: Macro, sizes: Sizes) -> _Bound:
    items = _bound(node.range, sizes)
    rounds = items.size.count
    variables = (items.size.each, items.size.each) if len(node.variables) == 2 else (items.size.each,)
    inner = {**sizes, **dict(zip(node.variables, variables, strict=True))}
    condition = _bound(node.condition, inner).steps if node.condition is not None else 0
    body = _bound(node.body, inner) if node.body is not None else _Bound(0, items.size.each)
    steps = items.steps + 1 + rounds * (2 + condition + body.steps)
    if node.kind in ("all", "exists", "exists_one"):
        return _Bound(steps, SCALAR)
    return _Bound(steps, body.size if node.kind == "find" else list_of_size(rounds, body.size))


def _bind(node: Bind, sizes: Sizes) -> _Bound:
    value = _bound(node.value, sizes)
    body = _bound(node.body, {**sizes, node.variable: value.size})
    return _Bound(value.steps + body.steps, body.size)


def _optional_map(node: OptionalMap, sizes: Sizes) -> _Bound:
    operand = _bound(node.operand, sizes)
    body = _bound(node.body, {**sizes, node.variable: operand.size})
    return _Bound(operand.steps + body.steps, body.size)


def _sum(nodes: Sequence[Node], sizes: Sizes) -> int:
    return sum(_bound(node, sizes).steps for node in nodes)


def _largest(bounds: Sequence[_Bound]) -> Size:
    found = bounds[0].size if bounds else SCALAR
    for bound in bounds[1:]:
        found = larger(found, bound.size)
    return found


_BOUNDS: Final[Mapping[type[Node], Callable[[Any, Sizes], _Bound]]] = {
    Literal: _literal,
    Ident: _ident,
    Select: _select,
    Has: _has,
    Given: _given,
    Index: _index,
    Call: _call,
    Logic: _logic,
    Conditional: _conditional,
    ListExpr: _list,
    MapEntry: _entry,
    MapExpr: _map,
    Macro: _macro,
    Bind: _bind,
    OptionalMap: _optional_map,
}

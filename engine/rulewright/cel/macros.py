"""Macros: calls that are a form of their own because they bind a variable or don't evaluate an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rulewright.cel.errors import CelSyntaxError
from rulewright.cel.tree import (
    Bind,
    Call,
    Given,
    Has,
    Ident,
    Index,
    Macro,
    MacroKind,
    Node,
    OptionalMap,
    Select,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_TESTS: Final[Mapping[str, MacroKind]] = {
    "all": "all",
    "exists": "exists",
    "exists_one": "exists_one",
    "existsOne": "exists_one",
}
"""`x.all(v, condition)`, `x.all(i, v, condition)`"""

_TRANSFORMS: Final[Mapping[str, MacroKind]] = {
    "transformList": "transform_list",
    "transformMap": "transform_map",
    "transformMapEntry": "transform_map_entry",
}
"""`x.transformList(i, v, body)`, `x.transformList(i, v, condition, body)`"""

MACRO_NAMES: Final = frozenset(
    ["has", "given", "find", "map", "filter", "bind", "optMap", "optFlatMap", *_TESTS, *_TRANSFORMS]
)


def expand(call: Call) -> Node:
    """The macro a call is, or the call itself; with another number of arguments it is an ordinary call."""
    if call.target is None:
        return _expand_global(call)
    if call.function in _TESTS and len(call.args) in (2, 3):
        return _macro(call, _TESTS[call.function], call.target, call.args[:-1], call.args[-1], None)
    if call.function in _TRANSFORMS and len(call.args) in (3, 4):
        condition = call.args[2] if len(call.args) == 4 else None
        return _macro(call, _TRANSFORMS[call.function], call.target, call.args[:2], condition, call.args[-1])
    return _expand_member(call, call.target)


def _expand_global(call: Call) -> Node:
    match call.function, call.args:
        case "has", (Select(operand=operand, field=field, optional=False),):
            return Has(start=call.start, end=call.end, operand=operand, field=field)
        case "has", (argument,):
            raise CelSyntaxError("has() takes a field, as in has(a.b)", argument.start, argument.end)
        case "given", (path,):
            _require_path(path)
            return Given(start=call.start, end=call.end, path=path)
        case "given", _:
            raise CelSyntaxError("given() takes one field, as in given(a.b)", call.start, call.end)
        case "find", (items, variable, condition):
            return _macro(call, "find", items, (variable,), condition, None)
        case _:
            return call


def _expand_member(call: Call, target: Node) -> Node:
    match call.function, call.args:
        case "map", (variable, body):
            return _macro(call, "map", target, (variable,), None, body)
        case "map", (variable, condition, body):
            return _macro(call, "map", target, (variable,), condition, body)
        case "filter", (variable, condition):
            return _macro(call, "filter", target, (variable,), condition, None)
        case "bind", (variable, value, body) if isinstance(target, Ident) and target.name == "cel":
            return Bind(start=call.start, end=call.end, variable=_variable(variable), value=value, body=body)
        case (("optMap" | "optFlatMap"), (variable, body)):
            flat = call.function == "optFlatMap"
            name = _variable(variable)
            return OptionalMap(
                start=call.start, end=call.end, operand=target, variable=name, body=body, flat=flat
            )
        case _:
            return call


def _macro(  # the fields of one node, in order
    call: Call,
    kind: MacroKind,
    items: Node,
    variables: tuple[Node, ...],
    condition: Node | None,
    body: Node | None,
) -> Macro:
    names = tuple(_variable(variable) for variable in variables)
    if len(set(names)) < len(names):
        raise CelSyntaxError(f"{names[0]!r} is named twice", variables[1].start, variables[1].end)
    return Macro(
        start=call.start,
        end=call.end,
        kind=kind,
        range=items,
        variables=names,
        condition=condition,
        body=body,
    )


def _variable(node: Node) -> str:
    if isinstance(node, Ident) and not node.absolute and "." not in node.name:
        return node.name
    raise CelSyntaxError("this must be a plain name for the variable", node.start, node.end)


def _require_path(path: Node) -> None:
    node = path
    while isinstance(node, Select | Index):
        node = node.operand
    if not isinstance(node, Ident):
        raise CelSyntaxError("given() takes a field or a name, as in given(a.b)", path.start, path.end)

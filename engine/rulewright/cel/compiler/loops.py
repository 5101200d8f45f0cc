"""Code of the macros that go through items: one function with one loop each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from rulewright.cel.compiler.absorbing import decides, holding
from rulewright.cel.compiler.unit import Code, Frame
from rulewright.cel.tree import Macro, MacroKind, Node, walk
from rulewright.cel.values import BOOL, LIST, Type


def macro(frame: Frame, node: Macro) -> Code:
    """The call of the function that runs the macro."""
    items = frame.value(node.range)
    source = frame.unit.name("v")
    names = [frame.unit.name("v") for _ in node.variables]
    variables = {
        variable: Code(name, raw=True, simple=True)
        for variable, name in zip(node.variables, names, strict=True)
    }
    inner = frame.inner(variables, loop=True)
    before, body, after, kind = _BODIES[node.kind](inner, node)
    loop = f"for {', '.join(names)} in {_rounds(frame, node, source)}:"
    lines = [*before, loop, *(f"    {line}" for line in body), *after]
    frame.height = 0
    return Code(frame.function(lines, ((source, items.text),)), kind, raw=node.kind == "find")


def _rounds(frame: Frame, node: Macro, source: str) -> str:
    """What the loop goes through; a list may be gone through itself where it surely keeps to the budget."""
    cost = _cost(node)
    if len(node.variables) == 2:
        return f"pair_rounds({frame.budget}, {source}, {cost})"
    function = "item_rounds" if node.kind == "find" else "rounds"
    counted = f"{function}({frame.budget}, {source}, {cost})"
    if frame.unit.metered:
        return counted
    longest = frame.unit.steps // (cost * frame.unit.loops)
    return f"({source} if {source}.__class__ is list and len({source}) <= {longest} else {counted})"


def _cost(node: Macro) -> int:
    """Steps of one round: what the tree-walker counts if it visits every node."""
    parts = [part for part in (node.condition, node.body) if part is not None]
    return 1 + sum(1 for part in parts for _ in walk(part))


Body = tuple[list[str], list[str], list[str], Type | None]
"""Lines before the loop, in it and after it, and the result's type."""


def _search(decisive: bool) -> Callable[[Frame, Macro], Body]:
    def lines(frame: Frame, node: Macro) -> Body:
        wanted = cast("Node", node.condition)
        if frame.exact:
            test = f"if {decides(frame, wanted, decisive)}: return {decisive}"
            return ["h = None"], holding(test), [*_RAISE_HELD, f"return {not decisive}"], BOOL
        condition = frame.test(wanted)
        test = f"if {condition if decisive else f'not {condition}'}: return {decisive}"
        return [], [test], [f"return {not decisive}"], BOOL

    return lines


_RAISE_HELD: Final = ["if h is not None: raise h"]


def _exists_one(frame: Frame, node: Macro) -> Body:
    line = f"n += {frame.test(cast('Node', node.condition))}"
    if not frame.exact:
        return ["n = 0"], [line], ["return n == 1"], BOOL
    return ["n = 0", "h = None"], holding(line), [*_RAISE_HELD, "return n == 1"], BOOL


def _kept(frame: Frame, node: Macro) -> list[str]:
    if node.condition is None:
        return []
    return [f"if not {frame.test(node.condition)}: continue"]


def _variable(frame: Frame, node: Macro) -> str:
    """The macro's variable as a value of CEL."""
    name = frame.variables[node.variables[0]].text
    return f"({name} if {name}.__class__ in PLAIN else adapt({name}))"


def _filter(frame: Frame, node: Macro) -> Body:
    return ["n = []"], [*_kept(frame, node), f"n.append({_variable(frame, node)})"], ["return n"], LIST


def _find(frame: Frame, node: Macro) -> Body:
    return [], [*_kept(frame, node), f"return {_variable(frame, node)}"], ["return None"], None


def _map(frame: Frame, node: Macro) -> Body:
    kept = _kept(frame, node)
    body = frame.cooked(cast("Node", node.body))
    return ["n = []"], [*kept, f"n.append({body.text})"], ["return n"], LIST


def _transform_map(frame: Frame, node: Macro) -> Body:
    kept = _kept(frame, node)
    key = frame.variables[node.variables[0]].text
    body = frame.cooked(cast("Node", node.body))
    return (
        [f"n = MapBuilder({frame.budget})"],
        [*kept, f"n.add({key}, {body.text})"],
        ["return n.build()"],
        None,
    )


def _transform_map_entry(frame: Frame, node: Macro) -> Body:
    kept = _kept(frame, node)
    body = frame.value(cast("Node", node.body))
    return (
        [f"n = MapBuilder({frame.budget})"],
        [*kept, f"add_entries(n, {body.text})"],
        ["return n.build()"],
        None,
    )


_BODIES: Final[dict[MacroKind, Callable[[Frame, Macro], Body]]] = {
    "all": _search(decisive=False),
    "exists": _search(decisive=True),
    "exists_one": _exists_one,
    "filter": _filter,
    "find": _find,
    "map": _map,
    "transform_list": _map,
    "transform_map": _transform_map,
    "transform_map_entry": _transform_map_entry,
}

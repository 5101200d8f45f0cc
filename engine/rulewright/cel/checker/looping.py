"""The types of macros that go through a list or a map."""

from __future__ import annotations

from rulewright.cel.checker.run import Run, Scope
from rulewright.cel.checker.types import NOTHING, is_open, item_of, joined, nullable, params_of, without_null
from rulewright.cel.checker.wording import spoken
from rulewright.cel.signature import list_of, map_of
from rulewright.cel.tree import Macro, Node
from rulewright.cel.values import BOOL, DYN, INT, Type

_TESTS = frozenset(["all", "exists", "exists_one"])


def type_of_macro(run: Run, node: Macro, scope: Scope) -> Type:
    """The type of a macro."""
    items = run.solid(node.range, scope, "cannot be gone through")
    variables = _variables(run, node, items)
    inner = scope.binding(dict(zip(node.variables, variables, strict=True)))
    if node.condition is not None:
        run.condition(node.condition, inner)
        inner = inner.knowing(run.facts(node.condition, inner, holds=True))
    if node.kind in _TESTS:
        return BOOL
    if node.body is not None:
        return _collected(run, node, node.body, inner, variables[0])
    kept = variables[0]
    if (node.variables[0],) in inner.facts:
        kept = without_null(kept)
    return nullable(kept) if node.kind == "find" else list_of(kept)


def _variables(run: Run, node: Macro, items: Type) -> list[Type]:
    """The types of the macro's variables: item, key, or index (or key) and item."""
    if items.name == "list":
        found = [INT, item_of(items)]
        return found[1:] if len(node.variables) == 1 else found
    if items.name == "map" and node.kind != "find":
        return list(params_of(items)[: len(node.variables)])
    if not is_open(items):
        wanted = "a list" if node.kind == "find" else "a list or a map"
        message = f"only {wanted} can be gone through, and this is {spoken(items)}: {run.code(node.range)}"
        run.report("wrong-type", message, node.range)
    return [NOTHING if items is NOTHING else DYN for _ in node.variables]


def _collected(run: Run, node: Macro, body: Node, scope: Scope, key: Type) -> Type:
    kind = run.type_of(body, scope)
    match node.kind:
        case "transform_map":
            return map_of(key, kind)
        case "transform_map_entry":
            if kind.name != "map" and not is_open(kind):
                message = f"transformMapEntry() needs a map for each entry, not {spoken(kind)}"
                run.report("wrong-type", message, body)
            return map_of(*params_of(kind)) if kind.name == "map" else map_of(DYN, DYN)
        case _:
            return list_of(joined(NOTHING, kind))

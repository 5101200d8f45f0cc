"""From a tree to its type, node by node; at most six Python frames a level of the tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rulewright.cel.checker.calling import type_of_call
from rulewright.cel.checker.complaints import no_field
from rulewright.cel.checker.constants import repeated_keys
from rulewright.cel.checker.facts import from_the_others
from rulewright.cel.checker.looping import type_of_macro
from rulewright.cel.checker.run import Run, Scope
from rulewright.cel.checker.types import (
    KEYS,
    NOTHING,
    NUMBERS,
    RecordType,
    is_open,
    item_of,
    joined,
    params_of,
    without_null,
)
from rulewright.cel.checker.wording import did_you_mean, spoken
from rulewright.cel.signature import list_of, map_of, optional_of, type_of
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
    MapExpr,
    Node,
    OptionalMap,
    Select,
    unwound,
)
from rulewright.cel.values import BOOL, DYN, TYPE_NAMES, Type, kind_of


def deduce(run: Run, node: Node, scope: Scope) -> Type:
    """The type of a node."""
    return _DEDUCE[type(node)](run, node, scope)


def _literal(_: Run, node: Literal, __: Scope) -> Type:
    return kind_of(node.value)


def _ident(run: Run, node: Ident, scope: Scope) -> Type:
    name = node.name
    if name in scope.local and not node.absolute:
        return run.narrowed(node, scope.local[name], scope)
    known = run.declarations.variables
    if name in known:
        return run.narrowed(node, known[name], scope)
    if name in TYPE_NAMES:
        return type_of(TYPE_NAMES[name])
    hint = did_you_mean(name, {*known, *scope.local})
    run.report("unknown-name", f"the name {name} is not known", node, hint=hint, name=name)
    return DYN


def _select(run: Run, node: Select, scope: Scope) -> Type:
    why = f"has no {node.field}"
    operand = run.solid(node.operand, scope, why)
    if operand.name == "optional_type":
        return optional_of(_field(run, node, params_of(operand)[0]))
    found = _field(run, node, operand)
    return optional_of(without_null(found)) if node.optional else run.narrowed(node, found, scope)


def _field(run: Run, node: Select | Has, operand: Type) -> Type:
    operand = without_null(operand)
    if isinstance(operand, RecordType):
        return _declared_field(run, node, node.field, operand)
    if operand.name == "map":
        return params_of(operand)[1]
    if not is_open(operand):
        place = run.word_after(node.operand.end, node.field, node)
        message = f"{spoken(operand)} has no fields: {run.code(node)}"
        hint = no_field(node.field, operand, run.code(node.operand))
        run.report("wrong-type", message, place, hint=hint)
    return DYN


def _declared_field(run: Run, node: Select | Has | Index, name: str, operand: RecordType) -> Type:
    found = operand.fields.get(name)
    if found is not None:
        return found.read_type
    before = run.code(node.operand)
    # What stands before is alike in all of them; compared with it, every short name would be near.
    hint = did_you_mean(name, operand.fields, f"{before}.")
    if hint is None and 0 < len(operand.fields) <= 12:
        hint = f"known: {', '.join(f'{before}.{field}' for field in sorted(operand.fields))}"
    place = run.word_after(node.operand.end, name, node)
    run.report("unknown-path", f"the field {before}.{name} is not known", place, hint=hint, name=name)
    return DYN


def _has(run: Run, node: Has, scope: Scope) -> Type:
    operand = run.solid(node.operand, scope, f"cannot be asked for {node.field}")
    _field(run, node, params_of(operand)[0] if operand.name == "optional_type" else operand)
    return BOOL


def _given(run: Run, node: Given, scope: Scope) -> Type:
    """Every step is asked for, so none of them needs to be there."""
    root, steps = unwound(node.path)
    kind = run.type_of(root, scope)
    for step in steps:
        kind = without_null(kind)
        kind = _field(run, step, kind) if isinstance(step, Select) else _item(run, step, kind, scope)
    return BOOL


def _index(run: Run, node: Index, scope: Scope) -> Type:
    operand = run.solid(node.operand, scope, "has no items")
    if operand.name == "optional_type":
        return optional_of(_item(run, node, without_null(params_of(operand)[0]), scope))
    found = _item(run, node, operand, scope)
    return optional_of(without_null(found)) if node.optional else run.narrowed(node, found, scope)


def _item(run: Run, node: Index, operand: Type, scope: Scope) -> Type:
    index = run.solid(node.index, scope, "is no index")
    if isinstance(operand, RecordType):
        if isinstance(node.index, Literal) and isinstance(node.index.value, str):
            return _declared_field(run, node, node.index.value, operand)
        return DYN
    if operand.name == "list":
        if index not in NUMBERS and not is_open(index):
            run.report("wrong-type", f"a list's index is a number, not {spoken(index)}", node.index)
        return item_of(operand)
    if operand.name == "map":
        return params_of(operand)[1]
    if not is_open(operand):
        run.report("wrong-type", f"{spoken(operand)} has no items: {run.code(node)}", node)
    return DYN


def _logic(run: Run, node: Logic, scope: Scope) -> Type:
    held = node.operator == "&&"
    parts = [run.facts(operand, scope, holds=held) for operand in node.operands]
    for operand, facts in zip(node.operands, from_the_others(parts), strict=True):
        run.condition(operand, scope.knowing(facts))
    return BOOL


def _conditional(run: Run, node: Conditional, scope: Scope) -> Type:
    run.condition(node.condition, scope)
    then = run.type_of(node.then, scope.knowing(run.facts(node.condition, scope, holds=True)))
    otherwise = run.type_of(node.otherwise, scope.knowing(run.facts(node.condition, scope, holds=False)))
    return joined(then, otherwise)


def _list(run: Run, node: ListExpr, scope: Scope) -> Type:
    item = NOTHING
    for element, optional in zip(node.elements, node.optional, strict=True):
        kind = run.type_of(element, scope)
        item = joined(item, _unwrapped(run, element, kind) if optional else kind)
    return list_of(item)


def _map(run: Run, node: MapExpr, scope: Scope) -> Type:
    key, value = NOTHING, NOTHING
    for entry in node.entries:
        key_kind = run.solid(entry.key, scope, "is no key")
        if key_kind not in KEYS and not is_open(key_kind):
            message = f"the keys of a map are texts, whole numbers or booleans, not {spoken(key_kind)}"
            run.report("wrong-type", message, entry.key)
        kind = run.type_of(entry.value, scope)
        key = joined(key, key_kind)
        value = joined(value, _unwrapped(run, entry.value, kind) if entry.optional else kind)
    for repeated in repeated_keys(node):
        run.report("duplicate-map-key", f"the key {run.code(repeated)} stands twice in this map", repeated)
    return map_of(key, value)


def _unwrapped(run: Run, node: Node, kind: Type) -> Type:
    if kind.name != "optional_type" and not is_open(kind):
        message = f"after ? an optional value is expected, not {spoken(kind)}"
        run.report("wrong-type", message, node)
        return DYN
    return params_of(kind)[0] if kind.name == "optional_type" else DYN


def _bind(run: Run, node: Bind, scope: Scope) -> Type:
    value = run.type_of(node.value, scope)
    return run.type_of(node.body, scope.binding({node.variable: value}))


def _optional_map(run: Run, node: OptionalMap, scope: Scope) -> Type:
    operand = run.solid(node.operand, scope, "has no optMap")
    if operand.name != "optional_type" and not is_open(operand):
        run.report("wrong-type", f"optMap() is called on an optional value, not on {spoken(operand)}", node)
    inner = params_of(operand)[0] if operand.name == "optional_type" else DYN
    body = run.type_of(node.body, scope.binding({node.variable: inner}))
    return optional_of(_unwrapped(run, node.body, body) if node.flat else body)


_DEDUCE: Final[Mapping[type[Node], Callable[[Run, Any, Scope], Type]]] = {
    Literal: _literal,
    Ident: _ident,
    Select: _select,
    Has: _has,
    Given: _given,
    Index: _index,
    Call: type_of_call,
    Logic: _logic,
    Conditional: _conditional,
    ListExpr: _list,
    MapExpr: _map,
    Macro: type_of_macro,
    Bind: _bind,
    OptionalMap: _optional_map,
}

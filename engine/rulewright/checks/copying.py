"""Which sensitive values an expression hands on: what it gives, not what it merely asks about.

A comparison, a count or the condition of a choice tells something of a value; it does not hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from rulewright.cel import Node, children
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
    OptionalMap,
    Select,
)
from rulewright.model import Field

Held: TypeAlias = "str | Mapping[str, Held]"
"""What a value holds: the path of a sensitive field, "" for nothing; of a record (or of a list of them) what
each part holds."""
Behind: TypeAlias = Callable[[str], Held]
"""What a name stands for."""

_COMPARISONS = frozenset({"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in", "!_"})
_QUESTIONS = frozenset({"contains", "endsWith", "matches", "size", "startsWith", "type"})


def held_by_fields(fields: Iterable[Field], label: str) -> Held:
    """What a record with these fields holds."""
    return {field.name: held_by_field(field, f"{label}.{field.name}") for field in fields}


def held_by_field(field: Field, label: str) -> Held:
    """What a field's value holds."""
    if field.sensitive:
        return label
    if field.fields:
        return held_by_fields(field.fields, label)
    if field.items is None:
        return ""
    below = held_by_field(field.items, label)
    # The keys of a map are no names of fields.
    return any_of(below) if field.type == "map" else below


def shown_in(held: Held, field: Field) -> str:
    """The sensitive field whose value would show in `field`; "" for none.

    A field that says `sensitive`, true or false, has been thought about.
    """
    if field.sensitive or "sensitive" in field.at:
        return ""
    if isinstance(held, str):
        return held
    if field.items is not None:
        return shown_in(held, field.items)
    if not field.fields:
        return any_of(held)
    return next(filter(None, (shown_in(held.get(one.name, ""), one) for one in field.fields)), "")


def held(node: Node, known: Mapping[str, Held], behind: Behind) -> Held:
    """What the value of an expression holds; `known` are the variables of macros around it."""
    match node:
        case Ident(name=name):
            return known[name] if name in known else behind(name)
        case Select(operand=operand, field=name):
            return _part(held(operand, known, behind), name)
        case Index(operand=operand, index=Literal(value=str() as name)):
            return _part(held(operand, known, behind), name)
        case Index(operand=operand):
            return held(operand, known, behind)
        case Has() | Given() | Literal() | Logic():
            return ""
        case Macro():
            return _of_macro(node, known, behind)
        case (
            Bind(variable=name, value=value, body=body) | OptionalMap(variable=name, operand=value, body=body)
        ):
            return held(body, {**known, name: held(value, known, behind)}, behind)
        case Conditional(then=then, otherwise=otherwise):
            return _either(held(then, known, behind), held(otherwise, known, behind))
        case MapExpr():
            return _of_map(node, known, behind)
        case Call(function="pick", args=(record, ListExpr(elements=names))):
            return _picked(held(record, known, behind), names)
        case Call(function=function) if function in _COMPARISONS | _QUESTIONS:
            return ""
        case _:
            return next(filter(None, (any_of(held(child, known, behind)) for child in children(node))), "")


def _of_macro(node: Macro, known: Mapping[str, Held], behind: Behind) -> Held:
    over = held(node.range, known, behind)
    if node.kind in ("filter", "find"):
        return over
    if node.body is None:
        return ""
    # Of two variables the first is a place or a key.
    inner = {**known, **dict.fromkeys(node.variables[:-1], ""), node.variables[-1]: over}
    return held(node.body, inner, behind)


def _of_map(node: MapExpr, known: Mapping[str, Held], behind: Behind) -> Held:
    return {
        str(entry.key.value) if isinstance(entry.key, Literal) else "": held(entry.value, known, behind)
        for entry in node.entries
    }


def _picked(whole: Held, names: Iterable[Node]) -> Held:
    texts = [str(name.value) if isinstance(name, Literal) else None for name in names]
    return whole if None in texts else {text: _part(whole, text) for text in texts if text is not None}


def _part(whole: Held, name: str) -> Held:
    return whole if isinstance(whole, str) else whole.get(name, "")


def _either(one: Held, other: Held) -> Held:
    if isinstance(one, str) or isinstance(other, str):
        return (any_of(one) or any_of(other)) if one and other else one or other
    return {name: _either(one.get(name, ""), other.get(name, "")) for name in (*one, *other)}


def any_of(whole: Held) -> str:
    """One of the sensitive fields whose values are held; "" for none."""
    if isinstance(whole, str):
        return whole
    return next(filter(None, map(any_of, whole.values())), "")

"""Which sensitive values an expression hands on: what it gives, not what it merely asks about.

A comparison, a count or the condition of a choice tells something of a value; it does not hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
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


def taken(held: Held, field: Field) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each part of a field (() for the whole) that takes a sensitive value, and whose that is.

    A field that says `sensitive`, true or false, has been thought about.
    """
    if field.sensitive or "sensitive" in field.at:
        return
    if not isinstance(held, str) and (field.items is not None or field.fields):
        for one in (field.items,) if field.items is not None else field.fields or ():
            part = held if one is field.items else held.get(one.name, "")
            yield from (((one.name, *path), source) for path, source in taken(part, one))
    elif source := any_of(held):
        yield (), source


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
            return either(held(then, known, behind), held(otherwise, known, behind))
        case MapExpr() | ListExpr():
            return _of_several(node, known, behind)
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
    body = held(node.body, inner, behind)
    # The keys of a map are no names of fields.
    return any_of(body) if node.kind.startswith("transform_map") else body


def _of_several(node: MapExpr | ListExpr, known: Mapping[str, Held], behind: Behind) -> Held:
    if isinstance(node, ListExpr):
        nothing: Held = ""
        return reduce(either, (held(element, known, behind) for element in node.elements), nothing)
    parts = [(entry.key, held(entry.value, known, behind)) for entry in node.entries]
    if all(isinstance(key, Literal) for key, _ in parts):
        return {str(key.value): part for key, part in parts if isinstance(key, Literal)}
    # Under which name a value stands is worked out, and the name may tell something itself.
    return next(
        filter(None, (any_of(one) for key, part in parts for one in (held(key, known, behind), part))), ""
    )


def _picked(whole: Held, names: Iterable[Node]) -> Held:
    texts = [str(name.value) if isinstance(name, Literal) else None for name in names]
    return whole if None in texts else {text: _part(whole, text) for text in texts if text is not None}


def without_held(whole: Held, value: object, mask: str) -> object:
    """The value, with a mask in place of what it holds of sensitive fields."""
    if value is None or not whole:
        return value
    if isinstance(whole, str):
        return mask
    if isinstance(value, Mapping):
        return {
            name: without_held(below, part, mask) if (below := _part(whole, name)) else part
            for name, part in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_held(whole, part, mask) for part in value]
    return value


def _part(whole: Held, name: str) -> Held:
    # A name that is not there is one of a part of something whose name was worked out.
    return whole if isinstance(whole, str) else whole[name] if name in whole else any_of(whole)


def either(one: Held, other: Held) -> Held:
    if isinstance(one, str) or isinstance(other, str):
        return (any_of(one) or any_of(other)) if one and other else one or other
    return {name: either(one.get(name, ""), other.get(name, "")) for name in (*one, *other)}


def any_of(whole: Held) -> str:
    """One of the sensitive fields whose values are held; "" for none."""
    if isinstance(whole, str):
        return whole
    return next(filter(None, map(any_of, whole.values())), "")

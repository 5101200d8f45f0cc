"""`given`: records are taken as they are, but only of fields that exist and of the right type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from rulewright.compiled import CompiledRules
from rulewright.fieldtypes import FieldType
from rulewright.model import Field
from rulewright.ports import ColumnType
from rulewright.problem import SourceProblem
from rulewright.reader.flaws import did_you_mean
from rulewright.reader.kinds import describe
from rulewright.reader.scalars import number_hint
from rulewright.source import ListNode, MapNode, Node, Scalar, to_plain

Problems = Iterator[SourceProblem]
Types = Mapping[str, FieldType]
_SCALARS: Final[Mapping[ColumnType, tuple[type, ...]]] = {
    "text": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_NESTED: Final[Mapping[str, tuple[type[ListNode | MapNode], str]]] = {
    "object": (MapNode, "a map"),
    "map": (MapNode, "a map"),
    "list": (ListNode, "a list"),
}
_TIMES: Final = {"date": date.fromisoformat, "datetime": datetime.fromisoformat}


def check_given(node: Node | None, rules: CompiledRules) -> Problems:
    """Yield the mistakes in a map from resources to lists of records."""
    for entry in node.entries if isinstance(node, MapNode) else ():
        file = rules.rules.resources.get(entry.key.text)
        if file is None:
            hint = did_you_mean(entry.key.text, rules.resources)
            message = f"there is no resource {entry.key.text}"
            yield entry.key.problem("unknown-resource", message, hint=hint)
            continue
        fields = _by_name(file.fields)
        for record in entry.value.items if isinstance(entry.value, ListNode) else ():
            yield from check_field_names(record, fields)
            yield from _check_types(record, fields, rules.registry.types)


def check_field_names(node: Node | None, fields: Mapping[str, Field] | None) -> Problems:
    """Yield the keys of a map, and of the maps in it, that no field has."""
    if not isinstance(node, MapNode) or fields is None:
        return
    for entry in node.entries:
        field = fields.get(entry.key.text)
        if field is None:
            hint = did_you_mean(entry.key.text, fields) or f"known: {', '.join(sorted(fields))}"
            yield entry.key.problem("unknown-field", f"there is no field {entry.key.text}", hint=hint)
        elif field.fields is not None:
            yield from check_field_names(entry.value, _by_name(field.fields))
        elif field.items is not None and field.items.fields is not None:
            below = _by_name(field.items.fields)
            for item in entry.value.items if isinstance(entry.value, ListNode) else ():
                yield from check_field_names(item, below)


def _by_name(fields: Iterable[Field]) -> dict[str, Field]:
    return {field.name: field for field in fields}


def _check_types(node: Node, fields: Mapping[str, Field], types: Types) -> Problems:
    for entry in node.entries if isinstance(node, MapNode) else ():
        field = fields.get(entry.key.text)
        if field is not None:
            yield from _check_type(entry.value, field, types)


def _check_type(node: Node, field: Field, types: Types) -> Problems:
    """A value as a store keeps it: dates and times are ISO 8601 text; null is allowed everywhere."""
    if field.type == "any" or (isinstance(node, Scalar) and node.value is None):
        return
    nested = _NESTED.get(field.type)
    if nested is None:
        yield from _check_scalar(node, field, types[field.type])
    elif not isinstance(node, nested[0]):
        yield _misfit(node, field, nested[1], types[field.type])
    elif field.type == "object":
        yield from _check_types(node, _by_name(field.fields or ()), types)
    elif field.items is not None:
        for item in _items_of(node):
            yield from _check_type(item, field.items, types)


def _items_of(node: Node) -> Sequence[Node]:
    if isinstance(node, MapNode):
        return [entry.value for entry in node.entries]
    return node.items if isinstance(node, ListNode) else ()


def _check_scalar(node: Node, field: Field, kind: FieldType) -> Problems:
    wanted = _SCALARS.get(kind.column, (object,))
    value = node.value if isinstance(node, Scalar) else None
    # Python counts booleans among the whole numbers; nobody else does.
    fits = isinstance(value, wanted) and not (isinstance(value, bool) and int in wanted)
    if not isinstance(node, Scalar) or not fits:
        yield _misfit(node, field, kind.meaning, kind)
    elif field.type in _TIMES and not _is_iso(field.type, str(value)):
        message = f"{field.name}: a store keeps {kind.meaning} as ISO 8601 text"
        hint = f"for example {kind.example}; as {describe(value)} it is no {field.type} to the rules"
        yield node.problem("wrong-value", message, hint=hint, severity="warning")


def _is_iso(kind: str, text: str) -> bool:
    try:
        _TIMES[kind](text)
    except ValueError:
        return False
    return True


def _misfit(node: Node, field: Field, expected: str, kind: FieldType) -> SourceProblem:
    value = to_plain(node)
    hint = number_hint(value)
    if kind.column == "text" and isinstance(node, Scalar):
        hint = "quote it" if field.sensitive else f"quote it: '{node.text}'"
    shown = "a value" if field.sensitive else describe(value)
    return node.problem("wrong-value", f"{field.name} takes {expected}, found {shown}", hint=hint)

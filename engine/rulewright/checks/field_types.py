"""What a field's values are to an expression: their type and how large they may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rulewright.cel import TYPE_NAMES, Type
from rulewright.cel.checker import Declarations, RecordField, Size, check, nullable, record
from rulewright.cel.checker.sizes import (
    DEFAULT_CHARACTERS,
    DEFAULT_ITEMS,
    SCALAR,
    UNKNOWN,
    list_of_size,
    number_of_size,
    text_of,
)
from rulewright.cel.checker.types import is_nullable
from rulewright.model import Expression, Field, Itself, Template
from rulewright.plugins import Registry

DYN = Type("dyn")
TEXT = TYPE_NAMES["string"]
TIMESTAMP = TYPE_NAMES["google.protobuf.Timestamp"]
_NAMES = {**TYPE_NAMES, "timestamp": TIMESTAMP}
_DATES = frozenset({"date", "datetime"})
_SCALARS = ("double", "bool")


def of_field(field: Field, registry: Registry, label: str = "") -> Type:
    """The type of a field's values, null aside."""
    if field.type == "object" and field.fields:
        return record(f"{label}.{field.name}", sent_fields(field.fields, registry, f"{label}.{field.name}"))
    row = registry.types.get(field.type)
    if row is None:
        return DYN
    kind = _NAMES.get(row.cel, DYN)
    item = DYN if field.items is None else of_field(field.items, registry, f"{label}.{field.name}")
    if kind.name == "list":
        return Type("list", (item,))
    return Type("map", (TEXT, item)) if kind.name == "map" else kind


def accepted(field: Field, registry: Registry) -> tuple[Type, ...]:
    """The types of values that a rule may put into the field: a date may also be ISO 8601 text."""
    kind = of_field(field, registry)
    return (kind, TEXT) if field.type in _DATES else (kind,)


def sent_fields(
    fields: Iterable[Field], registry: Registry, label: str, *, created: bool = True
) -> dict[str, RecordField]:
    """The fields of an object that a caller sends; `created`: what is required is there."""
    return {
        field.name: RecordField(
            of_field(field, registry, label),
            optional=not (created and field.required),
            nullable=field.nullable,
            values=options_of(field),
        )
        for field in fields
    }


def stored_fields(
    fields: Iterable[Field], registry: Registry, label: str, always: Iterable[str]
) -> dict[str, RecordField]:
    """The fields of a record; `always` are those that every record has whatever their keywords say."""
    return {
        field.name: RecordField(
            of_field(field, registry, label),
            optional=field.name not in always and not is_supplied(field),
            nullable=field.nullable,
            values=options_of(field),
        )
        for field in fields
    }


def options_of(field: Field) -> frozenset[str]:
    """The texts that the field may be, where `one_of` lists them."""
    if not isinstance(field.one_of, tuple):
        return frozenset()
    texts = [option for option in field.one_of if isinstance(option, str)]
    return frozenset(texts) if len(texts) == len(field.one_of) else frozenset()


def is_supplied(field: Field) -> bool:
    """Does every record get a value of this field?"""
    if field.required or field.generate is not None:
        return True
    if field.default is not None:
        return field.default.value is not None
    if field.default_from is not None:
        return _is_never_null(field.default_from)
    compute = field.compute
    return compute is not None and (compute.on is None or not {"create", "*"}.isdisjoint(compute.on))


def _is_never_null(template: Template) -> bool:
    """Whether a template gives a value whatever the names in it stand for."""
    if isinstance(template, Expression):
        kind = check(template.text, Declarations()).type
        return not is_nullable(kind) and kind.name not in {"dyn", "null_type"}
    return not isinstance(template, Itself) or template.value is not None


def of_constant(value: object) -> Type:
    """The type of a setting, by its default."""
    if value is None:
        return DYN
    names = {bool: "bool", int: "int", float: "double", str: "string"}
    return _NAMES.get(names.get(type(value), ""), DYN)


def maybe(kind: Type, *, absent: bool) -> Type:
    """The type, with null where it may be absent."""
    return nullable(kind) if absent else kind


def size_of(field: Field, registry: Registry) -> Size:
    """How large a field's values may be: its own maxima, or else what is taken for such values."""
    row = registry.types.get(field.type)
    # A plug-in's type is as large as what expressions see of it.
    kind = of_field(field, registry).name if row is not None else ""
    match field.type:
        case "object":
            return Size(len(field.fields or ()), fields=sizes_of(field.fields or (), registry))
        case "list" | "map":
            item = UNKNOWN if field.items is None else size_of(field.items, registry)
            return list_of_size(_or(field.max_length, DEFAULT_ITEMS), item)
        case "any":
            return UNKNOWN
    if kind == "int":
        return number_of_size(field.max) if isinstance(field.max, int) else number_of_size()
    if kind in (*_SCALARS, TIMESTAMP.name):
        return SCALAR
    return text_of(_or(field.max_length, DEFAULT_CHARACTERS))


def _or(maximum: int | None, default: int) -> int:
    return default if maximum is None else maximum


def sizes_of(fields: Iterable[Field], registry: Registry) -> Mapping[str, Size]:
    """The sizes of several fields by name."""
    return {field.name: size_of(field, registry) for field in fields}

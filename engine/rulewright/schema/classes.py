"""RuleFile -> Schema class."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any, cast

from marshmallow import EXCLUDE, RAISE, Schema

from rulewright.fieldtypes import FIELD_TYPES
from rulewright.model import Field, RuleFile
from rulewright.schema.fields import RuleField
from rulewright.schema.messages import Message


def build_schema(rule_file: RuleFile, settable: frozenset[str] = frozenset()) -> type[Schema]:
    """Make the marshmallow Schema class of a resource.

    Read-only fields are `dump_only`, except those in `settable` (an operation's `accepts`).
    Loading judges shape and static `required`; conditions need the engine.
    """
    name = "".join(part.title().replace("_", "") for part in rule_file.resource.split("/"))
    return schema_class(name, rule_file.fields, rule_file.unknown, settable=settable)


def schema_class(
    name: str,
    rules: Iterable[Field],
    unknown: str,
    *,
    prefix: str = "",
    settable: frozenset[str] = frozenset(),
) -> type[Schema]:
    """Make the Schema class of one level of fields; `prefix` leads the names in messages."""
    built = {rule.name: build_field(rule, prefix + rule.name, unknown) for rule in rules}
    for field_name in settable & built.keys():
        built[field_name].dump_only = False
    # register=False: marshmallow would otherwise keep every class in a process-wide registry.
    meta = type("Meta", (), {"unknown": RAISE if unknown == "reject" else EXCLUDE, "register": False})
    members: dict[str, Any] = {
        "Meta": meta,
        "error_messages": {
            "unknown": Message("unknown field", "unknown_field"),
            "type": Message("the payload must be an object", "type"),
        },
    }
    fields = {_member(field_name, field): field for field_name, field in built.items()}
    return cast(type[Schema], type(f"{name}Schema", (Schema,), {**members, **fields}))


def _member(name: str, field: RuleField) -> str:
    """The class attribute for a field: its name, unless a Schema means something else by that."""
    if not hasattr(Schema, name):
        return name
    field.data_key = field.attribute = name
    return f"{name}__field"


def build_field(rule: Field, label: str, unknown: str) -> RuleField:
    """Make the marshmallow field of one field rule, with everything nested in it."""
    field_class = _field_class(rule.type)
    match rule.type:
        case "object" if rule.fields is None:
            # An object that declares no fields keeps whatever comes, as a map does.
            return cast(RuleField, _field_class("map")(rule, label, inner=None))
        case "object":
            nested = schema_class(
                rule.name.title(), rule.fields or (), rule.unknown or unknown, prefix=f"{label}."
            )
            return cast(RuleField, field_class(rule, label, nested=nested))
        case "list" | "map":
            inner = build_field(rule.items, f"{label} item", unknown) if rule.items is not None else None
            if inner is None and rule.type == "list":
                inner = build_field(_anything(rule), f"{label} item", unknown)
            return cast(RuleField, field_class(rule, label, inner=inner))
        case _:
            return cast(RuleField, field_class(rule, label))


def _anything(rule: Field) -> Field:
    return Field(name="items", type="any", span=rule.span, at={}, nullable=True)


def _field_class(type_: str) -> Any:
    module, _, name = FIELD_TYPES[type_].field.partition(":")
    return getattr(import_module(module), name)

"""RuleFile -> Schema class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from marshmallow import EXCLUDE, RAISE, Schema
from msgspec.structs import replace

from rulewright.fieldtypes import FIELD_TYPES, FieldType, resolve
from rulewright.model import Field, RuleFile
from rulewright.schema.fields import RuleField
from rulewright.schema.messages import Message
from rulewright.schema.read_only import WithReadOnly

Types = Mapping[str, FieldType]


def build_schema(
    rule_file: RuleFile,
    settable: frozenset[str] = frozenset(),
    types: Types = FIELD_TYPES,
    *,
    merges: bool = False,
) -> type[Schema]:
    """Make the marshmallow Schema class of a resource; `types` are the field types that are known.

    Read-only fields are `dump_only`, except those in `settable` (an operation's `accepts`).
    Loading judges shape and static `required`; conditions need the engine. `merges`: what is loaded is merged
    into a stored record, so the keys of maps can't be counted yet.
    """
    name = _class_name(*rule_file.resource.split("/"))
    rules = [uncounted(rule) for rule in rule_file.fields] if merges else rule_file.fields
    return schema_class(name, rules, rule_file.unknown, settable=settable, types=types)


def uncounted(rule: Field) -> Field:
    """Return a rule that doesn't count the keys of maps; what is in a list is as it was sent."""
    if rule.fields is not None:
        return replace(rule, fields=tuple(map(uncounted, rule.fields)))
    if rule.type == "map":
        items = uncounted(rule.items) if rule.items is not None else None
        return replace(rule, items=items, min_length=None, max_length=None)
    return rule


def schema_class(
    name: str,
    rules: Iterable[Field],
    unknown: str,
    *,
    prefix: str = "",
    settable: frozenset[str] = frozenset(),
    types: Types = FIELD_TYPES,
) -> type[Schema]:
    """Make the Schema class of one level of fields; `prefix` leads the names in messages."""
    built = {rule.name: build_field(rule, prefix + rule.name, unknown, types, name) for rule in rules}
    for field_name in settable & built.keys():
        built[field_name].dump_only = False
    # register=False: marshmallow would otherwise keep every class in a process-wide registry.
    meta = type("Meta", (), {"unknown": RAISE if unknown == "reject" else EXCLUDE, "register": False})
    members: dict[str, Any] = {
        "__module__": __name__,
        "Meta": meta,
        "error_messages": {
            "unknown": Message("unknown field", "unknown_field"),
            "type": Message("the payload must be an object", "type"),
        },
    }
    read_only = {field_name: field for field_name, field in built.items() if field.dump_only}
    base = WithReadOnly if read_only else Schema
    if read_only:
        members["read_only_fields"] = read_only
    fields = {_member(field_name, field, base): field for field_name, field in built.items()}
    return cast(type[Schema], type(f"{name}Schema", (base,), {**members, **fields}))


def _member(name: str, field: RuleField, base: type[Schema]) -> str:
    """The class attribute for a field: its name, unless a Schema means something else by that."""
    if not hasattr(base, name):
        return name
    field.data_key = field.attribute = name
    return f"{name}__field"


def _class_name(*parts: str) -> str:
    return "".join(part.title().replace("_", "") for part in parts)


def build_field(
    rule: Field, label: str, unknown: str, types: Types = FIELD_TYPES, owner: str = ""
) -> RuleField:
    """Make the marshmallow field of one field rule, with everything nested in it.

    `owner` leads the names of classes: documents that others make of them call each class by its own name.
    """
    kind = types[rule.type]
    owner += _class_name(rule.name)
    field_class = cast(Any, resolve(kind.field))
    match rule.type:
        case "object" if rule.fields is None:
            # An object that declares no fields keeps whatever comes, as a map does.
            return cast(RuleField, resolve(types["map"].field)(rule, label, kind=kind, inner=None))
        case "object":
            nested = schema_class(
                owner,
                rule.fields or (),
                rule.unknown or unknown,
                prefix=f"{label}.",
                types=types,
            )
            return cast(RuleField, field_class(rule, label, kind=kind, nested=nested))
        case "list" | "map":
            items = rule.items if rule.items is not None else _anything(rule) if rule.type == "list" else None
            inner = build_field(items, f"{label} item", unknown, types, owner) if items is not None else None
            return cast(RuleField, field_class(rule, label, kind=kind, inner=inner))
        case _:
            return cast(RuleField, field_class(rule, label, kind=kind))


def _anything(rule: Field) -> Field:
    return Field(name="items", type="any", span=rule.span, at={}, nullable=True)

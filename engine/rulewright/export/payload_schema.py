"""The payload of a create, an update or an event as JSON Schema (2020-12).

It never refuses what the rules take: what JSON Schema can't say (conditions, look-ups, other dialects of
patterns and dates) stands as text under `x-rulewright`, in the words of the rule file. What is sensitive has
no example and no default: either may be somebody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from rulewright.compiled import CompiledField, CompiledResource
from rulewright.evaluation import require_operation
from rulewright.evaluation.judging import applies_to
from rulewright.model import Expression
from rulewright.schema.keywords import FOREIGN, NUMBERS, bounds, described

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NULL: Final[Mapping[str, object]] = {"type": "null"}
_SAID: Final = ("title", "description", "default", "x-rulewright")
_CONDITIONS: Final = (
    "required_if",
    "required_unless",
    "required_with",
    "required_without",
    "forbidden_if",
    "forbidden_with",
    "forbidden_without",
    "excluded_if",
)


class _Sent(Struct, frozen=True):
    """In what a value is sent.

    `clears`: it stands in a map that is merged into the stored one, where null takes an entry away.
    `in_list`: it stands in a list, which is replaced as a whole.
    """

    kind: Literal["create", "update", "event"]
    clears: bool = False
    in_list: bool = False

    @property
    def merges(self) -> bool:
        """Whether the entries of a map are merged into those that are stored."""
        return self.kind != "create" and not self.in_list

    @property
    def requires(self) -> bool:
        """Whether what is sent must have all that is required: an update's record has the rest."""
        return self.kind != "update"


def json_schema(resource: CompiledResource, operation: str = "create") -> dict[str, object]:
    """Return the schema of what a caller may send to create a record, to update one, or with an event.

    Raises EvaluationError for an operation that the resource does not have.
    """
    require_operation(resource, operation)
    file = resource.file
    declared = resource.operation(operation)
    accepted = declared.accepts if declared is not None else ()
    said: dict[str, object] = {"$schema": DIALECT, "title": file.title or file.resource}
    if operation != "create":
        said["title"] = f"{said['title']}: {operation}"
    if file.description:
        said["description"] = file.description
    if resource.has_event(operation):
        said |= _object(tuple(resource.event_fields(operation).values()), file.unknown, _Sent("event"))
    else:
        sent = _Sent("create") if operation == "create" else _Sent("update")
        said |= _object(tuple(resource.fields.values()), file.unknown, sent, accepted)
    if operation == "create" and resource.variants:
        # Which one fits is chosen by what is given; null may be there and is not.
        said["anyOf"] = [
            {"title": one.title or one.name, "required": list(one.required)} for one in resource.variants
        ]
    checks = [one.rule for one in resource.checks if applies_to(one, operation)]
    if checks:
        said["x-rulewright"] = {"checks": {one.id: one.message or one.check.text for one in checks}}
    return said


def _object(
    fields: tuple[CompiledField, ...], unknown: str | None, sent: _Sent, accepted: tuple[str, ...] = ()
) -> dict[str, object]:
    sendable = [one for one in fields if one.rule.readonly is None or one.name in accepted]
    said: dict[str, object] = {
        "type": "object",
        "properties": {one.name: _field(one, sent) if one in sendable else _readonly(one) for one in fields},
    }
    if sent.requires and (required := [one.name for one in sendable if one.rule.required]):
        said["required"] = required
    if unknown == "reject":
        said["additionalProperties"] = False
    return said


def _readonly(field: CompiledField) -> dict[str, object]:
    return {**described(field.rule), "readOnly": True}


def _field(field: CompiledField, sent: _Sent) -> dict[str, object]:
    rule = field.rule
    said = {**described(rule), **_type(field, sent), **dict(_bounds(field, sent))}
    if rule.example is not None and not field.hides:
        said["examples"] = [rule.example.value]
    if rule.default is not None and sent.kind == "create" and not field.hides:
        said["default"] = rule.default.value
    if more := dict(_more(field, sent)):
        said["x-rulewright"] = more
    if rule.blank == "absent" and field.type.basic in ("string", "date", "datetime", "uuid"):
        said = _or_blank(said)
    if rule.excluded_if is not None:
        said = _or_anything(said)
    return or_null(said) if rule.nullable or sent.clears else said


def _type(field: CompiledField, sent: _Sent) -> dict[str, object]:
    rule = field.rule
    if rule.type == "object" and rule.fields is not None:
        return _object(field.children, rule.unknown, sent)
    said = dict(field.type.json_schema)
    if rule.format not in (None, "iso"):
        said.pop("format", None)
    if rule.type == "list":
        # Some readers take no array without it.
        said["items"] = {}
    if field.items is not None and rule.type == "list":
        said["items"] = _field(field.items, replace(sent, clears=False, in_list=True))
    elif field.items is not None:
        said["additionalProperties"] = _field(field.items, replace(sent, clears=sent.merges))
    return said


def _bounds(field: CompiledField, sent: _Sent) -> Iterator[tuple[str, object]]:
    # The keys of a map that is merged are counted when it is.
    return bounds(field.rule, field.type, counted=not (field.rule.type == "map" and sent.merges))


def _more(field: CompiledField, sent: _Sent) -> Iterator[tuple[str, object]]:
    """What JSON Schema can't say, in the words of the rule file."""
    rule = field.rule
    if field.type.base:
        yield "type", field.type.name
    if sent.kind == "update":
        yield from ((name, True) for name in ("required", "immutable") if getattr(rule, name))
    for keyword in _CONDITIONS:
        value = getattr(rule, keyword)
        if value:
            yield keyword, value.text if isinstance(value, Expression) else list(value)
    if rule.format is not None:
        yield "format", rule.format
    if field.type.basic not in NUMBERS:
        yield from (
            (name, value) for name, value in (("min", rule.min), ("max", rule.max)) if value is not None
        )
    if rule.pattern is not None and FOREIGN.search(rule.pattern):
        yield "pattern", rule.pattern
    if isinstance(rule.one_of, Expression):
        yield "one_of", rule.one_of.text
    if rule.references is not None:
        yield "references", rule.references.resource
    if rule.checks:
        yield "checks", {one.id: one.message or one.check.text for one in rule.checks}
    if rule.sensitive:
        yield "sensitive", True


def _or_blank(said: Mapping[str, object]) -> dict[str, object]:
    """Blank text counts as not given, so no bound is asked of it."""
    plain, judged = _parted(said)
    if judged == {"type": "string"}:
        return {**plain, **judged}
    return {**plain, "anyOf": [judged, {"type": "string", "pattern": "^\\s*$"}]}


def _or_anything(said: Mapping[str, object]) -> dict[str, object]:
    """What `excluded_if` drops may be as wrong as it likes."""
    plain, judged = _parted(said)
    return {**plain, "anyOf": [judged, {}]} if judged else plain


def _parted(said: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """What is said of a value, and what is asked of it."""
    plain = {name: value for name, value in said.items() if name in _SAID}
    return plain, {name: value for name, value in said.items() if name not in _SAID}


def or_null(said: Mapping[str, object]) -> dict[str, object]:
    """Return the schema of what may also be null; what has no type may be anything as it is."""
    if "$ref" in said:
        return {"anyOf": [dict(said), _NULL]}
    if "anyOf" in said:
        options = said["anyOf"]
        assert isinstance(options, list)
        return {**said, "anyOf": [*options, *([_NULL] if _NULL not in options else [])]}
    own, enum = said.get("type"), said.get("enum")
    more: dict[str, object] = {}
    types = own if isinstance(own, list) else [own] if isinstance(own, str) else []
    if types and "null" not in types:
        more["type"] = [*types, "null"]
    if isinstance(enum, list) and None not in enum:
        more["enum"] = [*enum, None]
    return {**said, **more}

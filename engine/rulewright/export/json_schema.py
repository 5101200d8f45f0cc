"""The payload of a resource's create as JSON Schema (2020-12).

It never refuses what the rules take: what JSON Schema can't say (conditions, look-ups, other dialects of
patterns and dates) stands as text under `x-rulewright`, in the words of the rule file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from rulewright.compiled import CompiledField, CompiledResource
from rulewright.model import Expression, Field

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NUMBERS: Final = ("integer", "number")
# What RE2 has and the regular expressions of JSON Schema have not, or have otherwise.
_FOREIGN: Final = re.compile(r"\(\?[^:]|\\[AzQEpPC]|\[\[:|\$[^)]|\^.")
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


def json_schema(resource: CompiledResource) -> dict[str, object]:
    """Return the schema of what a caller may send to create a record."""
    file = resource.file
    accepted = operation.accepts if (operation := resource.operation("create")) is not None else ()
    said: dict[str, object] = {"$schema": DIALECT, "title": file.title or file.resource}
    if file.description:
        said["description"] = file.description
    said |= _object(tuple(resource.fields.values()), file.unknown, accepted)
    if resource.variants:
        # Which one fits is chosen by what is given; null may be there and is not.
        said["anyOf"] = [
            {"title": one.title or one.name, "required": list(one.required)} for one in resource.variants
        ]
    checks = [one.rule for one in resource.checks]
    if checks:
        said["x-rulewright"] = {"checks": {one.id: one.message or one.check.text for one in checks}}
    return said


def _object(
    fields: tuple[CompiledField, ...], unknown: str | None, accepted: tuple[str, ...] = ()
) -> dict[str, object]:
    sendable = [one for one in fields if one.rule.readonly is None or one.name in accepted]
    said: dict[str, object] = {
        "type": "object",
        "properties": {one.name: _field(one) if one in sendable else _readonly(one) for one in fields},
    }
    if required := [one.name for one in sendable if one.rule.required]:
        said["required"] = required
    if unknown == "reject":
        said["additionalProperties"] = False
    return said


def _readonly(field: CompiledField) -> dict[str, object]:
    return {**_described(field.rule), "readOnly": True}


def _described(rule: Field) -> dict[str, object]:
    said: dict[str, object] = {}
    if rule.title:
        said["title"] = rule.title
    if rule.description:
        said["description"] = rule.description
    return said


def _field(field: CompiledField) -> dict[str, object]:
    rule = field.rule
    said = {**_described(rule), **_type(field), **dict(_bounds(field))}
    if rule.example is not None:
        said["examples"] = [rule.example.value]
    if rule.default is not None:
        said["default"] = rule.default.value
    if more := dict(_more(field)):
        said["x-rulewright"] = more
    if rule.blank == "absent" and field.type.basic in ("string", "date", "datetime", "uuid"):
        said = _or_blank(said)
    return _or_null(said) if rule.nullable else said


def _type(field: CompiledField) -> dict[str, object]:
    rule = field.rule
    if rule.type == "object" and rule.fields is not None:
        return _object(field.children, rule.unknown)
    said = dict(field.type.json_schema)
    if rule.format not in (None, "iso"):
        said.pop("format", None)
    if field.items is not None:
        said["items" if rule.type == "list" else "additionalProperties"] = _field(field.items)
    return said


def _bounds(field: CompiledField) -> Iterator[tuple[str, object]]:
    rule = field.rule
    if field.type.basic in _NUMBERS:
        yield from (
            (name, value)
            for name, value in (("minimum", rule.min), ("maximum", rule.max))
            if value is not None
        )
    unit = {"list": "Items", "map": "Properties"}.get(rule.type, "Length")
    if rule.min_length is not None:
        yield f"min{unit}", rule.min_length
    if rule.max_length is not None and rule.unique_items != "collapse":
        yield f"max{unit}", rule.max_length
    if rule.pattern is not None and not _FOREIGN.search(rule.pattern):
        yield "pattern", f"^(?:{rule.pattern})$"
    if isinstance(rule.one_of, tuple):
        yield "enum", list(rule.one_of)
    if rule.unique_items == "refuse":
        yield "uniqueItems", True


def _more(field: CompiledField) -> Iterator[tuple[str, object]]:
    """What JSON Schema can't say, in the words of the rule file."""
    rule = field.rule
    if field.type.base:
        yield "type", field.type.name
    for keyword in _CONDITIONS:
        value = getattr(rule, keyword)
        if value:
            yield keyword, value.text if isinstance(value, Expression) else list(value)
    if rule.format is not None:
        yield "format", rule.format
    if field.type.basic not in _NUMBERS:
        yield from (
            (name, value) for name, value in (("min", rule.min), ("max", rule.max)) if value is not None
        )
    if rule.pattern is not None and _FOREIGN.search(rule.pattern):
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
    plain = {name: said[name] for name in said if name in ("title", "description", "default", "x-rulewright")}
    judged = {name: value for name, value in said.items() if name not in plain}
    if judged == {"type": "string"}:
        return {**plain, **judged}
    return {**plain, "anyOf": [judged, {"type": "string", "pattern": "^\\s*$"}]}


def _or_null(said: Mapping[str, object]) -> dict[str, object]:
    if "anyOf" in said:
        options = said["anyOf"]
        assert isinstance(options, list)
        return {**said, "anyOf": [*options, {"type": "null"}]}
    own = said.get("type")
    if own is None:
        return dict(said)
    enum = said.get("enum")
    more = {"enum": [*enum, None]} if isinstance(enum, list) else {}
    return {**said, "type": [own, "null"], **more}

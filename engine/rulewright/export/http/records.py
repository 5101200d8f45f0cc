"""A record as responses show it: every field is there, dates are printed in their field's format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rulewright.cel.checker import Declarations, check
from rulewright.checks.field_types import TIMESTAMP
from rulewright.compiled import CompiledField, CompiledResource
from rulewright.evaluation.records import computes
from rulewright.export.payload_schema import or_null
from rulewright.fieldtypes import FIELD_TYPES
from rulewright.model import Expression, Itself, Template
from rulewright.schema.keywords import described

_COMPONENTS: Final = "#/components/schemas/"
_RFC3339: Final = (None, "iso", "iso_ms_z", "iso_offset")
_CLOCK: Final = Declarations({"now": TIMESTAMP, "today": TIMESTAMP})
_OPEN: Final = ("dyn", "null_type", "wrapper")


def reference_to(resource: str) -> dict[str, object]:
    """Return the schema that stands for a whole record of a resource."""
    return {"$ref": _COMPONENTS + resource.replace("/", ".")}


def resource_behind(schema: Mapping[str, object]) -> str | None:
    """Return the resource whose record a schema stands for."""
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return None
    return reference.removeprefix(_COMPONENTS).replace(".", "/")


def record_schema(resource: CompiledResource) -> dict[str, object]:
    """Return the schema of a stored record, as responses show it."""
    file = resource.file
    return {
        **({"description": file.description} if file.description else {}),
        "type": "object",
        "properties": {name: field_of_record(resource, name) for name in resource.fields},
        "required": list(resource.fields),
    }


def field_of_record(resource: CompiledResource, name: str) -> dict[str, object]:
    """Return the schema of a stored record's field."""
    field = resource.fields[name]
    if (workflow := resource.workflow) is not None and workflow.rule.field == name:
        return {**_shown(field), "enum": list(workflow.states)}
    return _shown(field) if name == resource.key else _or_absent(field)


def _or_absent(field: CompiledField) -> dict[str, object]:
    shown = _shown(field)
    return shown if _is_always_there(field) else or_null(shown)


def _is_always_there(field: CompiledField) -> bool:
    """Whether every record has a value of this field, if rules made it."""
    rule = field.rule
    if rule.nullable:
        return False
    if rule.compute is not None:
        return computes(field, "create") and _is_never_null(rule.compute.value)
    if rule.required or rule.generate is not None:
        return rule.readonly is None or rule.generate is not None
    if rule.default is not None:
        return rule.default.value is not None
    return rule.default_from is not None and _is_never_null(rule.default_from)


def _is_never_null(template: Template) -> bool:
    """Whether a template gives a value whatever is stored or sent."""
    if isinstance(template, Expression):
        return check(template.text, _CLOCK).type.name not in _OPEN
    return not isinstance(template, Itself) or template.value is not None


def _shown(field: CompiledField) -> dict[str, object]:
    rule = field.rule
    said = {**described(rule), **_type(field)}
    if isinstance(rule.one_of, tuple) and rule.compute is None and rule.default_from is None:
        said["enum"] = list(rule.one_of)
    if rule.readonly is not None:
        said["readOnly"] = True
    if rule.example is not None and not field.hides:
        said["examples"] = [rule.example.value]
    more: dict[str, object] = {"type": field.type.name} if field.type.base else {}
    if rule.format is not None:
        more["format"] = rule.format
    if rule.references is not None:
        more["references"] = rule.references.resource
    if rule.sensitive:
        more["sensitive"] = True
    return {**said, "x-rulewright": more} if more else said


def _part(field: CompiledField) -> dict[str, object]:
    """A part of an object: in one that an update makes, nothing has a default or the value of a create."""
    rule = field.rule
    is_there = rule.required and rule.readonly is None and not rule.nullable
    return _shown(field) if is_there else or_null(_shown(field))


def _type(field: CompiledField) -> dict[str, object]:
    rule = field.rule
    if field.children:
        return {
            "type": "object",
            "properties": {child.name: _part(child) for child in field.children},
            "required": [child.name for child in field.children],
        }
    said = {name: value for name, value in field.type.json_schema.items() if name in ("type", "format")}
    if isinstance(said.get("type"), list):
        # Whatever it takes: what is stored is of one type.
        said["type"] = FIELD_TYPES[field.type.basic].json_schema["type"]
    if rule.format not in _RFC3339:
        said.pop("format", None)
    if rule.type == "list":
        # Some readers take no array without it.
        said["items"] = {}
    if field.items is not None:
        items = _shown(field.items)
        nullable = or_null(items) if field.items.rule.nullable else items
        said["items" if rule.type == "list" else "additionalProperties"] = nullable
    return said

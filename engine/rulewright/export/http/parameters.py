"""The path, query and header parameters of a call, as far as rule files tell them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rulewright.checks.sites import Site
from rulewright.compiled import CompiledField, CompiledRules
from rulewright.export.http.endpoints import PARAMETER, Endpoint
from rulewright.export.http.records import field_of_record
from rulewright.export.http.unions import Schema, without_null
from rulewright.model import Api, Expression, TemplateMap

_UNITS: Final = ((86400, "day"), (3600, "hour"), (60, "minute"))
# OpenAPI tells these by other means, and says that they are no parameters.
_TOLD_OTHERWISE: Final = frozenset({"accept", "content-type", "authorization"})
_STEPS: Final = 3


def parameters_of(rules: CompiledRules, endpoint: Endpoint, sites: Iterable[Site]) -> list[dict[str, object]]:
    """Return the parameters of an endpoint; `sites` are the expressions of its resource."""
    reads = {
        reading.names[1:_STEPS]
        for site in sites
        if endpoint.operation in site.on
        for reading in site.readings
        if reading.names[0] == "request" and len(reading.names) >= _STEPS
    }
    return [
        *_in_path(rules, endpoint),
        *_in_query(endpoint, sorted(name for place, name in reads if place == "query")),
        *_in_headers(endpoint, sorted(name for place, name in reads if place == "headers")),
    ]


def _in_path(rules: CompiledRules, endpoint: Endpoint) -> Iterator[dict[str, object]]:
    told = endpoint.rule.path if endpoint.rule is not None else None
    own = [*dict.fromkeys(PARAMETER.findall(told))] if told else []
    for place, name in enumerate(endpoint.parameters):
        # What the rules call it, which may be another name than the path's.
        read = own[place] if place < len(own) else name
        schema = _of_parameter(rules, endpoint, read)
        said: dict[str, object] = {"name": name, "in": "path", "required": True}
        if (description := schema.pop("description", None)) is not None:
            said["description"] = description
        yield {**said, "schema": schema}


def _of_parameter(rules: CompiledRules, endpoint: Endpoint, name: str) -> Schema:
    """The schema of the field that a parameter names: the record's key, or what rules compare with it."""
    resource = endpoint.resource
    if endpoint.operation != "create" and name in (resource.key, "id", "uuid"):
        return _plain(field_of_record(resource, resource.key))
    for lookup in resource.lookups.values():
        if (field := _read_as(lookup.rule.by, name)) is not None:
            return _plain(field_of_record(rules.resources[lookup.rule.resource], field))
    if (field := _read_as(resource.file.scope, name)) is not None:
        return _plain(field_of_record(resource, field))
    computed = next((one for one in resource.fields.values() if _is_computed_as(one, name)), None)
    return _plain(field_of_record(resource, computed.name)) if computed is not None else {"type": "string"}


def _plain(schema: Schema) -> Schema:
    """What a text in a URL is: never null, and neither read-only nor about other records."""
    kept = {key: value for key, value in schema.items() if key not in ("readOnly", "x-rulewright")}
    plain = without_null(kept)
    return plain if plain.get("type") in ("string", "integer", "number", "boolean") else {"type": "string"}


def _read_as(template: TemplateMap | None, name: str) -> str | None:
    entries = template.entries if template is not None else {}
    return next((field for field, value in entries.items() if _is_parameter(value, name)), None)


def _is_computed_as(field: CompiledField, name: str) -> bool:
    compute = field.rule.compute
    return compute is not None and _is_parameter(compute.value, name)


def _is_parameter(value: object, name: str) -> bool:
    return isinstance(value, Expression) and value.text.strip() == f"request.path.{name}"


def _in_query(endpoint: Endpoint, read: Iterable[str]) -> Iterator[dict[str, object]]:
    shape = endpoint.resource.file.response
    if shape is not None and shape.include:
        yield _include(shape.include)
    for name in read:
        if name != "include" or shape is None or not shape.include:
            yield {"name": name, "in": "query", "schema": {"type": "string"}}


def _include(parts: Mapping[str, object]) -> dict[str, object]:
    return {
        "name": "include",
        "in": "query",
        "description": "Parts that are added to the answer, with commas between them.",
        "style": "form",
        "explode": False,
        "schema": {"type": "array", "items": {"type": "string", "enum": list(parts)}},
    }


def _in_headers(endpoint: Endpoint, read: Iterable[str]) -> Iterator[dict[str, object]]:
    api = endpoint.resource.api
    told = set(_TOLD_OTHERWISE)
    if api is not None and api.auth is not None:
        told |= {name.lower() for name in (api.auth.header or "", *api.auth.also)}
    for said in (*_declared_headers(api, endpoint.operation), *map(_header, read)):
        name = str(said["name"]).lower()
        if name not in told:
            yield said
        # Header names differ by their letters only, not by their case.
        told.add(name)


def _declared_headers(api: Api | None, operation: str) -> Iterator[dict[str, object]]:
    if api is None:
        return
    for name in api.auth.headers if api.auth is not None else ():
        yield {**_header(name), "required": True}
    rule = api.idempotency
    if rule is not None and operation in rule.operations:
        text = "Makes the call repeatable: the same key with the same body gives the first answer again."
        if rule.keep_seconds is not None:
            text += f" Keys are kept for {_duration(rule.keep_seconds)}."
        yield {**_header(rule.header), "description": text}


def _header(name: str) -> dict[str, object]:
    return {"name": name, "in": "header", "schema": {"type": "string"}}


def _duration(seconds: int) -> str:
    length, unit = next((one for one in _UNITS if seconds % one[0] == 0), (1, "second"))
    count = seconds // length
    return f"{count} {unit}{'s' if count != 1 else ''}"

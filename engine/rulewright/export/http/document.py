"""The OpenAPI document as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rulewright.checks.expressions import sites
from rulewright.checks.sites import Site
from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.evaluation.response import success_status
from rulewright.export.http.answers import body_schema, enveloped, subject_of
from rulewright.export.http.endpoints import Endpoint, endpoints_of
from rulewright.export.http.parameters import parameters_of
from rulewright.export.http.records import record_schema, resource_behind
from rulewright.export.http.refusals import SCHEMAS, dialect_of, phrase_of, refusal_component, refusals_of
from rulewright.export.http.security import security_of, security_schemes
from rulewright.export.http.unions import Schema, either
from rulewright.export.payload_schema import json_schema
from rulewright.export.selection import select
from rulewright.model import Api

OPENAPI: Final = "3.1.0"
_UNVERSIONED: Final = "0"
_BODILESS: Final = 204
_BARE: Final = ("GET", "DELETE")
# Said of a schema that stands alone; here its operation says it.
_ALONE: Final = ("$schema", "title", "description")


def openapi(
    rules: CompiledRules, names: Sequence[str] = (), servers: Sequence[str] = ()
) -> dict[str, object]:
    """Return an OpenAPI 3.1 document, as plain data, of these APIs and resources (default: all there are).

    `names` are names of APIs ("ct_oi") and of resources ("ct_oi/case"), `servers` URLs that the paths follow.
    Raises EvaluationError for a name that nothing has, where there is nothing to describe, and where two
    operations have one path and method.
    """
    resources = [rules.resources[name] for name in select(rules, names)]
    apis = {one.file.api: one.api for one in resources if one.api is not None}
    endpoints = endpoints_of(resources)
    schemes = dict(scheme for api in apis.values() for scheme in security_schemes(api))
    paths = _paths(rules, endpoints)
    return {
        "openapi": OPENAPI,
        "info": _info(rules, resources),
        **({"servers": [{"url": url} for url in servers]} if servers else {}),
        "tags": [_tag(name, api) for name, api in apis.items()],
        "paths": paths,
        "components": {
            "schemas": _schemas(rules, endpoints),
            **({"securitySchemes": schemes} if schemes else {}),
        },
    }


def _info(rules: CompiledRules, resources: Sequence[CompiledResource]) -> dict[str, object]:
    apis = [*dict.fromkeys(one.file.api for one in resources)]
    found = [rules.rules.apis[name] for name in apis]
    versions = dict.fromkeys(one.file.version for one in resources if one.file.version)
    said: dict[str, object] = {"title": ", ".join(one.title or one.name for one in found)}
    if len(found) == 1 and found[0].description:
        said["description"] = found[0].description
    return {**said, "version": ", ".join(versions) or _UNVERSIONED}


def _tag(name: str, api: Api) -> dict[str, object]:
    said = ". ".join(text.strip().rstrip(".") for text in (api.title, api.description) if text)
    return {"name": name, **({"description": said} if said else {})}


def _paths(rules: CompiledRules, endpoints: Sequence[Endpoint]) -> dict[str, dict[str, object]]:
    read: dict[str, list[Site]] = {}
    paths: dict[str, dict[str, object]] = {}
    for one in endpoints:
        name = one.resource.name
        if name not in read:
            read[name] = [*sites(subject_of(rules, one.resource))]
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(rules, one, read[name])
    return paths


def _operation(rules: CompiledRules, endpoint: Endpoint, read: Sequence[Site]) -> dict[str, object]:
    file = endpoint.resource.file
    said: dict[str, object] = {
        "operationId": endpoint.id,
        "tags": [file.api],
        "summary": _summary(endpoint),
        "description": "\n\n".join(_description(endpoint)),
        "parameters": parameters_of(rules, endpoint, read),
        "requestBody": _request_body(endpoint),
        "responses": _responses(rules, endpoint),
        "security": security_of(endpoint),
        "x-rulewright": dict(_more(endpoint)),
    }
    return {key: value for key, value in said.items() if value}


def _summary(endpoint: Endpoint) -> str:
    what = endpoint.resource.file.noun
    article = "an" if what[0].lower() in "aeiou" else "a"
    verb = f"Fire {endpoint.operation} on" if endpoint.is_event else endpoint.operation.capitalize()
    return f"{verb} {article} {what}"


def _description(endpoint: Endpoint) -> Iterator[str]:
    if (text := endpoint.resource.file.description) is not None:
        yield text.strip()
    if endpoint.operation == "update":
        yield "A key that is left out is not changed; null clears it, and an entry of a map (RFC 7396)."
    if endpoint.rule is not None and endpoint.rule.permission is not None:
        yield f"Needs the permission {endpoint.rule.permission}."
    if endpoint.is_derived:
        yield "The rule file tells no path; this one is derived from the names of API and resource."


def _request_body(endpoint: Endpoint) -> dict[str, object]:
    schema = _sent(endpoint)
    if schema is None:
        return {}
    # An event that needs no fields may come without a body.
    needed = not endpoint.is_event or "required" in schema
    return {"required": needed, "content": _json(_component(_request_component(endpoint)))}


def _sent(endpoint: Endpoint) -> dict[str, object] | None:
    """The schema of what is sent; None where nothing is, by a method that has no use for a body."""
    schema = json_schema(endpoint.resource, endpoint.operation)
    return schema if schema["properties"] or endpoint.method not in _BARE else None


def _request_component(endpoint: Endpoint) -> str:
    return f"{endpoint.resource.name.replace('/', '.')}.{endpoint.operation}"


def _response_component(resource: CompiledResource) -> str:
    """With a hyphen, which no event has in its name."""
    return f"{resource.name.replace('/', '.')}-response"


def _component(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Schema) -> dict[str, object]:
    return {"application/json": {"schema": schema}}


def _responses(rules: CompiledRules, endpoint: Endpoint) -> dict[str, object]:
    status = success_status(endpoint.resource, endpoint.operation)
    answers = refusals_of(rules, endpoint)
    accepted: dict[str, Any] = {"description": phrase_of(status)}
    if status != _BODILESS:
        body = _answer(rules, endpoint.resource)
        accepted["content"] = _json(enveloped(rules, endpoint.resource, body))
    answers[status] = _either(accepted, answers[status]) if status in answers else accepted
    return {str(one): answers[one] for one in sorted(answers)}


def _either(accepted: dict[str, Any], refused: Mapping[str, Any]) -> dict[str, object]:
    """An API that refuses with the status of what it accepts."""
    content = dict(accepted.get("content", {}))
    for media, body in refused.get("content", {}).items():
        here = content.get(media, {})
        schema = either(*(one["schema"] for one in (here, body) if "schema" in one))
        content[media] = {**body, "schema": schema}
    said = f"{accepted['description']}, or {refused['description']}"
    return {"description": said, **({"content": content} if content else {})}


def _answer(rules: CompiledRules, resource: CompiledResource) -> Schema:
    body = body_schema(rules, resource)
    return body if list(body) == ["$ref"] else _component(_response_component(resource))


def _more(endpoint: Endpoint) -> Iterator[tuple[str, object]]:
    """What OpenAPI can't say."""
    yield "resource", endpoint.resource.name
    yield "operation", endpoint.operation
    workflow = endpoint.resource.workflow
    moves = (
        [one.rule for one in workflow.transitions if one.rule.event == endpoint.operation] if workflow else []
    )
    if moves and endpoint.is_event:
        yield (
            "transitions",
            [
                {
                    "from": list(one.from_states),
                    "to": one.to,
                    **({"guard": one.guard.text} if one.guard is not None else {}),
                }
                for one in moves
            ],
        )


def _schemas(rules: CompiledRules, endpoints: Sequence[Endpoint]) -> dict[str, object]:
    found: dict[str, object] = {}
    for one in endpoints:
        if (schema := _sent(one)) is not None:
            said = {key: value for key, value in schema.items() if key not in _ALONE}
            found[_request_component(one)] = said
        body = _answer_in_full(rules, one)
        if body is not None and list(body) != ["$ref"]:
            found[_response_component(one.resource)] = body
        for resource in _records_in([body]):
            found[resource.replace("/", ".")] = record_schema(rules.resources[resource])
        if dialect_of(one) in SCHEMAS:
            found[refusal_component(dialect_of(one))] = SCHEMAS[dialect_of(one)]
    return dict(sorted(found.items()))


def _answer_in_full(rules: CompiledRules, endpoint: Endpoint) -> Schema | None:
    """The schema of what a call is answered with; None where it is nothing."""
    if success_status(endpoint.resource, endpoint.operation) == _BODILESS:
        return None
    return body_schema(rules, endpoint.resource)


def _records_in(waiting: list[object]) -> Iterator[str]:
    """The resources whose records stand in a schema, whole."""
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            if (resource := resource_behind(value)) is not None:
                yield resource
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)

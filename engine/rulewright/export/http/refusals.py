"""What a refused call is answered with: its statuses, and bodies in the API's error dialect.

The examples are what the dialect itself writes of made-up problems, so those of plug-ins have some, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from rulewright.compiled import CompiledField, CompiledRules
from rulewright.dialects import DEFAULT, reason_phrase, status_of
from rulewright.export.http.codes import Refusal, codes_of
from rulewright.export.http.endpoints import Endpoint
from rulewright.export.http.unions import Schema
from rulewright.problem import Because, Problem

_TEXT: Final[Schema] = {"type": "string"}
_TEXTS: Final[Schema] = {"type": "array", "items": _TEXT}
# By field, dots between the parts of its path.
_BY_FIELD: Final[Schema] = {"type": "object", "additionalProperties": _TEXTS}


def _body(required: tuple[str, ...], **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": [*required]}


# What the functions in dialects.py write.
SCHEMAS: Final[Mapping[str, Schema]] = {
    "rfc9457": _body(
        ("type", "title", "status", "detail", "errors"),
        type=_TEXT,
        title=_TEXT,
        status={"type": "integer"},
        detail=_TEXT,
        errors={
            "type": "array",
            "items": _body(("pointer", "code", "detail"), pointer=_TEXT, code=_TEXT, detail=_TEXT),
        },
    ),
    "problem_details": _body(
        ("type", "title", "status"),
        type=_TEXT,
        title=_TEXT,
        status={"type": "integer"},
        detail=_TEXT,
        errors=_BY_FIELD,
    ),
    "goodstack": _body(
        ("error",),
        error=_body(("code", "title", "message"), code=_TEXT, title=_TEXT, message=_TEXT, reasons=_TEXTS),
    ),
    "laravel": _body(("message",), message=_TEXT, errors=_BY_FIELD),
    "drf": {
        "type": "object",
        "description": "Messages by field, nested as the fields are; `detail` where no field is to blame.",
        "additionalProperties": {"anyOf": [_TEXT, _TEXTS, {"type": "object"}]},
    },
}
_PROBLEM_JSON: Final = ("rfc9457", "problem_details")
# Refusals that some dialects write in ways of their own; of all others one example is enough.
_APART: Final = ("unauthenticated", "permission", "not_found", "idempotency", "undecided")


def dialect_of(endpoint: Endpoint) -> str:
    """Return the name of the dialect that refusals of a call are written in."""
    api = endpoint.resource.api
    return api.errors.dialect if api is not None and api.errors is not None else DEFAULT


def refusal_component(dialect: str) -> str:
    """Return the name of the schema of a dialect: without a dot, which those of resources have."""
    return f"refusal-{dialect}"


def refusals_of(rules: CompiledRules, endpoint: Endpoint) -> dict[int, dict[str, object]]:
    """Return the answers to refused calls, by status."""
    by_status: dict[int, list[Problem]] = {}
    for problem in _problems(rules, endpoint):
        by_status.setdefault(status_of(endpoint.resource.api, problem), []).append(problem)
    return {status: _response(endpoint, status, found) for status, found in sorted(by_status.items())}


def _response(endpoint: Endpoint, status: int, problems: list[Problem]) -> dict[str, object]:
    codes = ", ".join(dict.fromkeys(problem.code for problem in problems))
    said: dict[str, object] = {"description": f"{phrase_of(status)}: {codes}"}
    examples = dict(_examples(endpoint, status, problems))
    if not examples:
        return said
    name = dialect_of(endpoint)
    body: dict[str, object] = {"examples": {key: {"value": value} for key, value in examples.items()}}
    if name in SCHEMAS:
        body = {"schema": {"$ref": f"#/components/schemas/{refusal_component(name)}"}, **body}
    media = "application/problem+json" if name in _PROBLEM_JSON else "application/json"
    return {**said, "content": {media: body}}


def _examples(endpoint: Endpoint, status: int, problems: list[Problem]) -> Iterator[tuple[str, object]]:
    """What the dialect writes of each problem that it may write in its own way, and of one of the others.

    Nothing where it writes no body.
    """
    alike = [one for one in problems if one.vendor is None and one.code not in _APART]
    first = next((one for one in alike if one.path), alike[0] if alike else None)
    for one in problems:
        if one is first or one not in alike:
            body = endpoint.resource.dialect(status, [one])
            if body is not None:
                yield one.vendor.code if one.vendor is not None else one.code, body


def phrase_of(status: int) -> str:
    """Return what HTTP calls a status."""
    return reason_phrase(status, f"Status {status}")


def _problems(rules: CompiledRules, endpoint: Endpoint) -> Iterator[Problem]:
    """A problem for each code, with a message as the rules would give it."""
    for one in codes_of(rules, endpoint):
        path = "" if one.field is None else "/" + one.field.label.replace(".", "/")
        rule = f"{endpoint.resource.name if one.field is None else one.field.id}.{one.code}"
        reason = Because(None, {}, {"reason": "same_key_different_data"})
        because = reason if one.code == "idempotency" else None
        yield Problem(rule, one.code, path, _message(endpoint, one), because=because, vendor=one.vendor)


def _message(endpoint: Endpoint, refusal: Refusal) -> str:
    if refusal.message is not None:
        return refusal.message
    if refusal.field is not None:
        return _of_field(refusal.field, refusal.code)
    what = endpoint.resource.file.noun
    permission = endpoint.rule.permission if endpoint.rule is not None else None
    return {
        "unauthenticated": "nobody is named as the caller (actor)",
        "permission": f"the caller lacks the permission {permission}",
        "idempotency": "the key was used for another call",
        "not_found": f"no such {what}",
        "invalid_json": "the text is no JSON",
        "type": "the payload must be a JSON object",
        "reference": "a record that is named does not exist",
        "transition": f"{endpoint.operation} is not possible in this state",
        "guard": f"{endpoint.operation} is not allowed",
        "undecided": "a rule can't be decided",
        "check": "a condition does not hold",
    }.get(refusal.code, f"refused: {refusal.code}")


def _of_field(field: CompiledField, code: str) -> str:
    usual = {
        "required": f"{field.label} is required",
        "type": f"{field.label} must be {field.type.meaning}",
        "reference": f"{field.label} names no existing record",
        "check": f"{field.label} is not allowed",
    }.get(code, f"{field.label}: {code}")
    return field.rule.messages.get(code, usual)

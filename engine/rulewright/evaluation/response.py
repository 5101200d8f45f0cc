"""What the caller of the API sees of an accepted record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from rulewright import cel
from rulewright.compiled import CompiledResource
from rulewright.evaluation.assembly import reopen_scope
from rulewright.evaluation.effects import stored_record
from rulewright.evaluation.fitting import plain
from rulewright.evaluation.log import Site, Stage
from rulewright.evaluation.provenance import body_holds_secret
from rulewright.evaluation.run import FAILED, Run
from rulewright.evaluation.stored_form import PrintedTimestamp, decode_record, print_instant
from rulewright.evaluation.views import Layer, View
from rulewright.formula import Valued
from rulewright.outcome import Response

_DEFAULT_STATUS = {"create": 201}


def respond(run: Run) -> Response | None:
    """Shape the response (language.md "Keys of api.yaml and of a resource").

    None where neither the resource nor its API says anything about HTTP.
    """
    operation = run.resource.operation(run.inputs.operation)
    shape = run.resource.response
    if operation is None and shape.rule is None and shape.envelope is None:
        return None
    status = success_status(run.resource, run.inputs.operation)
    run.printing = True
    run.scope = reopen_scope(run)
    record = decode_record(run.resource.fields, stored_record(run), printed=True)
    run.scope["record"] = record
    return Response(status, None if status == 204 else _body(run, record))


def success_status(resource: CompiledResource, operation: str) -> int:
    """Return the HTTP status of an accepted call."""
    rule = resource.operation(operation)
    if rule is not None and rule.status is not None:
        return rule.status
    return _DEFAULT_STATUS.get(operation, 200)


def _body(run: Run, record: View) -> object:
    shape = run.resource.response
    body: object = {name: record[name] for name in run.resource.fields}
    if shape.body is not None:
        body = _evaluate(run, shape.body)
    if isinstance(body, Mapping):
        body = {**body, **_included(run)}
    printed = print_value(run, body)
    if shape.envelope is None:
        return printed
    names = {"body": printed, "resource": View({"name": run.resource.file.name}, ("name",))}
    is_secret = body_holds_secret(run.rules, run.resource)
    wrapped = _evaluate(run, shape.envelope, Layer(names, run.scope, sensitive=is_secret))
    return print_value(run, wrapped)


def _included(run: Run) -> dict[str, object]:
    """Return the parts that `include` in the query string asks for, as a comma-separated list."""
    asked = run.inputs.request.query.get("include")
    names = [name.strip() for name in asked.split(",")] if isinstance(asked, str) else asked
    if not isinstance(names, list | tuple):
        return {}
    parts = run.resource.response.include
    return {name: _evaluate(run, parts[name]) for name in parts if name in names}


def _evaluate(run: Run, formula: Valued, scope: Mapping[str, object] | None = None) -> object:
    rule = run.resource.response.rule
    span = rule.span if rule is not None else run.resource.file.span
    site = Site(f"{run.resource.name}.response", "", span, Stage.RESPONSE)
    value = run.attempt(formula, site, scope)
    return None if value is FAILED else value


def print_value(run: Run, value: object) -> object:
    """Return a value as the response's JSON: dates in their field's format, others in the API's."""
    if isinstance(value, PrintedTimestamp):
        return value.text
    if isinstance(value, cel.Timestamp):
        value = value.to_datetime()
    if isinstance(value, date):
        api = run.resource.api
        formats = api.formats if api is not None else {}
        return print_instant(value, "datetime", formats.get("datetime"))
    if isinstance(value, Mapping):
        return {str(name): print_value(run, part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [print_value(run, part) for part in value]
    return plain(value)

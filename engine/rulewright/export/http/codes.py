"""With which problem codes a call may be refused, told from its rules; in the order of evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rulewright.compiled import CompiledField, CompiledRules
from rulewright.evaluation.judging import applies_to
from rulewright.export.http.endpoints import Endpoint
from rulewright.problem import VendorError


class Refusal(Struct, frozen=True):
    """A code, the field that it may be about, the vendor's own error for it, and the rule's own words."""

    code: str
    field: CompiledField | None = None
    vendor: VendorError | None = None
    message: str | None = None


_SHAPES: Final = ("min", "max", "min_length", "max_length", "pattern", "one_of")
_REQUIRING: Final = ("required", "required_if", "required_unless", "required_with", "required_without")
_FORBIDDING: Final = ("forbidden_if", "forbidden_with", "forbidden_without")
_OF_EFFECTS: Final = ("conflict", "type", "required", "unique", "reference")
_FORMATTED: Final = ("date", "datetime", "uuid", "email")


def codes_of(rules: CompiledRules, endpoint: Endpoint) -> Iterator[Refusal]:
    """Yield each code once, and once more for each error of the vendor's own."""
    seen: set[tuple[str, VendorError | None]] = set()
    for one in _every(rules, endpoint):
        if (one.code, one.vendor) not in seen:
            seen.add((one.code, one.vendor))
            yield one


def _every(rules: CompiledRules, endpoint: Endpoint) -> Iterator[Refusal]:
    yield Refusal("invalid_json")
    yield from _of_the_caller(endpoint)
    yield from _of_the_rules(endpoint)
    yield from _of_reactions(rules, endpoint)
    yield Refusal("undecided")


def _of_the_rules(endpoint: Endpoint) -> Iterator[Refusal]:
    fields = [*_sent(endpoint)]
    for field in fields:
        yield from _of_presence(endpoint, field)
        if _may_be_sent(endpoint, field):
            yield from (Refusal(code, field, field.rule.error) for code in _of_shape(field))
    # The payload as a whole, where no field says it.
    yield Refusal("type")
    if endpoint.resource.file.unknown == "reject":
        yield Refusal("unknown_field")
    yield from _of_the_whole(endpoint)
    yield from _of_other_records(endpoint, fields)
    yield from _of_the_workflow(endpoint)
    yield from _of_checks(endpoint, fields)
    if any(effect.runs_on(endpoint.operation) for effect in endpoint.resource.every_effect()):
        yield from map(Refusal, _OF_EFFECTS)


def _of_reactions(rules: CompiledRules, endpoint: Endpoint) -> Iterator[Refusal]:
    """What the records that react may be refused for, and those that react to these; no field is to blame."""
    waiting, fired = [(endpoint.resource.name, endpoint.operation)], set[tuple[str, str]]()
    while waiting:
        for reaction in rules.reactions.get(waiting.pop(), ()):
            event = (reaction.resource, reaction.rule.fire)
            if event not in fired:
                fired.add(event)
                waiting.append(event)
                other = Endpoint(
                    rules.resources[event[0]], event[1], event[1], "POST", "", None, is_derived=True
                )
                yield from (Refusal(one.code, None, one.vendor) for one in _of_the_rules(other))
    if fired:
        yield Refusal("limit")


def _of_the_caller(endpoint: Endpoint) -> Iterator[Refusal]:
    resource = endpoint.resource
    if resource.api is not None and resource.api.auth is not None:
        yield Refusal("unauthenticated")
        if endpoint.rule is not None and endpoint.rule.permission is not None:
            yield Refusal("permission")
    if resource.idempotency is not None and endpoint.operation in resource.idempotency.rule.operations:
        yield Refusal("idempotency")
    if endpoint.operation != "create":
        yield Refusal("not_found")
    for lookup in resource.file.lookups:
        if lookup.if_missing == "not_found":
            yield Refusal("not_found", vendor=lookup.error)


def _sent(endpoint: Endpoint) -> Iterator[CompiledField]:
    """The fields that a call may send, each before those in it."""
    resource = endpoint.resource
    fields = resource.event_fields(endpoint.operation) if endpoint.is_event else resource.fields
    waiting = [*fields.values()][::-1]
    while waiting:
        field = waiting.pop()
        yield field
        if _may_be_sent(endpoint, field):
            waiting.extend(reversed(field.parts))


def _may_be_sent(endpoint: Endpoint, field: CompiledField) -> bool:
    accepted = endpoint.rule.accepts if endpoint.rule is not None else ()
    return field.rule.readonly is None or field.name in accepted


def _of_presence(endpoint: Endpoint, field: CompiledField) -> Iterator[Refusal]:
    rule = field.rule
    if not _may_be_sent(endpoint, field):
        if rule.readonly == "reject":
            yield Refusal("readonly", field)
        return
    if any(getattr(rule, name) for name in _REQUIRING):
        yield Refusal("required", field)
    if any(getattr(rule, name) for name in _FORBIDDING):
        yield Refusal("forbidden", field)
    if rule.unknown == "reject":
        yield Refusal("unknown_field", field)
    # A record's key never changes.
    if (rule.immutable or field.name == endpoint.resource.key) and endpoint.operation == "update":
        yield Refusal("immutable", field)


def _of_shape(field: CompiledField) -> Iterator[str]:
    rule = field.rule
    yield "type"
    if field.type.name in _FORMATTED or field.type.base:
        yield "format"
    yield from (name for name in _SHAPES if getattr(rule, name) is not None)
    if rule.unique_items == "refuse":
        yield "items"


def _of_the_whole(endpoint: Endpoint) -> Iterator[Refusal]:
    if endpoint.rule is not None and endpoint.rule.path and endpoint.parameters:
        yield Refusal("required")
    file = endpoint.resource.file
    if endpoint.operation == "create" and file.variants:
        choices = " or ".join(" with ".join(one.required) for one in file.variants)
        yield Refusal("variant", None, file.variants_error, f"one of these must be given: {choices}")


def _of_other_records(endpoint: Endpoint, fields: list[CompiledField]) -> Iterator[Refusal]:
    for field in fields:
        if field.rule.references is not None and _may_be_sent(endpoint, field):
            yield Refusal("reference", field, field.rule.references.error)
    for lookup in endpoint.resource.file.lookups:
        if lookup.if_missing == "reject":
            yield Refusal("reference", None, lookup.error)
    for field in endpoint.resource.fields.values():
        if field.rule.unique is not None:
            yield Refusal("unique", field, field.rule.unique.error)
    # A key that nobody generates may be missing, or taken.
    key = endpoint.resource.fields[endpoint.resource.key]
    if endpoint.operation == "create" and key.rule.generate is None:
        yield Refusal("required", key)
        yield Refusal("unique", key)


def _of_the_workflow(endpoint: Endpoint) -> Iterator[Refusal]:
    workflow = endpoint.resource.workflow
    for one in workflow.transitions if workflow is not None and endpoint.is_event else ():
        if one.rule.event == endpoint.operation:
            yield Refusal("transition", None, one.rule.error)
            if one.guard is not None:
                yield Refusal("guard", None, one.rule.error)


def _of_checks(endpoint: Endpoint, fields: list[CompiledField]) -> Iterator[Refusal]:
    resource, operation = endpoint.resource, endpoint.operation
    for field in fields:
        for check in field.checks if _may_have_a_value(endpoint, field) else ():
            judged = applies_to(check, operation) or (endpoint.is_event and check.rule.on is None)
            if judged and check.rule.severity == "error":
                yield Refusal("check", field, check.rule.error, check.rule.message)
    for check in (*resource.checks, *resource.invariants):
        if check.rule.severity == "error" and applies_to(check, operation):
            yield Refusal("check", None, check.rule.error, check.rule.message)
    for inference in resource.file.inferences if not endpoint.is_event else ():
        if inference.problem is not None and inference.problem.severity == "error":
            yield Refusal("check", None, inference.problem.error, inference.problem.message)


def _may_have_a_value(endpoint: Endpoint, field: CompiledField) -> bool:
    rule = field.rule
    made = (rule.compute, rule.default, rule.default_from, rule.generate)
    return _may_be_sent(endpoint, field) or any(one is not None for one in made)

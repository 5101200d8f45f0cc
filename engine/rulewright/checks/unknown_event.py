"""unknown-event: something names an event that does not exist.

A resource's events are those under workflow.events and those of its transitions. `on` takes create,
update, these events and "*"; a reaction's `after` takes the other resource's events, create and update;
`operations` of api.yaml's idempotency create, update and the events of all its resources.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, problem, span_of, unknown
from rulewright.model import Check, Effect
from rulewright.problem import SourceProblem, Span
from rulewright.reader.flaws import did_you_mean

CODE = "unknown-event"
_ALWAYS = frozenset({"create", "update"})
_OPERATIONS = _ALWAYS | {"read", "list"}


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every event that is named."""
    for event, span in _fired(subject):
        if event not in subject.events:
            yield unknown(CODE, "the event", event, subject.events, subject.place(span, event))
    for operation in subject.file.operations:
        if operation.event is None and operation.name not in _OPERATIONS:
            yield problem(
                CODE,
                f"an operation named {operation.name} needs the event that it fires",
                operation.span,
                hint=did_you_mean(operation.name, _OPERATIONS) or f"add event: {operation.name}",
            )
    occasions = subject.events | _ALWAYS | {"*"}
    for event, span in _occasions(subject):
        if event not in occasions:
            yield unknown(CODE, "the event", event, occasions, subject.place(span, event))
    yield from _repeatable(subject)
    yield from _of_reactions(subject)


def _of_reactions(subject: Subject) -> Iterator[SourceProblem]:
    """What reactions name of other resources."""
    for reaction in subject.file.workflow.reactions if subject.file.workflow else ():
        other = subject.universe.rules.resources.get(reaction.after_resource)
        if other is None:
            continue
        known = Subject(subject.universe, other).events | _ALWAYS
        if reaction.after_event not in known:
            place = subject.place(span_of(reaction.at, "after", default=reaction.span))
            yield unknown(CODE, f"the event of {other.resource}", reaction.after_event, known, place)


def _repeatable(subject: Subject) -> Iterator[SourceProblem]:
    """The operations of api.yaml's `idempotency`: those of any resource of the API."""
    universe, api = subject.universe, subject.api
    if api.idempotency is None or any(name.startswith(f"{api.name}/") for name in universe.unread):
        return
    files = [one for one in universe.rules.resources.values() if one.api == api.name]
    known = _ALWAYS.union(*(Subject(universe, one).events for one in files))
    for name in api.idempotency.operations:
        if name not in known:
            place = subject.place(api.idempotency.span, name)
            # An api.yaml may name what only other folders' resources do.
            yield unknown(CODE, "the operation", name, known, place, severity="warning")


def _fired(subject: Subject) -> Iterator[tuple[str, Span]]:
    for operation in subject.file.operations:
        if operation.event is not None:
            yield operation.event, span_of(operation.at, "event", default=operation.span)
    workflow = subject.file.workflow
    if workflow is not None:
        for timeout in workflow.timeouts:
            yield timeout.fire, timeout.span
        for reaction in workflow.reactions:
            yield reaction.fire, span_of(reaction.at, "fire", default=reaction.span)


def _occasions(subject: Subject) -> Iterator[tuple[str, Span]]:
    """Every event of an `on`."""
    checks = [*subject.file.checks, *subject.file.invariants]
    for _, field in subject.all_fields():
        checks.extend(field.checks)
        for event in field.compute.on or () if field.compute else ():
            yield event, span_of(field.at, "compute", default=field.span)
    parts: list[Check | Effect] = [*checks, *subject.all_effects()]
    for part in parts:
        for event in part.on or ():
            yield event, span_of(part.at, "on", default=part.span)

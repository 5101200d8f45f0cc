"""never-sent: an expression reads what only an event brings, where no such event runs it. A warning.

    workflow: {events: {close: {fields: {reason: {type: string}}}}, ...}
    effects: [{id: note, set: {note: payload.reason}}]                  # effects run on a create
    effects: [{id: note, on: [close], set: {note: payload.reason}}]     # right

In all other operations payload has such a field as null. So has, on an event, a field that the event does not
bring along:

    transitions: [{event: close, from: open, to: closed, guard: payload.paid == true}]    # paid on create
    transitions: [{event: close, from: open, to: closed, guard: record.paid == true}]     # right
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rulewright.checks.names import every_operation
from rulewright.checks.parsed import Reading
from rulewright.checks.sites import Site
from rulewright.checks.subject import Subject, problem
from rulewright.model import Workflow
from rulewright.problem import SourceProblem

CODE = "never-sent"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every expression that reads payload, of a resource that has events."""
    if subject.file.workflow is None or not subject.is_whole:
        return
    brought = _brought(subject.file.workflow)
    for site in subject.sites:
        for reading in site.readings:
            if len(reading.names) > 1 and reading.names[0] == "payload":
                yield from _unsent(subject, site, reading, brought.get(reading.names[1], frozenset()))


def _unsent(
    subject: Subject, site: Site, reading: Reading, events: frozenset[str]
) -> Iterator[SourceProblem]:
    """A field of payload that `events` bring, where none of the operations that run the expression has it."""
    read, name = ".".join(reading.names[:2]), reading.names[1]
    runs = site.on & every_operation(subject)
    if not events.isdisjoint(site.on) or (name in subject.fields and not (runs and runs <= subject.events)):
        return
    if name in subject.fields:
        message = f"{' and '.join(sorted(runs))} does not bring {name} along: {read} is null here"
        hint = f"read record.{name}, or name {name} among the event's fields"
    elif events:
        told = " and ".join(sorted(runs)) or "none of these"
        message = f"{read} comes with {' and '.join(sorted(events))} only, and this runs on {told}"
        hint = f"say on: [{', '.join(sorted(events))}] where it is meant for that"
    else:
        return
    yield problem(CODE, message, site.at(reading.steps[1]), hint=hint, severity="warning")


def _brought(workflow: Workflow) -> Mapping[str, frozenset[str]]:
    """The fields that come with events, each with those events."""
    found: dict[str, frozenset[str]] = {}
    for event in workflow.events:
        for field in event.fields:
            found[field.name] = found.get(field.name, frozenset()) | {event.name}
    return found

"""never-sent: an expression reads what only an event brings, where no such event runs it. A warning.

    workflow: {events: {close: {fields: {reason: {type: string}}}}, ...}
    effects: [{id: note, set: {note: payload.reason}}]                  # effects run on a create
    effects: [{id: note, on: [close], set: {note: payload.reason}}]     # right

In all other operations payload has such a field as null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rulewright.checks.names import every_operation
from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem

CODE = "never-sent"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every expression that reads payload."""
    brought = _brought(subject)
    if not brought or not subject.is_whole:
        return
    for site in subject.sites:
        for reading in site.readings:
            events = brought.get(reading.names[1], frozenset()) if len(reading.names) > 1 else frozenset()
            if reading.names[0] == "payload" and events and events.isdisjoint(site.on):
                listed = " and ".join(sorted(events))
                runs = " and ".join(sorted(site.on & every_operation(subject))) or "none of these"
                message = f"{'.'.join(reading.names[:2])} comes with {listed} only, and this runs on {runs}"
                hint = f"say on: [{', '.join(sorted(events))}] where it is meant for that"
                yield problem(CODE, message, site.at(reading.steps[1]), hint=hint, severity="warning")


def _brought(subject: Subject) -> Mapping[str, frozenset[str]]:
    """The fields that only events have, each with those events."""
    found: dict[str, frozenset[str]] = {}
    for event in subject.file.workflow.events if subject.file.workflow else ():
        for field in event.fields:
            if field.name not in subject.fields:
                found[field.name] = found.get(field.name, frozenset()) | {event.name}
    return found

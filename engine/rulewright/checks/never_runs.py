"""never-runs: a rule is for no operation that the resource has, or a timeout moves no record. A warning.

checks: [{id: c, on: [], check: record.n > 1}]
operations: {create: {method: POST, path: /loans}}
effects: [{id: e, on: [update], set: {seen: true}}]        # nothing is ever updated
timeouts: [{state: closed, after: 30d, fire: close}]       # no transition of close starts in closed
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.names import WRITES
from rulewright.checks.subject import Subject, problem, span_of
from rulewright.model import Check, Effect, Workflow
from rulewright.problem import SourceProblem, Span

CODE = "never-runs"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Everything that says `on`, and timeouts."""
    known = WRITES | subject.events
    there = known if not subject.file.operations else _declared(subject)
    for on, span in _operations(subject):
        if not on:
            yield problem(CODE, "on names no operation, so this never runs", span, severity="warning")
        elif known.issuperset(on) and there.isdisjoint(on) and subject.is_whole:
            message = f"this resource has no {' and no '.join(on)}, so this never runs"
            hint = f"it has {', '.join(sorted(there))}"
            yield problem(CODE, message, span, hint=hint, severity="warning")
    for effect in subject.file.effects:
        if effect.on is None and "create" not in there and subject.is_whole:
            message = f"{effect.id} runs on a create, as it says no on, and this resource has none"
            hint = f"say on: [{' or '.join(sorted(there))}]"
            yield problem(CODE, message, effect.span, hint=hint, severity="warning")
    if subject.file.workflow is not None and subject.is_whole:
        yield from _timeouts(subject.file.workflow)


def _declared(subject: Subject) -> frozenset[str]:
    """What may happen where operations are declared: those, and all events."""
    return subject.events | (WRITES & {operation.name for operation in subject.file.operations})


def _operations(subject: Subject) -> Iterator[tuple[tuple[str, ...], Span]]:
    """What each `on` names, and where it stands."""
    checks = [*subject.file.checks, *subject.file.invariants]
    for _, field in subject.all_fields():
        checks += field.checks
        if field.compute is not None and field.compute.on is not None:
            yield field.compute.on, span_of(field.at, "compute", default=field.span)
    parts: list[Check | Effect] = [*checks, *subject.all_effects()]
    for part in parts:
        if part.on is not None:
            yield part.on, span_of(part.at, "on", default=part.span)


def _timeouts(workflow: Workflow) -> Iterator[SourceProblem]:
    final = {state.name for state in workflow.states if state.final}
    known = {state.name for state in workflow.states}
    for timeout in workflow.timeouts:
        moves = [move for move in workflow.transitions if move.event == timeout.fire]
        starts = {state for move in moves for state in move.from_states}
        if "*" in starts:
            starts |= known - final
        if moves and timeout.state in known - starts:
            message = f"no transition of {timeout.fire} starts in {timeout.state}, so this moves no record"
            yield problem(CODE, message, timeout.span, severity="warning")

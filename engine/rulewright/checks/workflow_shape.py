"""workflow-shape: the keywords of a workflow don't fit together.

A workflow says where its state is: `field` (a text field) or `state_from`; and where a record starts:
`initial` or `initial_from`, one of each. Only transitions write the state, so no `set` of an effect, an
inference or a transition may name the workflow's field, be it another resource's. A declared event needs a
transition, or it can never happen; create and update are no events. A reaction's `for_each` finds records
of this resource.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rulewright.checks.subject import Subject, problem, span_of
from rulewright.model import TemplateMap, Workflow
from rulewright.problem import SourceProblem

CODE = "workflow-shape"
# One of each pair; what has `state_from` needs no start.
ALTERNATIVES: Final = (("field", "state_from"), ("initial", "initial_from"))


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The workflow as a whole."""
    yield from _written(subject)
    workflow = subject.file.workflow
    if workflow is None:
        return
    yield from _named_as_operations(workflow)
    yield from _reacting(subject, workflow)
    start = span_of(subject.file.at, "workflow", default=workflow.span)
    for one, other in ALTERNATIVES:
        there = [keyword for keyword in (one, other) if keyword in workflow.at]
        if len(there) == 2:
            yield problem(CODE, f"a workflow has {one} or {other}, not both", workflow.at[other])
        if not there and not (one == "initial" and "state_from" in workflow.at):
            yield problem(CODE, f"a workflow needs {one} or {other}", start)
    field = subject.fields.get(workflow.field or "")
    if field is not None and field.type != "string":
        message = f"the state is text, but the field {field.name} is of type {field.type}"
        yield problem(CODE, message, span_of(workflow.at, "field", default=start))
    moved = {transition.event for transition in workflow.transitions}
    for event in workflow.events:
        if event.name not in moved:
            yield problem(CODE, f"no transition has the event {event.name}", event.span, severity="warning")


def _named_as_operations(workflow: Workflow) -> Iterator[SourceProblem]:
    spans = {event.name: event.span for event in workflow.events}
    for transition in workflow.transitions:
        spans.setdefault(transition.event, span_of(transition.at, "event", default=transition.span))
    for name in ("create", "update"):
        if name in spans:
            message = f"{name} is an operation of every resource, so no event can have its name"
            yield problem(CODE, message, spans[name], hint="name the event otherwise")


def _reacting(subject: Subject, workflow: Workflow) -> Iterator[SourceProblem]:
    """What a reaction fires its event on."""
    for reaction in workflow.reactions:
        found = reaction.for_each
        if found.kind not in ("find", "find_all"):
            message = f"for_each finds records, and {found.kind} gives none"
            yield problem(CODE, message, found.span, hint="write find or find_all")
        elif found.resource != subject.file.resource:
            message = (
                f"for_each finds records of {subject.file.resource}, which {reaction.fire} is an event of"
            )
            yield problem(CODE, message, found.span, hint=f"write {found.kind}: {subject.file.resource}")


def _written(subject: Subject) -> Iterator[SourceProblem]:
    """Whatever sets a state beside its workflow."""
    for resource, template in _sets(subject):
        file = subject.universe.rules.resources.get(resource or "")
        state = file.workflow.field if file is not None and file.workflow is not None else None
        if state and template is not None and state in template.entries:
            owner = "" if resource == subject.file.resource else f" of {resource}"
            message = f"only the workflow may write {state}{owner}"
            yield problem(CODE, message, template.at[state], hint="use a transition, or fire its event")


def _sets(subject: Subject) -> Iterator[tuple[str | None, TemplateMap | None]]:
    """What is set in stored records, and of which resource they are."""
    for effect in subject.all_effects():
        if effect.verb != "create":
            yield subject.target_of(effect), effect.set
    own = subject.file.resource
    yield from ((own, inference.set) for inference in subject.file.inferences)
    if subject.file.workflow is not None:
        yield from ((own, transition.set) for transition in subject.file.workflow.transitions)

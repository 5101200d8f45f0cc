"""workflow-shape: the keywords of a workflow don't fit together.

A workflow says where its state is: `field` (a text field) or `state_from`; and where a record starts:
`initial` or `initial_from`, one of each. Only transitions write the state, so no `set` of an effect or a
transition may name the workflow's field. A declared event needs a transition, or it can never happen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rulewright.checks.subject import Subject, problem, span_of
from rulewright.model import Workflow
from rulewright.problem import SourceProblem

CODE = "workflow-shape"
# One of each pair; what has `state_from` needs no start.
ALTERNATIVES: Final = (("field", "state_from"), ("initial", "initial_from"))


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The workflow as a whole."""
    workflow = subject.file.workflow
    if workflow is None:
        return
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
    yield from _written(subject, workflow)
    moved = {transition.event for transition in workflow.transitions}
    for event in workflow.events:
        if event.name not in moved:
            yield problem(CODE, f"no transition has the event {event.name}", event.span, severity="warning")


def _written(subject: Subject, workflow: Workflow) -> Iterator[SourceProblem]:
    """Whatever sets the state beside the workflow."""
    own = [effect for effect in subject.all_effects() if subject.target_of(effect) == subject.file.resource]
    written = [effect.set for effect in own if effect.verb != "create"]
    for template in (*written, *(transition.set for transition in workflow.transitions)):
        if template is not None and workflow.field and workflow.field in template.entries:
            message = f"only the workflow may write {workflow.field}"
            yield problem(
                CODE, message, template.at[workflow.field], hint="use a transition, or fire its event"
            )

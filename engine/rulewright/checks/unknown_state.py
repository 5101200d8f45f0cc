"""unknown-state: a workflow names a state that it does not declare.

Looked at: initial, from and to of transitions, and timeouts. "*" stands for all states only in `from`.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, span_of, unknown
from rulewright.model import Workflow
from rulewright.problem import SourceProblem, Span

CODE = "unknown-state"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every state that is named."""
    workflow = subject.file.workflow
    if workflow is None:
        return
    states = frozenset(state.name for state in workflow.states)
    for state, span in _named(workflow):
        if state not in states:
            yield unknown(CODE, "the state", state, states, subject.place(span, state))


def _named(workflow: Workflow) -> Iterator[tuple[str, Span]]:
    if workflow.initial is not None:
        yield workflow.initial, span_of(workflow.at, "initial", default=workflow.span)
    for transition in workflow.transitions:
        for state in transition.from_states:
            if state != "*":
                yield state, span_of(transition.at, "from", default=transition.span)
        yield transition.to, span_of(transition.at, "to", default=transition.span)
    for timeout in workflow.timeouts:
        yield timeout.state, timeout.span

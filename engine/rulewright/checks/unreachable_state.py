"""unreachable-state: no record can get into a state, or none can leave it.

A state is reached as `initial`, or as the `to` of a transition from a state that is reached itself. A state
that no transition leaves is an end: mark it final: true if that is meant. Both are warnings.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, problem
from rulewright.model import Transition, Workflow
from rulewright.problem import SourceProblem

CODE = "unreachable-state"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every state, by the transitions to and from it."""
    workflow = subject.file.workflow
    if workflow is None:
        return
    reached = _reached(workflow)
    for state in workflow.states:
        if state.name not in reached:
            yield problem(CODE, f"no record gets into the state {state.name}", state.span, severity="warning")
        elif not state.final and not any(_leaves(move, state.name) for move in workflow.transitions):
            message, hint = (
                f"no transition leaves the state {state.name}",
                "mark it final: true if it is an end",
            )
            yield problem(CODE, message, state.span, hint=hint, severity="warning")


def _reached(workflow: Workflow) -> set[str]:
    # Where an expression gives the state, any state may be its value.
    if workflow.initial is None:
        return {state.name for state in workflow.states}
    reached = {workflow.initial}
    final = {state.name for state in workflow.states if state.final}
    while True:
        more = {
            move.to
            for move in workflow.transitions
            if any(
                _leaves(move, state) and not (state in final and "*" in move.from_states) for state in reached
            )
        }
        if more <= reached:
            return reached
        reached |= more


def _leaves(move: Transition, state: str) -> bool:
    return state in move.from_states or "*" in move.from_states

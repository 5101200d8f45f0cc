"""Every move that a workflow allows, one state at a time, in words for its arrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from rulewright.cel.tree import Bind, Conditional, Literal, Node
from rulewright.compiled import CompiledWorkflow
from rulewright.export.diagrams.wording import duration, one_line
from rulewright.formula import Formula
from rulewright.model import Timeout, Transition, Workflow

_ELSE: Final = "else"


class Move(Struct, frozen=True):
    """From a state to a state. Where a record begins, `start` is None and so is the event."""

    start: str | None
    to: str
    event: str | None = None
    label: str = ""


def moves_of(workflow: CompiledWorkflow) -> tuple[Move, ...]:
    """The ways into the first state, then those from state to state as the rules list them."""
    return (*_beginnings(workflow), *_moves(workflow.rule))


def _beginnings(workflow: CompiledWorkflow) -> Iterator[Move]:
    """The states that a new record may have, each with its condition where the rules say one."""
    rule = workflow.rule
    if rule.initial is not None:
        yield Move(None, rule.initial)
    elif workflow.initial_from is not None:
        for condition, value in _branches(workflow.initial_from):
            for state in _values(value, workflow.states):
                yield Move(None, state, label=_guarded("", condition))
    else:
        # An expression tells the state at any time; what no move leads to, records are in from the start.
        reached = {one.to for one in rule.transitions}
        yield from (Move(None, state) for state in workflow.states if state not in reached)


def _branches(formula: Formula) -> Iterator[tuple[str | None, Node]]:
    """The values of `a ? x : b ? y : z`, each with its condition."""
    node, condition = formula.node, None
    while isinstance(node, Conditional):
        yield formula.text[node.condition.start : node.condition.end], node.then
        node, condition = node.otherwise, _ELSE
    yield condition, node


def _values(value: Node, states: tuple[str, ...]) -> Iterable[str]:
    """The states that an expression may give, in the order of the workflow; all, where one can't be told."""
    found: set[object] = set()
    waiting = [value]
    while waiting:
        match waiting.pop():
            case Conditional(then=then, otherwise=otherwise):
                waiting += [then, otherwise]
            case Bind(body=body):
                waiting.append(body)
            case Literal(value=one):
                found.add(one)
            case _:
                return states
    return (one for one in states if one in found)


def _moves(workflow: Workflow) -> Iterator[Move]:
    """Every event with its guard, and the time after which it comes by itself."""
    timeouts = {(one.state, one.fire): one for one in workflow.timeouts}
    # Of moves with one event from one state the first whose guard holds is taken: one without is "else".
    all_guarded: dict[tuple[str, str], bool] = {}
    for move in workflow.transitions:
        for state in _left(move, workflow):
            place = (state, move.event)
            guard = move.guard.text if move.guard is not None else _ELSE if all_guarded.get(place) else None
            all_guarded[place] = move.guard is not None and all_guarded.get(place, True)
            label = _guarded(move.event, guard) + _by_itself(timeouts.get(place))
            yield Move(state, move.to, move.event, label)


def _left(move: Transition, workflow: Workflow) -> Iterator[str]:
    """The states that a transition leaves."""
    everywhere = "*" in move.from_states
    for state in workflow.states:
        if state.name in move.from_states or (everywhere and not state.final):
            yield state.name


def _guarded(event: str, guard: str | None) -> str:
    """An event with its condition, as UML writes it."""
    return event if guard is None else f"{event} [{one_line(guard)}]".strip()


def _by_itself(timeout: Timeout | None) -> str:
    return "" if timeout is None else f" (by itself after {duration(timeout.after_seconds)})"

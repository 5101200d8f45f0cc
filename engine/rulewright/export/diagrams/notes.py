"""What joins a workflow to others, as notes at its states: reactions here, and reactions elsewhere to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rulewright.compiled import CompiledResource, CompiledRules, CompiledWorkflow
from rulewright.export.diagrams.moves import Move
from rulewright.export.diagrams.wording import duration, short_name

_WRITES: Final = ("create", "update")
# A state, and a line of its note.
_Noted = tuple[str | None, str]


def notes_of(
    rules: CompiledRules, resource: CompiledResource, moves: Sequence[Move]
) -> Mapping[str, tuple[str, ...]]:
    """The lines to note at states, each line at one.

    An event that is fired from elsewhere is noted where it starts from, one that others react to where it
    leads to; what has to do with no move, at the first state.
    """
    workflow = resource.workflow
    assert workflow is not None
    noted: dict[str, dict[str, None]] = {}
    for state, line in (
        *_fired_from_elsewhere(workflow, resource.file.api, moves),
        *_fired_elsewhere(rules, resource, moves),
        *_idle_timeouts(workflow, moves),
    ):
        place = state if state is not None else next(iter(workflow.states), None)
        if place is not None:
            noted.setdefault(place, {})[line] = None
    return {state: tuple(lines) for state, lines in noted.items()}


def _fired_from_elsewhere(workflow: CompiledWorkflow, api: str, moves: Sequence[Move]) -> Iterator[_Noted]:
    for one in workflow.rule.reactions:
        start = next((move.start for move in moves if move.event == one.fire), None)
        yield start, f"{short_name(one.after_resource, api)}.{one.after_event} fires {one.fire}"


def _fired_elsewhere(
    rules: CompiledRules, resource: CompiledResource, moves: Sequence[Move]
) -> Iterator[_Noted]:
    assert resource.workflow is not None
    for event in (*_WRITES, *resource.workflow.events):
        wanted = None if event == "create" else event
        to = next((move.to for move in moves if move.event == wanted), None)
        for one in rules.reactions.get((resource.name, event), ()):
            yield to, f"{event} fires {short_name(one.resource, resource.file.api)}.{one.rule.fire}"


def _idle_timeouts(workflow: CompiledWorkflow, moves: Sequence[Move]) -> Iterator[_Noted]:
    """Those whose event moves nothing there; what others say stands at the arrow."""
    moving = {(move.start, move.event) for move in moves}
    for one in workflow.rule.timeouts:
        if (one.state, one.fire) not in moving:
            yield (
                one.state,
                f"{one.fire} fires by itself after {duration(one.after_seconds)}, and moves nothing",
            )

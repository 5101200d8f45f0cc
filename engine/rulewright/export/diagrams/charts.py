"""The workflows of resources as states and arrows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.export.diagrams.drawing import Arrow, Chart, State
from rulewright.export.diagrams.moves import Move, moves_of
from rulewright.export.diagrams.naming import identify
from rulewright.export.diagrams.notes import notes_of
from rulewright.export.diagrams.wording import one_line, only_api, short_name
from rulewright.model import State as StateRule

# The id of each state of each resource.
_Ids = Mapping[tuple[str, str], str]


def charts_of(rules: CompiledRules, names: Sequence[str]) -> tuple[Chart, ...]:
    """Draw the workflows of those of these resources that have one, with states."""
    found = [
        (name, workflow)
        for name in names
        if (workflow := rules.resources[name].workflow) is not None and workflow.states
    ]
    home = only_api([name for name, _ in found])
    alone = len(found) == 1
    states = {
        (name, state): state if alone else f"{short_name(name, home)}_{state}"
        for name, workflow in found
        for state in workflow.states
    }
    ids = identify(states, "s")
    frames = identify({name: short_name(name, home) for name, _ in found}, "workflow")
    return tuple(
        _chart(rules, rules.resources[name], ids, frames[name], short_name(name, home)) for name, _ in found
    )


def _chart(rules: CompiledRules, resource: CompiledResource, ids: _Ids, frame: str, shown: str) -> Chart:
    workflow = resource.workflow
    assert workflow is not None
    moves = moves_of(workflow)
    notes = notes_of(rules, resource, moves)
    own = {state: ids[resource.name, state] for state in workflow.states}
    states = (_state(one, own[one.name], notes.get(one.name, ())) for one in workflow.rule.states)
    return Chart(frame, shown, tuple(states), tuple(_arrows(moves, own)))


def _state(rule: StateRule, id_: str, notes: tuple[str, ...]) -> State:
    title = one_line(rule.title) if rule.title is not None else ""
    return State(id_, one_line(rule.name) or '""', title or None, rule.final, notes)


def _arrows(moves: Iterable[Move], ids: Mapping[str, str]) -> Iterator[Arrow]:
    """One arrow from one state to another, however many moves it stands for."""
    labels: dict[tuple[str | None, str], dict[str, None]] = {}
    for move in moves:
        labels.setdefault((move.start, move.to), {})[move.label] = None
    for (start, to), lines in labels.items():
        yield Arrow(None if start is None else ids[start], ids[to], tuple(filter(None, lines)))

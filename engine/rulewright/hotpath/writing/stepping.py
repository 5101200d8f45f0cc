"""The step of an event: from which state, under which guard, and what it sets (`evaluation.workflow`).

Where no transition can be taken the plain evaluator tells why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rulewright.compiled import CompiledTransition, CompiledWorkflow
from rulewright.formula import Formula
from rulewright.hotpath.writing.cells import Cells, map_of
from rulewright.hotpath.writing.expressions import Writer
from rulewright.hotpath.writing.unit import Code, NotGenerated, Unit, under


class StepWriter:
    """Writes the stages that only an event has."""

    def __init__(self, unit: Unit, cells: Cells) -> None:
        self.unit = unit
        self.cells = cells
        assert unit.resource.workflow is not None
        self.workflow: CompiledWorkflow = unit.resource.workflow

    def lines(self) -> Iterator[str]:
        """Yield the lines that take the first transition whose guard holds; `record` shows its result."""
        yield f"state = {self._state()}"
        yield "step = -1"
        for index, transition in enumerate(self.unit.transitions):
            guard = transition.guard
            holds = f"if {self.cells.writer().condition(guard)}:" if guard is not None else ""
            taken = under(holds, self._taken(index, transition))
            yield from under(f"if {'step < 0 and ' if index else ''}{self._starts(transition)}:", taken)
        yield "if step < 0: raise Decline"
        yield "s.step = step"
        yield "forget(s)"

    def _state(self) -> str:
        if self.workflow.state_from is not None:
            return self.cells.writer().valued(self.workflow.state_from).text
        return f"s.kept[{self.workflow.rule.field!r}]"

    def _starts(self, transition: CompiledTransition) -> str:
        """The test that a transition leaves the state; "*" means every one that is not final."""
        sources = transition.rule.from_states
        if "*" not in sources:
            return f"state in {sources!r}"
        return f"state not in {tuple(one.name for one in self.workflow.rule.states if one.final)!r}"

    def _taken(self, index: int, transition: CompiledTransition) -> list[str]:
        fields = self.unit.resource.fields
        values = {}
        if self.workflow.rule.field is not None:
            values[self.workflow.rule.field] = repr(transition.rule.to)
        try:
            for name, entry in transition.set.entries.items():
                values[name] = self.cells.stored(fields[name], entry)
        except NotGenerated:
            return ["raise Decline"]
        return [f"s.own = {map_of(values)}", f"step = {index}"]

    def verified(self) -> Iterator[str]:
        """Yield the lines that ask whether a state that is worked out is the one that the step leads to."""
        if self.workflow.state_from is not None:
            targets = tuple(one.rule.to for one in self.unit.transitions)
            yield f"if {self._reached(self.workflow.state_from)} != {targets!r}[s.step]: raise Decline"

    def _reached(self, formula: Formula) -> str:
        """The text of the state that the record is in by now."""
        writer = Writer(self.unit, _AsRecorded(self.cells))
        writer.names = "Layer({'current': names_of(s)['record']}, names_of(s))"
        return writer.valued(formula).text


class _AsRecorded:
    """Resolves `current` to the record as it is by now."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells

    def path(self, steps: tuple[str, ...]) -> Code | None:
        """See Resolver."""
        return self.cells.path(("record" if steps[0] == "current" else steps[0], *steps[1:]))

    def reach(self, paths: Iterable[tuple[str, ...]]) -> None:
        """See Resolver."""
        self.cells.reach(paths)

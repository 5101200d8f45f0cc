"""An event that no transition allows: why, by the evaluator's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from rulewright.evaluation.log import Site
from rulewright.evaluation.reasons import because_of
from rulewright.evaluation.workflow import take_step
from rulewright.formula import Formula
from rulewright.hotpath.runtime.refusals import Entry
from rulewright.hotpath.runtime.state import Decline, State, names_of
from rulewright.hotpath.runtime.values import truth
from rulewright.problem import Because


class _Standing:
    """What the evaluator's step asks of a run; it takes none."""

    is_event = True

    def __init__(self, state: State, entries: list[Entry]) -> None:
        self.rules, self.resource = state.link.rules, state.link.resource
        # The step asks for nothing of the inputs but the operation.
        self.inputs = self
        self.operation = state.link.operation
        self.current = cast("Mapping[str, object]", names_of(state)["current"])
        self.can_move = True
        self._names = names_of(state)
        self._entries = entries

    def attempt(self, formula: Formula, site: Site) -> object:
        return formula.value(self._names)

    def holds(self, condition: Formula, site: Site) -> bool:
        if truth(condition.value(self._names)):
            # What else the generated code was not sure of is for the evaluator.
            raise Decline
        return False

    def because(self, formula: Formula) -> Because:
        return because_of(self.resource, self.rules, formula, self._names)

    def report(self, site: Site, code: str, message: str, **said: Any) -> None:
        self._entries.append((site.place, site.problem(code, message, **said)))


def tell_step(s: State, entries: list[Entry]) -> None:
    """Keep the problem of an event that can't be taken; Decline where it could be."""
    take_step(cast(Any, _Standing(s, entries)))
    if not entries:
        raise Decline

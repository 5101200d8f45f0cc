"""The rules of a create once more, as a generated function that goes on after a problem and keeps them all.

It starts where the shape was judged: `unsound` are the fields that have an error. A rule that rests on one
of them is left out where it surely says nothing without it; else the plain evaluator decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from rulewright.evaluation.judging import applies_to
from rulewright.evaluation.log import Stage
from rulewright.hotpath.writing.cells import Cells
from rulewright.hotpath.writing.collecting.guarding import Guard
from rulewright.hotpath.writing.collecting.presence import PresenceCollector
from rulewright.hotpath.writing.collecting.record import RecordCollector
from rulewright.hotpath.writing.collecting.taken import TakenCollector
from rulewright.hotpath.writing.collecting.values import ValueCollector
from rulewright.hotpath.writing.effects import EffectWriter
from rulewright.hotpath.writing.stages import Stages
from rulewright.hotpath.writing.unit import Unit

TITLE: Final = "every problem after the shape's"
GIVEN: Final = "s, unsound, entries"


class Collector:
    """Writes `collect`."""

    def __init__(self, unit: Unit, cells: Cells, stages: Stages) -> None:
        self.unit = unit
        self.guard = Guard(unit, cells, stages)
        self.presence = PresenceCollector(self.guard)
        self.values = ValueCollector(self.guard)
        self.record = RecordCollector(self.guard)
        self.taken = TakenCollector(self.guard)

    def function(self) -> str:
        """The function's text; NotGenerated where the plain evaluator must tell every refusal."""
        after = [*self.presence.variants(), *self.values.lines(), *self.values.checks(), *self.record.lines()]
        # What conditions of presence rest on is sound still where a later one ends a part.
        self.guard.relied_on = frozenset(self.guard.rested)
        after += self.taken.lines() if self.unit.has_store else self.record.inference()
        lines = [*self.values.existence(), *self.presence.lines(), *after]
        # Fields that are missing, and those that a check refused.
        lines = [*_without_idle(["required = []", "checked = []", *lines])] or ["pass"]
        return "\n".join([f"def collect({GIVEN}):  # {TITLE}", *(f"    {line}" for line in lines), ""])

    def conclusion(self, effects: EffectWriter) -> str:
        """The function that tells of what must hold after the effects."""
        invariants = [one for one in self.unit.resource.invariants if applies_to(one, self.unit.operation)]
        if self.unit.has_store:
            # An invariant that does not hold is told by the evaluator.
            called = self.guard.stages.called
            last = [f"{one}(s)" for one in ("reactions", "invariants") if one in called]
            body = [*self.taken.concluding(effects), *last] or ["pass"]
        else:
            body = ["unsound = set()", "reread(s)"]
            for check in invariants:
                body += self.values.whole_check(check, Stage.INVARIANT)
        head = "def conclude(s, entries):  # what must hold after the effects"
        return "\n".join([head, *(f"    {line}" for line in body), ""])


def _without_idle(lines: Iterable[str]) -> Iterator[str]:
    """Leave out lists that nothing is put in or looked for in, and what is done with them."""
    kept = [*lines]
    text = "\n".join(kept)
    for line in kept:
        listed = re.fullmatch(r"(\w+) = \[\]|if \w+: unsound\.update\((\w+)\)", line)
        name = "" if listed is None else listed[1] or listed[2]
        if not name or f"{name}.append(" in text or f" in {name}" in text:
            yield line

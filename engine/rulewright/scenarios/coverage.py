"""Which outcomes of which conditions a run of scenarios has seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from msgspec import Struct

from rulewright.compiled import CompiledRules
from rulewright.evaluation import Judged
from rulewright.scenarios.conditions import Condition, Key, conditions_of

Seen = Literal["true", "false", "absent", "skipped", "undecided"]

# What every condition must have come to; `absent` (an input was not there) is reported beside them.
WANTED: Final[tuple[Seen, ...]] = ("true", "false")


@dataclass(slots=True)
class Watch:
    """A tracer that counts: condition -> what it came to -> how often."""

    seen: dict[Key, dict[Seen, int]] = field(default_factory=dict)

    def __call__(self, judged: Judged) -> None:
        """Count one judgement."""
        if judged.span is None:
            return
        counts = self.seen.setdefault((judged.rule, judged.span), {})
        counts[judged.result] = counts.get(judged.result, 0) + 1
        if any(value is None for value in judged.values.values()):
            counts["absent"] = counts.get("absent", 0) + 1


class Covered(Struct, frozen=True):
    """One condition and how often it was seen as what."""

    condition: Condition
    seen: Mapping[Seen, int]

    @property
    def missing(self) -> tuple[Seen, ...]:
        """What it was never seen as and should have been."""
        return tuple(one for one in WANTED if not self.seen.get(one))


class Coverage(Struct, frozen=True):
    """All conditions of the resources in question, in the order of their files."""

    conditions: tuple[Covered, ...]

    @property
    def wanted(self) -> int:
        """How many outcomes there are to see."""
        return len(WANTED) * len(self.conditions)

    @property
    def reached(self) -> int:
        """How many of them were seen."""
        return self.wanted - sum(len(one.missing) for one in self.conditions)

    @property
    def percent(self) -> float:
        """The share that was seen; 100 where there is nothing to see."""
        return 100.0 * self.reached / self.wanted if self.wanted else 100.0


def measure_coverage(rules: CompiledRules, resources: Iterable[str], watch: Watch) -> Coverage:
    """Compare what a watch has seen with all there is to see in these resources."""
    return Coverage(
        tuple(
            Covered(condition, watch.seen.get(condition.key, {}))
            for name in sorted(resources)
            for condition in conditions_of(rules.resources[name])
        )
    )

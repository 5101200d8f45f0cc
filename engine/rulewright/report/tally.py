"""How a batch went: every payload that was read has exactly one verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    # A warm start counts without importing these.
    from rulewright.outcome import Outcome
    from rulewright.report.entry import Entry

_MOST_RULES: Final = 1_000
# (rule, code)
Rules = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Tally:
    """Counts decisions as they pass through `counting`."""

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    undecided: int = 0
    # (rule, code) -> how many payloads it stood against.
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)

    def counting(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Let decisions through, counted."""
        for entry in entries:
            self.add(entry)
            yield entry

    def add(self, entry: Entry) -> None:
        """Count one decision."""
        outcome = entry.outcome
        verdict = outcome.verdict
        if verdict == "accepted":
            self.add_accepted(1)
        else:
            self.add_refused(verdict, self.rules_of(outcome))
        assert self.read == self.accepted + self.rejected + self.undecided, "a payload was lost"

    def add_accepted(self, count: int) -> None:
        """Count payloads that were accepted and have nothing to tell."""
        self.read += count
        self.accepted += count

    def add_refused(self, verdict: str, rules: Rules) -> None:
        """Count a payload that was not accepted, of which `rules_of` told elsewhere."""
        self.read += 1
        self.rejected += verdict == "rejected"
        self.undecided += verdict == "undecided"
        self._count(rules)

    @staticmethod
    def rules_of(outcome: Outcome) -> Rules:
        """What stood against a payload, each once, in the order of the report."""
        found = [(one.rule, one.code) for one in outcome.problems if one.severity != "info"]
        # A set's order changes from run to run.
        return tuple(dict.fromkeys(found) if len(found) > 1 else found)

    def _count(self, rules: Rules) -> None:
        counts = self.rules
        for rule in rules:
            count = counts.get(rule, 0)
            # Unknown fields give ids of the sender's own making, as many as there are payloads.
            if count or len(counts) < _MOST_RULES:
                counts[rule] = count + 1

    @property
    def refused(self) -> int:
        """How many payloads were not accepted."""
        return self.rejected + self.undecided

    def in_words(self) -> str:
        """For example `10 read: 7 accepted, 2 rejected, 1 undecided`."""
        return (
            f"{self.read:,} read: {self.accepted:,} accepted, "
            f"{self.rejected:,} rejected, {self.undecided:,} undecided"
        )

"""What running scenarios found, as data; printing is elsewhere."""

from __future__ import annotations

from msgspec import Struct

from rulewright.problem import SourceProblem, Span
from rulewright.scenarios.model import ABSENT


class Mismatch(Struct, frozen=True):
    """One thing that came out otherwise than written.

    `step` counts from 1. `path` says what differs, such as "record.household". A mismatch without
    `expected` and `actual` (both ABSENT) is an error, told by `note`.
    """

    step: int
    at: Span
    path: str
    expected: object = ABSENT
    actual: object = ABSENT
    note: str | None = None


class Result(Struct, frozen=True):
    """How one scenario went. `steps` is how many it has, `seconds` how long it took."""

    file: str
    name: str
    resource: str
    at: Span
    steps: int
    mismatches: tuple[Mismatch, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether all came out as written."""
        return not self.mismatches


class Report(Struct, frozen=True):
    """A whole run: results in the order of the files, and the mistakes in the files themselves."""

    results: tuple[Result, ...]
    problems: tuple[SourceProblem, ...] = ()
    not_run: int = 0

    @property
    def passed(self) -> int:
        """How many scenarios passed."""
        return sum(result.passed for result in self.results)

    @property
    def failed(self) -> int:
        """How many scenarios failed."""
        return len(self.results) - self.passed

    @property
    def sound(self) -> bool:
        """Whether every file could be read as it is (warnings aside)."""
        return not self.not_run and all(problem.severity != "error" for problem in self.problems)

    @property
    def summary(self) -> str:
        """The last line of every report."""
        files = {problem.span.file for problem in self.problems if problem.severity == "error"}
        parts = [f"{self.passed} passed", f"{self.failed} failed"]
        if not self.sound:
            parts += [f"{self.not_run} not run", f"mistakes in {len(files)} file{'s'[: len(files) != 1]}"]
        return ", ".join(parts)

"""The problems of one evaluation, in the order of evaluation whatever order they were found in."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from msgspec import Struct

from rulewright.problem import Because, Problem, Severity, Span, VendorError


class Stage(IntEnum):
    """The order of evaluation (design.md section 3), which is the order of reports."""

    REQUEST = 1
    SHAPE = 2
    PRESENCE = 3
    REFERENCE = 4
    WORKFLOW = 5
    CHECK = 6
    COMPUTE = 7
    INFERENCE = 8
    EFFECT = 9
    INVARIANT = 10
    RESPONSE = 11


class Site(Struct, frozen=True):
    """Where a rule applies: its id, its place in the rule file, and the part of the payload it is about."""

    rule: str
    path: str
    span: Span | None
    stage: Stage
    order: tuple[int, ...] = ()

    @property
    def place(self) -> tuple[int, ...]:
        """Where its problems stand in the order of evaluation."""
        return (int(self.stage), *self.order)

    def problem(
        self,
        code: str,
        message: str,
        *,
        severity: Severity = "error",
        because: Because | None = None,
        vendor: VendorError | None = None,
    ) -> Problem:
        """Make a problem of the rule."""
        return Problem(
            rule=self.rule,
            code=code,
            path=self.path,
            message=message,
            severity=severity,
            because=because,
            rule_at=str(self.span) if self.span is not None else None,
            vendor=vendor,
        )


class Log:
    """Collects problems. Values are pulled, so a look-up of a later stage may report early."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[Stage, tuple[int, ...], Problem]] = {}
        self._told: set[tuple[Stage, str, str, str, str]] = set()
        # Which entries are errors at a pointer, and below which pointers there were some.
        self._errors: dict[str, dict[int, Stage]] = {}
        self._below: dict[str, list[str]] = {}
        self._last: Problem | None = None
        self._silent = False

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, site: Site, problem: Problem) -> None:
        """Keep a problem, once."""
        told = (site.stage, problem.rule, problem.path, problem.code, problem.message)
        if told not in self._told:
            self._told.add(told)
            # As many as were told: none has this number.
            number = len(self._told)
            self._entries[number] = (site.stage, site.order, problem)
            if problem.severity == "error":
                self._enter(problem.path)[number] = site.stage

    def _enter(self, path: str) -> dict[int, Stage]:
        """The errors at a pointer, which those above it lead to."""
        below = path
        while below and below not in self._errors:
            self._errors[below] = {}
            above = below.rpartition("/")[0]
            self._below.setdefault(above, []).append(below)
            below = above
        return self._errors.setdefault(path, {})

    def _within(self, path: str) -> Iterator[dict[int, Stage]]:
        """The errors at a pointer and beneath."""
        waiting = [path]
        while waiting:
            place = waiting.pop()
            yield self._errors.get(place, {})
            waiting.extend(self._below.get(place, ()))

    def end(self, problem: Problem) -> None:
        """Keep the one problem that ends the evaluation; the first wins and no other is reported."""
        if self._last is None:
            self._last = problem

    def end_silently(self) -> None:
        """End the evaluation without a problem: a replay has its outcome already."""
        self._silent = True

    @property
    def ended(self) -> bool:
        """Whether the evaluation has ended early."""
        return self._last is not None or self._silent

    def is_clean(self) -> bool:
        """Whether nothing so far stands against acceptance."""
        return not self.ended and not any(
            problem.severity == "error" or problem.code == "undecided"
            for _, _, problem in self._entries.values()
        )

    def withdraw(self, path: str, stage: Stage) -> None:
        """Forget what `stage` reported at `path` and beneath: an earlier kind of problem ends a field."""
        for errors in self._within(path):
            for number in [number for number, found in errors.items() if found == stage]:
                del errors[number], self._entries[number]

    def has_error(self, path: str, stage: Stage | None = None) -> bool:
        """Whether something was found wrong at this very place (by `stage`, or by any)."""
        found = self._errors.get(path, {})
        return bool(found) if stage is None else stage in found.values()

    def has_error_within(self, path: str) -> bool:
        """Whether something was found wrong at this place, or beneath it."""
        return any(self._within(path))

    def has_error_beneath(self, path: str) -> bool:
        """Whether something was found wrong beneath this place."""
        return any(any(self._within(below)) for below in self._below.get(path, ()))

    def error_paths(self, stage: Stage) -> set[str]:
        """Return where `stage` found errors, or could not decide."""
        return {
            problem.path
            for found, _, problem in self._entries.values()
            if found == stage and (problem.severity == "error" or problem.code == "undecided")
        }

    def paths_of(self, code: str) -> set[str]:
        """Return where a code was reported."""
        return {problem.path for _, _, problem in self._entries.values() if problem.code == code}

    def problems(self) -> tuple[Problem, ...]:
        """Return all problems in the order of evaluation."""
        if self._last is not None:
            return (self._last,)
        # A stable sort: rules of one place keep the order in which they were judged.
        return tuple(entry[2] for entry in sorted(self._entries.values(), key=lambda entry: entry[:2]))


def is_within(path: str, outer: str) -> bool:
    """Whether a JSON Pointer is `outer` or points into it."""
    return path == outer or path.startswith(f"{outer}/")

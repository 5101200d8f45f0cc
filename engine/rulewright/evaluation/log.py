"""The problems of one evaluation, in the order of evaluation whatever order they were found in."""

from __future__ import annotations

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
        self._entries: list[tuple[Stage, tuple[int, ...], Problem]] = []
        self._told: set[tuple[Stage, str, str, str, str]] = set()
        # Where errors are, and where there are errors beneath.
        self._wrong: set[str] = set()
        self._wrong_within: set[str] = set()
        self._last: Problem | None = None
        self._silent = False

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, site: Site, problem: Problem) -> None:
        """Keep a problem, once."""
        told = (site.stage, problem.rule, problem.path, problem.code, problem.message)
        if told not in self._told:
            self._told.add(told)
            self._entries.append((site.stage, site.order, problem))
            self._note(problem)

    def _note(self, problem: Problem) -> None:
        if problem.severity == "error":
            path = problem.path
            self._wrong.add(path)
            while path and path not in self._wrong_within:
                self._wrong_within.add(path)
                path = path.rpartition("/")[0]

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
            problem.severity == "error" or problem.code == "undecided" for _, _, problem in self._entries
        )

    def withdraw(self, path: str, stage: Stage) -> None:
        """Forget what `stage` reported at `path` and beneath: an earlier kind of problem ends a field."""
        self._entries = [
            entry
            for entry in self._entries
            if entry[0] != stage or not is_within(entry[2].path, path) or entry[2].severity != "error"
        ]
        self._wrong.clear()
        self._wrong_within.clear()
        for _, _, problem in self._entries:
            self._note(problem)

    def has_error(self, path: str) -> bool:
        """Whether something was found wrong at this very place."""
        return path in self._wrong

    def has_error_within(self, path: str) -> bool:
        """Whether something was found wrong at this place, or beneath it."""
        return path in self._wrong_within

    def error_paths(self, stage: Stage) -> set[str]:
        """Return where `stage` found errors, or could not decide."""
        return {
            problem.path
            for found, _, problem in self._entries
            if found == stage and (problem.severity == "error" or problem.code == "undecided")
        }

    def problems(self) -> tuple[Problem, ...]:
        """Return all problems in the order of evaluation."""
        if self._last is not None:
            return (self._last,)
        # A stable sort: rules of one place keep the order in which they were judged.
        return tuple(entry[2] for entry in sorted(self._entries, key=lambda entry: entry[:2]))


def is_within(path: str, outer: str) -> bool:
    """Whether a JSON Pointer is `outer` or points into it."""
    return path == outer or path.startswith(f"{outer}/")


def escape_pointer(name: str) -> str:
    """Write a name as a reference token of a JSON Pointer (RFC 6901 section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def unescape_pointer(token: str) -> str:
    """Read a reference token of a JSON Pointer."""
    return token.replace("~1", "/").replace("~0", "~")

"""What an expression is checked against, and what the check says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rulewright.cel.functions import ALL_FUNCTIONS
from rulewright.cel.namespace import Path
from rulewright.cel.signature import Function
from rulewright.cel.values import Type

CheckCode = Literal[
    "expression-syntax",
    "unknown-name",
    "unknown-path",
    "unknown-function",
    "wrong-type",
    "wrong-arguments",
    "wrong-result",
    "not-a-condition",
    "impossible-comparison",
    "constant-condition",
    "may-be-null",
    "bad-pattern",
    "bad-literal",
    "division-by-zero",
    "duplicate-map-key",
    "too-costly",
]
"""Stable: callers and tests match on these."""


@dataclass(frozen=True, slots=True)
class CheckProblem:
    """One thing wrong with `text[start:end]`; `name` is the word that is not known, where one isn't."""

    code: CheckCode
    message: str
    start: int
    end: int
    hint: str | None = None
    severity: Literal["error", "warning"] = "error"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Declarations:
    """The names an expression may use and the type of each, and the functions it may call.

    `implies`: where the first path is not null, the others are not either. `given` are paths that can't be
    null where the expression stands, whatever their type says.
    """

    variables: Mapping[str, Type] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=lambda: ALL_FUNCTIONS)
    implies: Mapping[Path, tuple[Path, ...]] = field(default_factory=dict)
    given: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True)
class Expected:
    """What an expression should give: a value of one of these types, for `what` ("the field age")."""

    types: tuple[Type, ...]
    what: str = "this place"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found out: the type that was deduced, and the problems in the order of the text."""

    type: Type
    problems: tuple[CheckProblem, ...] = ()

    @property
    def errors(self) -> tuple[CheckProblem, ...]:
        """The problems that are no warnings."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

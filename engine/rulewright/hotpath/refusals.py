"""What generated functions call to tell a refusal: each rule's problem, made once, or with what was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rulewright.evaluation.log import Stage
from rulewright.evaluation.masking import MASK, because_of, to_json
from rulewright.evaluation.views import Layer
from rulewright.formula import Valued
from rulewright.hotpath.state import State, decoded, names_of
from rulewright.problem import Because, Problem

Entry = tuple[Stage, tuple[int, ...], Problem]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule's problem, but for what the rule read (`formula`). `top`: the field it is about."""

    stage: Stage
    order: tuple[int, ...]
    problem: Problem
    formula: Valued | None = None
    top: str = ""


def _explained(problem: Problem, because: Because) -> Problem:
    """The problem with what its rule read; `dataclasses.replace` takes three times as long."""
    return Problem(
        problem.rule,
        problem.code,
        problem.path,
        problem.message,
        problem.severity,
        because,
        problem.rule_at,
        vendor=problem.vendor,
    )


class Found:
    """The problems of one payload, and the fields that no later rule may rely on."""

    __slots__ = ("checked", "entries", "required", "unsound")

    def __init__(self, unsound: set[str], entries: list[Entry]) -> None:
        self.unsound = unsound
        self.entries = entries
        # Fields that are missing, and fields that a check refused.
        self.required: set[str] = set()
        self.checked: set[str] = set()

    def note(self, s: State, refusal: Refusal, names: Mapping[str, object] | None = None) -> None:
        """Keep a problem, with what the rule read."""
        problem = refusal.problem
        if refusal.formula is not None:
            link = s.link
            because = because_of(link.resource, link.rules, refusal.formula, names or names_of(s))
            problem = _explained(problem, because)
        entry = (refusal.stage, refusal.order, problem)
        if entry not in self.entries:
            self.entries.append(entry)

    def end(self, refusal: Refusal) -> None:
        """Let no later rule rely on the field, if the problem is an error."""
        if refusal.problem.severity == "error" and refusal.top:
            self.unsound.add(refusal.top)

    def refuse(self, s: State, refusal: Refusal) -> None:
        """Keep a problem of a field that it ends."""
        self.note(s, refusal)
        self.end(refusal)
        self.required.add(refusal.top)

    def note_value(self, s: State, refusal: Refusal, field: Any, stored: object, sensitive: bool) -> None:
        """Keep the problem of a check on a value."""
        self.note(s, refusal, Layer({"value": decoded(field, stored)}, names_of(s), sensitive=sensitive))
        if refusal.problem.severity == "error":
            self.checked.add(refusal.top)

    def dangling(self, s: State, refusal: Refusal, label: str, value: object, sensitive: bool) -> None:
        """Keep the problem of a reference that names nothing."""
        link = s.link
        assert refusal.formula is not None
        read = because_of(link.resource, link.rules, refusal.formula, names_of(s))
        shown = MASK if sensitive else to_json(value)
        because = Because(None, {f"payload.{label}": shown, **read.values})
        self.entries.append((refusal.stage, refusal.order, _explained(refusal.problem, because)))

    @property
    def has_errors(self) -> bool:
        """Whether a problem refuses the payload."""
        return any(entry[2].severity == "error" for entry in self.entries)

    def problems(self) -> tuple[Problem, ...]:
        """The problems in the order of evaluation."""
        return tuple(entry[2] for entry in sorted(self.entries, key=lambda entry: entry[:2]))

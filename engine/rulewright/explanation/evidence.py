"""What an evaluation left behind, asked by rule and place: judgements, problems, and why there is neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rulewright.evaluation import Judged
from rulewright.evaluation.log import is_within
from rulewright.evaluation.run import Run
from rulewright.explanation.model import Ruling, Status
from rulewright.formula import OWN_ROOTS, Formula, Path
from rulewright.outcome import Outcome
from rulewright.pointers import escape_pointer, pointer_to
from rulewright.problem import Problem, Span

_STATUS: Mapping[str, Status] = {"true": "held", "false": "failed"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One evaluation that is over, and what its tracer was told."""

    run: Run
    outcome: Outcome
    judged: tuple[Judged, ...]
    _by_place: dict[tuple[str, str, Span | None], Judged] = field(
        default_factory=dict, init=False, repr=False
    )

    def __post_init__(self) -> None:
        for one in self.judged:
            self._by_place[one.rule, one.path, one.span] = one

    def judgement(self, rule: str, path: str, formula: Formula) -> Judged | None:
        """What a condition came to at a place."""
        return self._by_place.get((rule, path, formula.span))

    def problem(self, rule: str, path: str) -> Problem | None:
        """The problem that a rule reported at a place."""
        return next((one for one in self.outcome.problems if one.rule == rule and one.path == path), None)

    def error_within(self, path: str) -> Problem | None:
        """An error at a place, or at what holds it."""
        return next(
            (
                one
                for one in self.outcome.problems
                if one.severity == "error" and one.path and is_within(path, one.path)
            ),
            None,
        )

    @property
    def ended(self) -> str | None:
        """Why the evaluation ended before the rules were judged, if it did."""
        return self.outcome.problems[0].message if self.run.log.ended and self.outcome.problems else None

    def status_of_check(self, judged: Judged) -> Status:
        """What a condition that must hold came to."""
        if judged.result in _STATUS:
            return _STATUS[judged.result]
        return "undecided" if judged.result == "undecided" else "skipped"

    def unsound_behind(self, formula: Formula) -> str:
        """Say which problem a skipped rule would rest on."""
        for path in self.pointers(formula.reads):
            problem = self.error_within(path) or self._error_below(path)
            if problem is not None:
                return f"rests on {problem.path}, which has a problem of its own"
        return "rests on something that has a problem of its own"

    def _error_below(self, path: str) -> Problem | None:
        errors = (one for one in self.outcome.problems if one.severity == "error")
        return next((one for one in errors if one.path.startswith(f"{path}/")), None)

    def pointers(self, reads: Iterable[Path], seen: frozenset[str] = frozenset()) -> list[str]:
        """The payload's places behind the names that an expression reads."""
        found: list[str] = []
        for root, *steps in reads:
            resource = self.run.resource
            if root in OWN_ROOTS and steps:
                found.append(pointer_to(steps))
            elif root in resource.lookups and root not in seen:
                found += self.pointers(resource.lookups[root].by.reads, seen | {root})
            elif root in resource.bound_references:
                found.append(f"/{escape_pointer(resource.bound_references[root].name)}")
        return found


def ruling(
    evidence: Evidence, rule: str, keyword: str, path: str, formula: Formula, at: Span, missing: str
) -> Ruling:
    """What a condition that must hold came to; `missing` says why it was not judged."""
    judged = evidence.judgement(rule, path, formula)
    problem = evidence.problem(rule, path)
    text = " ".join(formula.text.split())
    if judged is None:
        status: Status = "skipped" if problem is None else "failed"
        reason = evidence.ended or missing if problem is None else problem.message
        return Ruling(rule=rule, keyword=keyword, status=status, text=text, path=path, why=reason, at=str(at))
    status = evidence.status_of_check(judged)
    why = problem.message if problem is not None else None
    if status == "skipped":
        why = evidence.unsound_behind(formula)
    return Ruling(
        rule=rule,
        keyword=keyword,
        status=status,
        text=text,
        path=path,
        why=why,
        values=judged.values,
        at=str(at),
        parts=judged.parts,
    )

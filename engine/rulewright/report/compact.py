"""For pipes and editors: one line a problem, and in a plan one line a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rulewright.report.changes import changes_in_words
from rulewright.report.most import most_of, rest_of
from rulewright.report.text import shortened, show_text

if TYPE_CHECKING:
    # A warm start reports without importing these.
    from collections.abc import Iterable, Iterator

    from rulewright.outcome import Outcome
    from rulewright.problem import Problem
    from rulewright.report.entry import Entry


def report_compact(entries: Iterable[Entry]) -> Iterator[str]:
    """`file:line:col: severity[code] path: message (rule)`, and `file:line:col: accepted: change`."""
    for entry in entries:
        yield from lines_of(entry.outcome, entry.at)


def lines_of(outcome: Outcome, at: str) -> Iterator[str]:
    """The lines of one outcome, whose payload starts at `at`."""
    for problem in most_of(outcome.problems):
        yield f"{_line(problem, at)}\n"
    if rest := rest_of(outcome.problems):
        yield f"{show_text(at)}: {outcome.verdict}: {rest}\n"
    if outcome.verdict == "rejected" and not outcome.replayed:
        # Nothing changes.
        return
    for change in changes_in_words(outcome):
        yield f"{show_text(at)}: {outcome.verdict}: {change}\n"


def _line(problem: Problem, at: str) -> str:
    path = f" {shortened(problem.path)}" if problem.path else ""
    fix = f"; fix: {problem.fix}" if problem.fix is not None else ""
    return show_text(
        f"{problem.payload_at or at}: {problem.severity}[{problem.code}]{path}: "
        f"{problem.message} ({shortened(problem.rule)}){fix}"
    )

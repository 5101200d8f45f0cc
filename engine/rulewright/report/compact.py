"""For pipes and editors: one line a problem, and in a plan one line a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rulewright.problem import Problem
from rulewright.report.changes import changes_in_words
from rulewright.report.entry import Entry
from rulewright.report.text import shortened, show_text


def report_compact(entries: Iterable[Entry]) -> Iterator[str]:
    """`file:line:col: severity[code] path: message (rule)`, and `file:line:col: accepted: change`."""
    for entry in entries:
        for problem in entry.outcome.problems:
            yield f"{_line(problem, entry.at)}\n"
        for change in changes_in_words(entry.outcome):
            yield f"{show_text(entry.at)}: {entry.outcome.verdict}: {change}\n"


def _line(problem: Problem, at: str) -> str:
    path = f" {shortened(problem.path)}" if problem.path else ""
    return show_text(
        f"{problem.payload_at or at}: {problem.severity}[{problem.code}]{path}: "
        f"{problem.message} ({shortened(problem.rule)})"
    )

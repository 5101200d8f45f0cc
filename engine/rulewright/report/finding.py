"""What machines are told of a problem, be it of a payload or of a rule file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from rulewright.inputs.table_place import column_index
from rulewright.problem import Problem, Severity, SourceProblem
from rulewright.report.text import shortened

if TYPE_CHECKING:
    from rulewright.report.entry import Entry

# A cell of book.xlsx:Sheet!B7, or of cases.csv:B7.
_CELL: Final = re.compile(r"(?:(.*\.xlsx):.*!|(.*):)([A-Z]{1,3})([0-9]+)\Z", re.DOTALL)


class Finding(Struct, frozen=True):
    """One problem at one place; a rule's id, and a path in the message, that hold a very long key are cut.

    `related` is where the rule stands, as file:line:column.
    """

    file: str
    line: int
    column: int
    level: Severity
    code: str
    rule: str
    message: str
    related: str | None = None


def findings_of(entry: Entry) -> Iterator[Finding]:
    """The problems of one payload."""
    for problem in entry.outcome.problems:
        file, line, column = split_place(problem.payload_at or entry.at)
        rule = shortened(problem.rule)
        yield Finding(
            file, line, column, level_of(problem), problem.code, rule, _told(problem), problem.rule_at
        )


def finding_of(problem: SourceProblem) -> Finding:
    """A problem of a rule file."""
    span = problem.span
    hint = f" ({problem.hint})" if problem.hint else ""
    return Finding(
        span.file,
        span.line,
        span.column,
        problem.severity,
        problem.code,
        problem.code,
        problem.message + hint,
    )


def level_of(problem: Problem) -> Severity:
    """An undecided payload is not accepted, so machines take it for an error."""
    return "error" if problem.code == "undecided" else problem.severity


def split_place(place: str) -> tuple[str, int, int]:
    """Split file:line:column, where the file may hold colons itself; of cases.csv:B7, 7 and 2."""
    if (cell := _CELL.match(place)) is not None:
        return cell[1] or cell[2], int(cell[4]), column_index(cell[3]) + 1
    file, _, rest = place.rpartition(":")
    file, _, line = file.rpartition(":")
    if file and line.isdecimal() and rest.isdecimal():
        return file, int(line), int(rest)
    return place, 1, 1


def _told(problem: Problem) -> str:
    path = f"{shortened(problem.path)}: " if problem.path else ""
    fix = f"; fix: {problem.fix}" if problem.fix is not None else ""
    return f"{path}{problem.message}{fix}"

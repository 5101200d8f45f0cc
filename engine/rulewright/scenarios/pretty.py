"""A report for people: what failed, expected beside actual, and the mistakes in the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from msgspec import Struct

from rulewright.report.text import dump_json, show_text
from rulewright.scenarios.model import ABSENT
from rulewright.scenarios.results import Mismatch, Report, Result
from rulewright.source_text import Part, render_problems

# Longer values are cut: the difference is in the path and at the start, the rest is in --format json.
_LONGEST: Final = 400
_BESIDE: Final = 100
_CODES: Final = {"red": "31", "green": "32", "yellow": "33", "bold": "1", "dim": "2"}
_PARTS: Final[Mapping[Part, str]] = {"error": "red", "warning": "yellow", "caret": "bold", "hint": "dim"}


class Paint(Struct, frozen=True):
    """Colours a text, where colour was asked for."""

    on: bool

    def __call__(self, text: str, colour: str) -> str:
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self.on else text

    def part(self, text: str, part: Part) -> str:
        """The look of a part of a problem, as `render_problems` asks for it."""
        return self(text, _PARTS[part]) if part in _PARTS else text


def render(report: Report, *, colour: bool = False) -> Iterator[str]:
    """Yield the lines of a report; the last one is `N passed, M failed`."""
    paint = Paint(colour)
    for file, group in groupby(report.results, key=lambda result: result.file):
        yield from _file(file, list(group), paint)
    if report.problems:
        yield render_problems(report.problems, style=paint.part)
    yield paint(report.summary, "green" if report.sound and not report.failed else "red")


def _file(file: str, results: list[Result], paint: Paint) -> Iterator[str]:
    failed = [result for result in results if not result.passed]
    counts = f"{len(results) - len(failed)} passed" + (f", {len(failed)} failed" if failed else "")
    yield f"{file}  {paint(counts, 'red' if failed else 'green')}"
    for result in failed:
        yield ""
        yield from render_failure(result, paint)
    if failed:
        yield ""


def render_failure(result: Result, paint: Paint) -> Iterator[str]:
    """Yield the lines on one failed scenario."""
    yield f"{paint('FAILED', 'red')} {result.at}  {paint(show_text(result.name), 'bold')}"
    for step, group in groupby(result.mismatches, key=lambda mismatch: mismatch.step):
        found = list(group)
        if result.steps > 1:
            yield f"  step {step} of {result.steps}, line {found[0].at.line}"
        for mismatch in found:
            yield from _mismatch(mismatch, paint)


def _mismatch(mismatch: Mismatch, paint: Paint) -> Iterator[str]:
    path = show_text(mismatch.path)
    notes = [show_text(line) for line in (mismatch.note or "").splitlines()]
    if mismatch.expected is ABSENT and mismatch.actual is ABSENT:
        yield f"    {path}: {'; '.join(notes)}"
        return
    expected = f"expected {paint(shown(mismatch.expected), 'green')}"
    actual = f"actual {paint(shown(mismatch.actual), 'red')}"
    if len(path) + len(expected) + len(actual) <= _BESIDE:
        yield f"    {path}: {expected}, {actual}"
    else:
        yield f"    {path}:"
        yield f"        {expected}"
        yield f"        {'  ' + actual}"
    for note in notes:
        yield f"        {paint(note, 'dim')}"


def in_one_line(mismatch: Mismatch) -> str:
    """A mismatch as one line of plain text, its notes behind it."""
    notes = "; ".join((mismatch.note or "").splitlines())
    if mismatch.expected is ABSENT and mismatch.actual is ABSENT:
        return f"{mismatch.path}: {notes}"
    told = f"{mismatch.path}: expected {shown(mismatch.expected)}, actual {shown(mismatch.actual)}"
    return f"{told}; {notes}" if notes else told


def shown(value: object) -> str:
    """A value in one line, as JSON: '5' and 5 must not look alike."""
    if value is ABSENT:
        return "(not there)"
    text = show_text(dump_json(value))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."

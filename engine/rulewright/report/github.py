"""Workflow commands of GitHub Actions: each problem shows beside its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from rulewright.report.finding import Finding, findings_of
from rulewright.report.text import show_lines

if TYPE_CHECKING:
    from rulewright.report.entry import Entry

_LEVELS: Final = {"error": "error", "warning": "warning", "info": "notice"}


def report_github(entries: Iterable[Entry]) -> Iterator[str]:
    """One command a problem."""
    for entry in entries:
        yield from map(github_line, findings_of(entry))


def github_line(finding: Finding) -> str:
    """One workflow command; github.com/actions/toolkit, `command.ts`, says what is escaped."""
    place = f"file={_property(finding.file)},line={finding.line},col={finding.column}"
    title = _property(f"{finding.code} ({finding.rule})")
    return f"::{_LEVELS[finding.level]} {place},title={title}::{_data(finding.message)}\n"


def _data(text: str) -> str:
    return show_lines(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

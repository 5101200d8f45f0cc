"""A file's text with its line starts: from a character's index to its line and column."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from rulewright.problem import Severity, SourceProblem, Span

_BREAK = re.compile(r"\r\n|\n|\r")
# Longer lines are cut in a report: nobody reads them, and a file may be one line of megabytes.
_SNIPPET_LENGTH = 500


class SourceText:
    """The text of one file. `file` is how reports name it."""

    __slots__ = ("_starts", "file", "text")

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self._starts: Sequence[int] = (0, *(found.end() for found in _BREAK.finditer(text)))

    def position(self, index: int) -> tuple[int, int]:
        """The line and column, both from 1, of the character at `index`."""
        line = bisect_right(self._starts, index)
        return line, index - self._starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The stretch from `start` up to, not including, `end`."""
        line, column = self.position(start)
        end_line, end_column = self.position(max(start, end))
        return Span(self.file, line, column, end_line, end_column)

    def line(self, number: int) -> str:
        """Line `number` (from 1) without its line break."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start : min(end, start + _SNIPPET_LENGTH)].rstrip("\r\n")

    def line_end(self, index: int) -> int:
        """The index where the line that holds `index` ends, before its line break."""
        found = _BREAK.search(self.text, index)
        return found.start() if found else len(self.text)

    def index_at(self, line: int, column: int) -> int:
        """The index of a 1-based line and column, kept inside the text."""
        start = self._starts[min(max(line, 1), len(self._starts)) - 1]
        return min(start + column - 1, len(self.text))

    def problem(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        hint: str | None = None,
        severity: Severity = "error",
    ) -> SourceProblem:
        """A problem of this file, with the line it stands on."""
        return SourceProblem(code, message, span, self.line(span.line), hint, severity)

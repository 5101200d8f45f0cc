"""Problems of files as text: where, what, the line with a caret under the offending text, a hint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from rulewright.problem import SourceProblem

Part = Literal["place", "error", "warning", "info", "message", "snippet", "caret", "hint"]
# Gives a part of the report its look, for example with colours; it must keep the text.
Style = Callable[[str, Part], str]

_WIDTH = 100


def plain(text: str, part: Part) -> str:
    """The style that changes nothing."""
    return text


def render_problems(problems: Iterable[SourceProblem], style: Style = plain) -> str:
    """All problems, an empty line between them; empty text where there are none."""
    return "\n".join(render_problem(problem, style) for problem in problems)


def render_problem(problem: SourceProblem, style: Style = plain) -> str:
    """One problem, each line ended."""
    label = style(f"{problem.severity}[{problem.code}]", problem.severity)
    lines = [f"{style(str(problem.span), 'place')}: {label}: {style(problem.message, 'message')}"]
    lines += underlined(problem, style)
    if problem.hint:
        lines.append(f"  {style('hint: ' + problem.hint, 'hint')}")
    return "\n".join(lines) + "\n"


def underlined(problem: SourceProblem, style: Style = plain) -> list[str]:
    """The line of a problem and the carets below it; nothing where the line is empty."""
    if not problem.snippet.strip():
        return []
    shown, caret = _underlined(problem)
    return [f"  {style(shown, 'snippet')}", f"  {style(caret, 'caret')}"]


def _underlined(problem: SourceProblem) -> tuple[str, str]:
    """The line and the carets below it; of a long line only what is around the place."""
    span, line = problem.span, problem.snippet.rstrip()
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    cut = max(0, start - _WIDTH // 2) if len(line) > _WIDTH else 0
    shown = line[cut : cut + _WIDTH]
    # A tab stays a tab in both lines, so that the caret stands right whatever its width.
    before = "".join("\t" if character == "\t" else " " for character in line[cut:start])
    length = max(1, min(end, cut + _WIDTH, max(len(line), start + 1)) - start)
    return shown, before + "^" * length

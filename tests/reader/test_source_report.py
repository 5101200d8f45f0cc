"""Problems of files as text."""

from __future__ import annotations

import pickle

from rulewright.errors import RuleFileError
from rulewright.problem import SourceProblem, Span
from rulewright.source_text import Part, render_problem, render_problems


def problem(column: int, end: int, snippet: str, hint: str | None = None) -> SourceProblem:
    return SourceProblem("tag", "a message", Span("f.yaml", 3, column, 3, end), snippet, hint)


def test_caret_under_the_text() -> None:
    """Place, code and message, the line with carets, the hint."""
    expected = "f.yaml:3:4: error[tag]: a message\n  a: !has(x)\n     ^^^^^^^\n  hint: quote it\n"

    assert render_problem(problem(4, 11, "a: !has(x)", "quote it")) == expected


def test_tabs_keep_the_caret_in_place() -> None:
    """A tab before the place is a tab in the line of carets too."""
    assert render_problem(problem(3, 4, "a\tb")).splitlines()[1:] == ["  a\tb", "   \t^"]


def test_long_lines_are_cut_around_the_place() -> None:
    """Of a long line only the neighbourhood is shown, with the caret still in place."""
    _, shown, caret = render_problem(problem(201, 202, "a" * 200 + "b" + "c" * 200)).splitlines()

    assert len(shown) <= 102
    assert shown[caret.index("^")] == "b"


def test_style_may_colour_every_part() -> None:
    """The style callback sees each part by its name."""

    def tagged(text: str, part: Part) -> str:
        return f"<{part}>{text}</{part}>"

    report = render_problem(problem(1, 2, "a", "b"), tagged)

    for part in ("place", "error", "message", "snippet", "caret", "hint"):
        assert f"<{part}>" in report


def test_no_problems_no_text() -> None:
    """Nothing to say is said with nothing; several are apart by an empty line."""
    assert render_problems([]) == ""
    assert render_problems([problem(1, 2, "")] * 2).count("\n\n") == 1


def test_the_error_tells_all() -> None:
    """The text of a RuleFileError is every mistake with its caret and hint, also after pickling."""
    error = RuleFileError([problem(1, 2, "a", "write b"), problem(3, 4, "a: c")])

    assert str(error) == render_problems(error.problems).rstrip()
    assert str(pickle.loads(pickle.dumps(error))) == str(error)

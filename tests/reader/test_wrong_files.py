"""Wrong rule files: the report of each is beside it. RULEWRIGHT_UPDATE_GOLDEN=1 writes the reports anew."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import pytest
from reader_cases import WRONG, case_names, lay_out, problems_of

from rulewright.checks import pages
from rulewright.problem import SourceProblem
from rulewright.source_text import render_problems

Wrong = tuple[str, tuple[SourceProblem, ...]]
# A problem's code in a report.
_TOLD: Final = re.compile(r"(?:error|warning|info)\[([a-z0-9-]+)\]")


@pytest.fixture(params=case_names(), scope="module")
def wrong(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Wrong:
    """A case and its problems, read once for all that is asked of it."""
    folder = lay_out(request.param, tmp_path_factory.mktemp("wrong"))
    return request.param, problems_of(folder)


def test_report(wrong: Wrong) -> None:
    """Each wrong file gives exactly its report."""
    name, problems = wrong
    golden = WRONG / f"{name}.report"

    report = render_problems(problems)

    if os.environ.get("RULEWRIGHT_UPDATE_GOLDEN"):
        golden.write_text(report, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == report


def test_every_problem_has_a_place_and_a_page(wrong: Wrong) -> None:
    """No problem is without a user page, nor (but for what is no text) without the line it is about."""
    _, problems = wrong

    assert problems
    assert {problem.code for problem in problems} <= set(pages())
    assert all(problem.span.line >= 1 and problem.span.column >= 1 for problem in problems)


def test_every_code_has_a_case() -> None:
    """A code without a golden case is a promise that nobody has seen kept."""
    # A file that may not be opened needs rights that the tests may have; too-large has its own test, and so
    # has a place without an inference backend.
    expected = set(pages()) - {"unreadable-file", "no-inference"}

    reports = [(WRONG / f"{name}.report").read_text(encoding="utf-8") for name in case_names()]
    seen = {code for report in reports for code in _TOLD.findall(report)}

    assert expected <= seen


def test_every_page_starts_with_its_code() -> None:
    """`rulewright explain CODE` shows the page under the code's own name."""
    assert all(page.startswith(f"{code}: ") for code, page in pages().items())


def test_all_problems_in_one_run(tmp_path: Path) -> None:
    """Problems of several files come together, by file and line."""
    for name, text in (("a", "fields: 5"), ("b", "key: [")):
        (tmp_path / "shop").mkdir(exist_ok=True)
        (tmp_path / "shop" / f"{name}.yaml").write_text(text)

    problems = problems_of(tmp_path)

    assert {"shop/a.yaml", "shop/b.yaml"} == {problem.span.file for problem in problems}
    assert sorted(problem.span for problem in problems) == [problem.span for problem in problems]


def test_missing_folder(tmp_path: Path) -> None:
    """A path that isn't there is a problem of its own."""
    assert [problem.code for problem in problems_of(tmp_path / "nowhere")] == ["unreadable-file"]

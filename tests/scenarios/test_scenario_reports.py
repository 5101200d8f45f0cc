"""Scenario files and the report of each beside it. RULEWRIGHT_UPDATE_GOLDEN=1 writes the reports anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from rulewright import Program
from rulewright.cli.rule_files.scenario_run import examine
from rulewright.scenarios.junit import render_junit
from rulewright.scenarios.pretty import render

CASES = Path(__file__).parent / "cases"
FILES = sorted(path.name.removesuffix(".test.yaml") for path in CASES.glob("*.test.yaml"))


@pytest.mark.parametrize("name", FILES)
def test_a_file_gives_its_report(name: str, shop: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every mismatch and every mistake is told, with its place, and nothing else is."""
    monkeypatch.chdir(CASES)
    report = "".join(f"{line}\n" for line in render(examine(shop, [Path(f"{name}.test.yaml")]).report))
    golden = CASES / f"{name}.report"

    if os.environ.get("RULEWRIGHT_UPDATE_GOLDEN"):
        golden.write_text(report, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == report


def test_no_report_is_left_over() -> None:
    """A report without its file would prove nothing."""
    assert sorted(path.stem for path in CASES.glob("*.report")) == FILES


def test_every_kind_of_mistake_has_a_case() -> None:
    """A code that no golden report shows is a promise that nobody has seen kept."""
    package = Path(examine.__code__.co_filename).parents[1] / "scenarios"
    text = "".join(path.read_text(encoding="utf-8") for path in package.glob("*.py"))
    codes = set(re.findall(r'"((?:wrong|unknown|missing|duplicate)-[a-z]+)"', text))
    shown = "".join(path.read_text(encoding="utf-8") for path in CASES.glob("*.report"))

    assert codes - set(re.findall(r"\[([a-z-]+)\]", shown)) == set()


def test_no_name_of_a_scenario_steers_a_terminal(shop: Program, tmp_path: Path) -> None:
    """JUnit XML had it as it stood, or without what XML can't hold."""
    (tmp_path / "a.test.yaml").write_text(
        'resource: shop/order\nscenarios:\n  - {name: "red \\e[31m \\u009b31m\\n::error::x",'
        " payload: {}, expect: {verdict: accepted}}\n"
    )

    report = render_junit(examine(shop, [tmp_path / "a.test.yaml"]).report)

    assert 'name="red \\u001b[31m \\u009b31m\\u000a::error::x"' in report


def test_a_sensitive_value_is_in_no_report(shop: Program) -> None:
    """The values in the failing file's `card` fields are not even shown where they differ."""
    report = "".join(render(examine(shop, [CASES / "failing.test.yaml"]).report))

    assert "***" in report
    assert not re.search("4111|5500", report)

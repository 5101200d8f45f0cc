"""`rulewright test` as it is called."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from rulewright.cli.commands.test import command

HERE = Path(__file__).parent
CASES = HERE / "cases"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(command, ["--rules", str(HERE / "rules"), *map(str, arguments)])


@pytest.mark.parametrize(
    ("name", "status", "summary"),
    [
        ("passing", 0, "6 passed, 0 failed"),
        ("failing", 1, "0 passed, 14 failed"),
        ("wrong_names", 2, "2 passed, 0 failed, 7 not run, mistakes in 1 file"),
        ("no_yaml", 2, "0 passed, 0 failed, 0 not run, mistakes in 1 file"),
    ],
)
def test_the_exit_status_and_the_last_line_sum_up(name: str, status: int, summary: str) -> None:
    """0 all passed, 1 some failed, 2 files with mistakes."""
    result = call(CASES / f"{name}.test.yaml")

    assert (result.exit_code, result.stdout.splitlines()[-1]) == (status, summary)


def test_a_folder_stands_for_all_scenario_files_below() -> None:
    """Other files are left alone; the sum is over all of them."""
    assert call(CASES).stdout.splitlines()[-1] == "8 passed, 14 failed, 33 not run, mistakes in 7 files"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("several steps", ["several steps"]),
        ("NOBODY or several", ["nobody calls", "several steps"]),
        ("shop/order and not (step or infos or future)", ["nobody calls", "settings switch rules"]),
    ],
)
def test_k_selects_by_words(words: str, names: list[str]) -> None:
    """Words side by side are one phrase; case does not matter."""
    result = call(CASES / "passing.test.yaml", "-k", words, "--format", "jsonl")

    assert [json.loads(line)["name"] for line in result.stdout.splitlines()] == names


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.test.yaml",), "there is no such file or folder"),
        ((HERE / "rules",), "there are no scenario files here"),
        ((HERE / "rules" / "shop" / "order.yaml",), "this is a rule file, which rulewright check reads"),
        ((CASES, "-k", "(a"), "a ) is missing"),
        ((CASES, "-k", "a and"), "a word of a scenario's name is missing"),
        ((CASES, "-k", "a ) b"), ") stands where nothing can"),
        ((CASES, "-k", "does not take"), "give the words before or after it"),
        ((CASES / "passing.test.yaml", "-k", "zzz"), "no scenario matches"),
    ],
)
def test_wrong_usage_is_said(arguments: tuple[object, ...], said: str) -> None:
    """Exit status 2, never a traceback."""
    result = call(*arguments)

    assert result.exit_code == 2
    assert said in result.stderr


def test_json_holds_expected_and_actual() -> None:
    """A side that isn't there is left out, since null is a value."""
    result = call(CASES / "failing.test.yaml", "-k", "another record", "--format", "json")
    report = json.loads(result.stdout)

    assert (report["passed"], report["failed"], report["not_run"]) == (0, 1, 0)
    assert report["scenarios"][0]["mismatches"][0] == {
        "step": 1,
        "line": 26,
        "path": "record.lines",
        "expected": ["pen"],
        "actual": ["pen", "ink"],
    }
    assert result.stderr == "0 passed, 1 failed\n"


def test_junit_is_xml_with_a_case_for_each_scenario() -> None:
    """Failures and mistakes in files are told apart, as CI servers do."""
    root = ElementTree.fromstring(call(CASES, "--format", "junit").stdout)

    assert (root.get("failures"), root.get("errors")) == ("14", str(len(root.findall(".//error"))))
    assert len(root.findall(".//testcase")) == int(root.get("tests", ""))
    assert len(root.findall(".//failure")) == 14


def test_github_shows_each_mismatch_at_its_line() -> None:
    """Mistakes in files, too; the counts are on stderr."""
    result = call(CASES / "failing.test.yaml", "-k", "another record", "--format", "github")

    place = f"file={CASES / 'failing.test.yaml'},line=26,col="
    told = 'another record%3A record.lines%3A expected ["pen"], actual ["pen", "ink"]'
    line, *_ = result.stdout.splitlines()
    assert line.startswith(f"::error {place}")
    assert line.replace(":", "%3A").endswith(told)
    assert (result.exit_code, result.stderr) == (1, "0 passed, 1 failed\n")


def test_sarif_holds_mismatches_and_mistakes() -> None:
    """As many as JSON tells."""
    report, found = (json.loads(call(CASES, "--format", form).stdout) for form in ("json", "sarif"))

    mismatches = sum(len(one["mismatches"]) for one in report["scenarios"])
    assert len(found["runs"][0]["results"]) == mismatches + len(report["problems"])
    assert mismatches


def test_junit_survives_what_xml_cannot_hold(tmp_path: Path) -> None:
    """A control character in a name must not spoil the file for the CI server."""
    file = tmp_path / "odd.test.yaml"
    file.write_text(
        "resource: shop/customer\nactor: {clerk: kim}\n"
        'scenarios: [{name: "bell \\a", payload: {name: "\\u001b[31m"}, expect: {verdict: rejected}}]\n'
    )
    root = ElementTree.fromstring(call(file, "--format", "junit").stdout)

    assert root.find(".//testcase").get("name") == "bell \\u0007"  # type: ignore[union-attr]


def test_colours_only_where_told() -> None:
    """What goes into a file or a pipe stays plain."""
    failing = CASES / "failing.test.yaml"

    assert "\x1b[" not in call(failing).stdout
    assert "\x1b[31mFAILED\x1b[0m" in call(failing, "--color", "always").stdout


def test_wrong_rule_files_are_the_rule_files_fault(tmp_path: Path) -> None:
    """They end the command before any scenario is looked at."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "order.yaml").write_text("rulewright: 1\nresource: shop/order\n")
    result = CliRunner().invoke(command, ["--rules", str(tmp_path), str(CASES)])

    assert result.exit_code != 0
    assert not result.stdout


def test_a_rule_file_stands_for_the_folder_it_is_in() -> None:
    """`--rules FILE` reads its neighbours too; the scenario files are then looked for beside it."""
    result = CliRunner().invoke(command, ["--rules", str(HERE / "rules" / "shop" / "order.yaml")])

    assert result.exit_code == 2
    assert "there are no scenario files here" in result.stderr

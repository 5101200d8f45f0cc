"""The conformance suite of google/cel-spec, where it is at hand."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rulewright.cel.conformance import command, main, run_case, run_file

DATA = Path(
    os.environ.get(
        "RULEWRIGHT_CEL_CONFORMANCE",
        Path(__file__).resolve().parents[3] / "shared" / "conformance" / "cel.json",
    )
)
CASE = {
    "file": "basic",
    "section": "sums",
    "name": "one_and_one",
    "expr": "1 + 1",
    "tier": "core",
    "container": "",
    "disable_check": False,
    "disable_macros": False,
    "check_only": False,
    "type_env": {},
    "bindings": {},
    "expect": {"value": {"t": "int", "v": "2"}},
}


@pytest.mark.skipif(
    not DATA.exists(),
    reason="the suite is not part of the project: name its file in RULEWRIGHT_CEL_CONFORMANCE",
)
def test_the_suite_passes() -> None:
    """Every test of every tier passes; one may be skipped only for a function that the suite declares."""
    verdicts = list(run_file(DATA))

    assert [verdict for verdict in verdicts if verdict.outcome == "failed"] == []
    assert [verdict for verdict in verdicts if verdict.outcome == "skipped"] == []


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ({**CASE, "expect": {"value": {"t": "colour", "v": "red"}}}, "basic/sums/one_and_one: KeyError"),
        ({"file": "basic"}, "test 1: KeyError"),
        ("1 + 1", "test 1: TypeError"),
    ],
)
def test_a_test_that_can_not_be_read_fails_alone(tmp_path: Path, broken: object, named: str) -> None:
    """The others are run: one of a kind that is not known must not hide them."""
    path = tmp_path / "suite.json"
    path.write_text(json.dumps([broken, CASE]))
    out = io.StringIO()

    assert main([str(path)], out) == 1
    first, last = out.getvalue().splitlines()
    assert first.startswith(f"failed {named}")
    assert last == "1 passed, 1 failed"


def test_what_is_no_list_of_tests_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2: nothing was run."""
    path = tmp_path / "suite.json"
    path.write_text(json.dumps(CASE))

    assert command([str(path)]) == 2
    assert capsys.readouterr().err == f"cannot read the tests: {path} is no list of tests\n"


def test_a_failing_test_is_named_and_counted(tmp_path: Path) -> None:
    """The report names what failed, and its last line counts."""
    path = tmp_path / "suite.json"
    wrong = {**CASE, "name": "wrong", "expect": {"value": {"t": "double", "v": "2"}}}
    skipped = {**CASE, "name": "skipped", "expr": "fn(1)", "check_only": True, "expect": {"type": "int"}}
    path.write_text(json.dumps([CASE, wrong, skipped]))
    out = io.StringIO()

    assert main([str(path)], out) == 1
    lines = out.getvalue().splitlines()
    assert lines[0] == "failed basic/sums/wrong: gave 2, expected 2.0"
    assert lines[1].startswith("skipped basic/sums/skipped: ")
    assert lines[-1] == "1 passed, 1 failed"


@pytest.mark.parametrize(
    ("expr", "expect", "outcome"),
    [
        ("1 / 0", {"error": ["division by zero"]}, "passed"),
        ("1", {"error": ["an error"]}, "failed"),
        ("1 / 0", {"value": {"t": "int", "v": "1"}}, "failed"),
        ("0.0 / 0.0", {"value": {"t": "double", "v": "nan"}}, "passed"),
        (
            "{1u: b'a'}",
            {"value": {"t": "map", "v": [[{"t": "uint", "v": "1"}, {"t": "bytes", "v": "YQ=="}]]}},
            "passed",
        ),
        (
            "duration('1.5s')",
            {"value": {"t": "duration", "v": {"seconds": "1", "nanos": 500000000}}},
            "passed",
        ),
        ("duration('1s')", {"value": {"t": "duration", "seconds": "1"}}, "passed"),
        ("duration('1s')", {"value": {"t": "duration", "v": "1s"}}, "passed"),
        ("timestamp(1)", {"value": {"t": "timestamp", "v": [1, 0]}}, "passed"),
        ("timestamp(1)", {"value": {"t": "timestamp", "v": "1970-01-01T00:00:01Z"}}, "passed"),
        ("type(1)", {"value": {"t": "type", "v": "int"}}, "passed"),
    ],
)
def test_expectations_are_read(expr: str, expect: dict[str, object], outcome: str) -> None:
    """Values are compared with their type, and an error is expected by its own key."""
    assert run_case({**CASE, "expr": expr, "expect": expect}).outcome == outcome


def test_what_can_not_be_run_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No file named, no such file, no JSON."""
    broken = tmp_path / "broken.json"
    broken.write_text("[")

    assert command([]) == 2
    assert command([str(tmp_path / "none.json")]) == 2
    assert command([str(broken)]) == 2
    assert capsys.readouterr().out == ""


def test_the_runner_is_a_command(tmp_path: Path) -> None:
    """`python -m rulewright.cel.conformance FILE` ends with the counts and exits 0 when all passed."""
    path = tmp_path / "suite.json"
    path.write_text(json.dumps([CASE]))
    arguments = [sys.executable, "-m", "rulewright.cel.conformance", str(path)]
    done = subprocess.run(
        arguments, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": _source()}
    )

    assert (done.returncode, done.stdout) == (0, "1 passed, 0 failed\n")


def _source() -> str:
    return str(Path(__file__).resolve().parents[2] / "engine")

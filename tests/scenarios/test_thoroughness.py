"""Coverage and mutation: what scenarios prove, and what they would not notice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner, Result

from rulewright import load
from rulewright.cli.commands.test import command
from rulewright.scenarios import read_file
from rulewright.scenarios.conditions import conditions_of
from rulewright.scenarios.mutants import mutants_of, mutate
from rulewright.scenarios.mutation import run_mutation
from rulewright_adapters.memory import MemoryStore

RULES = Path(__file__).parent / "proofs"
_CLOSING = """
workflow:
  field: state
  initial: open
  states: {open: {}, closed: {final: true}}
  transitions:
    - event: close
      from: open
      to: closed
      effects: [{id: close_others, update: shop/order, where: {note: record.note}, set: {reason: "'closed'"}}]
"""


def call(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["--rules", str(RULES), *arguments])


def test_coverage_names_what_was_never_seen() -> None:
    """The check was never false, with its place; the other condition was both."""
    lines = call("--coverage").stdout.splitlines()

    assert "shop/order.note.required_if [required_if]  true 1, false 1, absent 2" in lines[1]
    assert "order.yaml:11:27  never false  shop/order.positive [check]  true 2, false 0, absent 0" in lines[2]
    assert lines[-2] == "coverage 75.0 %: 3 of 4 outcomes of 2 conditions seen"


def test_nothing_is_spoilt_while_a_scenario_fails_and_that_is_said(tmp_path: Path) -> None:
    """What fails already notices every change."""
    failing = tmp_path / "failing.test.yaml"
    failing.write_text(
        "resource: shop/order\nscenarios: [{name: no, payload: {total: 1}, expect: {verdict: undecided}}]\n"
    )

    result = call("--mutate", str(failing))

    assert (result.exit_code, "mutation" in result.stdout) == (1, False)
    assert result.stderr == "--mutate spoils conditions of rules whose scenarios pass; nothing was spoilt\n"


@pytest.mark.parametrize(("threshold", "status"), [("75", 0), ("76", 1), ("100", 1)])
def test_less_than_the_threshold_fails(threshold: str, status: int) -> None:
    """As a failing scenario does, and it is said why: all scenarios passed."""
    result = call("--coverage", "--threshold", threshold)

    assert result.exit_code == status
    assert result.stderr == (f"coverage 75.0 % is less than --threshold {threshold}\n" if status else "")


def test_coverage_tells_how_often_an_input_was_absent() -> None:
    """In JSON, beside true and false."""
    data = json.loads(call("--coverage", "--format", "json").stdout)

    seen = {one["rule"]: one["seen"] for one in data["coverage"]["conditions"]}
    assert seen["shop/order.note.required_if"] == {"false": 1, "true": 1, "absent": 2}


def test_mutation_names_the_survivors() -> None:
    """No scenario would notice another boundary, the check's deletion or the dropped reason."""
    data = json.loads(call("--mutate", "--format", "json").stdout)["mutation"]

    changes = {(one["rule"], one["change"]) for one in data["survivors"]}
    assert changes == {
        ("shop/order.positive", "deleted"),
        ("shop/order.positive", "> in: payload.total >= 0"),
        ("shop/order.note.required_if", ">= in: payload.total > 100"),
        ("shop/order.note.required_if", "dropped: !given(payload.reason)"),
        ("shop/order.total.required", "deleted"),
        ("shop/order", "in a value: >= in: record.total > 10"),
    }
    assert data["killed"] == data["mutants"] - len(changes)


def test_a_failing_scenario_says_nothing_about_mutants(tmp_path: Path) -> None:
    """They are run on rules that their scenarios agree with only."""
    copytree(RULES / "shop", tmp_path / "shop")
    scenarios = tmp_path / "shop" / "order.test.yaml"
    scenarios.write_text(scenarios.read_text().replace("grade: small", "grade: big"))

    result = CliRunner().invoke(command, ["--rules", str(tmp_path), "--mutate"])

    assert result.exit_code == 1
    assert "mutation" not in result.stdout


def test_a_mutant_leaves_the_rules_as_they_are() -> None:
    """Each is a copy that differs in one condition."""
    compiled = load(RULES).compiled
    resource = compiled.resources["shop/order"]
    before = repr(conditions_of(resource))

    mutated = [mutate(compiled, mutant) for mutant in mutants_of(resource)]

    assert repr(conditions_of(resource)) == before
    assert all(one.resources["shop/order"] is not resource for one in mutated)


def test_what_an_effect_of_a_transition_picks_is_spoilt(tmp_path: Path) -> None:
    """Each entry of its `where` is dropped, as of any other effect."""
    copytree(RULES / "shop", tmp_path / "shop")
    rules = tmp_path / "shop" / "order.yaml"
    rules.write_text(rules.read_text().replace("fields:", "fields:\n  state: {type: string}") + _CLOSING)
    compiled = load(tmp_path).compiled

    mutants = [one for one in mutants_of(compiled.resources["shop/order"]) if "where" in one.change]
    (effect,) = mutate(compiled, mutants[0]).resources["shop/order"].every_effect()

    assert [(one.rule, one.change) for one in mutants] == [
        ("shop/order.close_others", "dropped from where: note")
    ]
    assert effect.where.entries == {}


def test_mutants_are_run_by_the_scenarios_that_judge_them_only() -> None:
    """Without scenarios every mutant survives."""
    program = load(RULES)
    scenarios = read_file(RULES / "shop" / "order.test.yaml", program.compiled).scenarios

    assert run_mutation(program, (), ["shop/order"], MemoryStore).killed == 0
    assert run_mutation(program, scenarios, ["shop/order"], MemoryStore).killed > 0


def test_watch_runs_again_after_a_change_and_ends_by_ctrl_c(tmp_path: Path) -> None:
    """A file that is wrong for a moment does not end it."""
    copytree(RULES / "shop", tmp_path / "shop")
    rules = tmp_path / "shop" / "order.yaml"
    good = rules.read_text()
    with subprocess.Popen(
        [sys.executable, "-m", "rulewright", "test", "--rules", str(tmp_path), "--watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # A shell's background jobs, and so what they start, ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one thread
    ) as process:
        try:
            assert "2 passed, 0 failed" in _until_watching(process)
            rules.write_text(good.replace("'small'", "'tiny'"))
            assert "1 passed, 1 failed" in _until_watching(process)
            rules.write_text("rulewright: 1\nresource: [")
            assert "error" in _until_watching(process)
            rules.write_text(good)
            assert "2 passed, 0 failed" in _until_watching(process)
        finally:
            process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=10)[0]

    assert process.returncode == 0
    assert "Traceback" not in rest


def _until_watching(process: subprocess.Popen[str]) -> str:
    """What was printed until it waits for a change; a little later it has seen the files."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("watching"):
            break
    time.sleep(0.1)
    return "".join(lines)

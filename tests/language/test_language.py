"""The sentences of the rule language as scenarios: one folder a topic, with a tiny rule set."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from rulewright import Program, load
from rulewright.scenarios import Runner, find_files, read_file
from rulewright_adapters.memory import MemoryStore

HERE = Path(__file__).parent
FILES = find_files([HERE])


@cache
def program_of(topic: str) -> Program:
    """The rule set of a topic, loaded once."""
    return load(HERE / topic)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HERE)))
def test_scenarios_pass(path: Path) -> None:
    """Every scenario of the file passes, and none was left out."""
    program = program_of(path.relative_to(HERE).parts[0])
    file = read_file(path, program.compiled)

    results = list(Runner(program, MemoryStore).run_all(file.scenarios))

    assert [*file.problems] == []
    assert file.not_run == 0
    assert [f"{result.at}: {result.name}" for result in results if result.mismatches] == []
    assert results


ACCEPTED = "expect: {verdict: accepted}"
MISTAKES = {
    "no verdict": ("missing-keyword", "payload: {}, expect: {problems: []}"),
    "unknown $name": ("unknown-name", f"payload: {{name: $b.record.id}}, {ACCEPTED}"),
    "unknown event": ("unknown-event", f"steps: [{{event: b, key: 1, {ACCEPTED}}}]"),
    "undeclared field": ("unknown-field", f"given: {{lang/thing: [{{b: 1}}]}}, {ACCEPTED}"),
    "wrong type": ("wrong-value", f"given: {{lang/thing: [{{id: b}}]}}, {ACCEPTED}"),
}


@pytest.mark.parametrize(("code", "scenario"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_scenario_is_one_of_the_file(tmp_path: Path, code: str, scenario: str) -> None:
    """A scenario that cannot mean what it says is a problem of its file; it does not pass."""
    path = tmp_path / "thing.test.yaml"
    path.write_text(
        f"resource: lang/thing\nscenarios:\n  - {{name: wrong, {scenario}}}\n  - {{name: fine, {ACCEPTED}}}\n"
    )

    file = read_file(path, program_of("matching").compiled)

    assert [problem.code for problem in file.problems] == [code]
    assert file.not_run == 1

"""The scenario files beside the shipped rules are tests like any other."""

from __future__ import annotations

import pytest

from rulewright import load
from rulewright.program import shipped_rules
from rulewright.scenarios import Runner, find_files, read_file
from rulewright_adapters.memory import MemoryStore

FILES = find_files([shipped_rules()])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_scenarios_pass(path) -> None:  # type: ignore[no-untyped-def]
    """Every scenario of the file passes, and none was left out."""
    program = load()
    file = read_file(path, program.compiled)

    results = list(Runner(program, MemoryStore).run_all(file.scenarios))

    assert [*file.problems] == []
    assert file.not_run == 0
    assert [f"{result.at}: {result.name}" for result in results if result.mismatches] == []
    assert results

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

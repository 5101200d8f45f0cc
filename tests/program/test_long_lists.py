"""Long lists take time in proportion to their length, however much is wrong with them."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

from rulewright import Program, load

RULES = """\
rulewright: 1
resource: lang/list
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  unique: {type: list, items: {type: string}, unique_items: true}
  kept: {type: list, items: {type: any}, unique_items: collapse}
  parts: {type: list, items: {type: object, fields: {n: {type: integer, required: true}}}}
  odd: {type: list, items: {type: integer, checks: [{id: odd, check: item % 2 == 1, message: odd}]}}
"""
LISTS: dict[str, list[object]] = {
    "unique": [str(number) for number in range(8_000)],
    "kept": [{"n": number} for number in range(8_000)],
    "parts": [{"n": None}] * 8_000,
    "odd": [2] * 8_000,
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    folder: Path = tmp_path_factory.mktemp("rules") / "lang"
    folder.mkdir()
    (folder / "api.yaml").write_text("rulewright: 1\napi: lang\n")
    (folder / "list.yaml").write_text(RULES)
    return load(folder)


@pytest.mark.parametrize("name", LISTS)
def test_a_long_list_is_judged_in_linear_time(program: Program, name: str) -> None:
    """Eight times the items take nowhere near 64 times as long."""
    items = LISTS[name]
    program.evaluate("lang/list", {name: items[:10]})

    few = _seconds(program, name, items[:1_000])
    many = _seconds(program, name, items)

    assert many < 25 * few + 0.2


def _seconds(program: Program, name: str, items: list[object]) -> float:
    taken = []
    for _ in range(2):
        begun = process_time()
        program.evaluate("lang/list", {name: items})
        taken.append(process_time() - begun)
    return min(taken)

"""Updates of maps, at whatever depth: generated programs merge and count as the plain evaluator does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from agreement import differences
from desks import load_desk
from payloads import NOW, Case, DictRecords

from rulewright.evaluation import Inputs
from rulewright.evaluation import decide as decide_plainly
from rulewright.hotpath.deciding import decide

NOTE = """
rulewright: 1
resource: desk/note
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  size: {type: integer}
  free: {type: object}
  few: {type: map, items: {type: string}, min_length: 1, max_length: 2}
  box:
    type: object
    fields: {name: {type: string}, labels: {type: map, items: {type: string}}, any: {type: any}}
"""
STORED = {
    "id": 1,
    "free": {"a": {"b": 1}},
    "few": {"a": "x", "b": "y"},
    "box": {"name": "n", "labels": {"a": "x"}, "any": {"a": 1}},
}


@pytest.mark.parametrize(
    "payload",
    [
        {"box": {"labels": {"b": "y"}}},
        {"box": {"labels": {}}},
        {"box": {"labels": {"a": None}}},
        {"box": {"any": {"b": 2}}},
        {"box": {"name": "m"}},
        {"free": {"a": {"c": 2}}},
        {"free": {"a": None}},
        {"few": {"c": "z"}},
        {"few": {"a": "z"}},
        {"few": {}},
        {"few": {}, "size": "x"},
        {"few": {"c": "z"}, "size": "x"},
        {"box": {"labels": {"b": 5}}, "size": "x"},
    ],
    ids=str,
)
def test_both_paths_merge_alike(payload: Any, tmp_path: Path) -> None:
    """Nothing that is stored is lost, and what is stored counts."""
    program = load_desk(tmp_path, api="rulewright: 1\napi: desk\n", note=NOTE)
    inputs = Inputs(operation="update", payload=payload, now=NOW, seed=1, key=1)
    case = Case("desk/note", inputs, DictRecords({"desk/note": [STORED]}, {"desk/note": "id"}))
    plain = decide_plainly(program.compiled, case.resource, inputs, case.records)

    quick = [decide(program.compiled, case.resource, inputs, case.records) for _ in range(4)][-1]

    assert [*differences(case, plain, quick)] == []

"""Rules that rest on something unsound, told by generated code as the plain evaluator tells them."""

from __future__ import annotations

import pytest

from rulewright import Program, load
from rulewright.evaluation import Inputs, decide
from rulewright.hotpath.deciding import decide_quickly
from rulewright_adapters.memory import MemoryStore

RULES = """\
rulewright: 1
resource: desk/job
key: id
operations:
  create: {accepts: [serial]}
fields:
  id: {type: integer, generate: sequence, readonly: reject}
  serial: {type: integer, nullable: true, readonly: reject}
  n: {type: integer, nullable: true}
  m: {type: integer, nullable: true}
  boss: {type: integer, nullable: true, references: {resource: desk/boss, by: id, as: chief}}
  flag: {type: boolean, nullable: true, default_from: "payload.n == 3 || !given(payload.m)"}
  name: {type: string, nullable: true, blank: absent, default_from: "payload.n == 3 ? 'a' : 'b'"}
  code: {type: string, nullable: true, required_if: "given(payload.m) || given(chief) && chief.rank > 1"}
  note:
    type: string
    nullable: true
    checks:
    - {id: no_x, check: "value != 'x' || payload.n == 1", message: no x}
  sum: {type: boolean, compute: {on: create, value: "!(payload.n == 3) || record.flag == true"}}
  sent:
    type: boolean
    compute: {on: create, value: "has(payload.note) && payload.n == 3 || has(payload.serial)"}
  whole: {type: boolean, compute: {on: create, value: "size(payload) > 3 || payload.m != 2"}}
  names:
    type: string
    nullable: true
    required_if: "given(chief) || payload.map(k, k) == ['n', 'boss', 'note', 'kept']"
  kept: {type: string, nullable: true}
  rank: {type: boolean, compute: {on: create, value: "peers.exists(p, p.id > 5) || payload.m == 1"}}
lookups:
  peers: {find_all: desk/boss, by: {rank: payload.n}}
"""
BOSS = """\
rulewright: 1
resource: desk/boss
key: id
fields:
  id: {type: integer, required: true, immutable: true}
  rank: {type: integer, nullable: true}
"""
PAYLOADS: tuple[dict[str, object], ...] = (
    {"n": "x"},
    {"n": "x", "flag": None, "m": 1},
    {"n": "x", "flag": False, "sum": True, "m": 2},
    {"n": "x", "flag": True, "sum": False},
    {"n": "x", "name": "", "note": "x"},
    {"n": "x", "name": None, "note": "y", "zz": 1},
    {"n": 7, "boss": 9},
    {"n": 7, "boss": 9, "m": "x"},
    {"n": 7, "boss": "x", "m": 1, "rank": False},
    {"n": "x", "m": "x", "boss": "x", "note": 5, "rank": True},
    {"n": 7, "boss": 1, "note": "x", "sum": False},
    {"n": "x", "m": 2, "whole": True, "sent": True},
    {"n": "x", "m": 1, "whole": False, "note": "y", "sent": True, "serial": 1},
    {"n": "x", "note": None, "m": 2, "id": 5, "zz": 5, "sent": True},
    {"kept": None, "n": 7, "note": None, "boss": 9},
    {"kept": None, "n": 7, "note": None, "boss": 9, "serial": None},
    {"note": "y", "n": 7, "boss": 9, "kept": "x", "rank": False, "sent": False},
    {"n": 7, "boss": 9, "m": 2, "whole": True, "names": "x"},
)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    folder = tmp_path_factory.mktemp("rules") / "desk"
    folder.mkdir()
    (folder / "job.yaml").write_text(RULES)
    (folder / "boss.yaml").write_text(BOSS)
    return load(folder)


@pytest.mark.parametrize("payload", PAYLOADS, ids=str)
def test_as_the_evaluator_tells_it(program: Program, payload: dict[str, object]) -> None:
    """The whole outcome: problems in their order, what their rules read, and the records read on the way."""
    store = MemoryStore({"desk/boss": [{"id": 1, "rank": 2}, {"id": 7, "rank": 7}]})
    inputs: Inputs = program.inputs(payload, as_of="2025-01-01T00:00:00Z", seed=1)

    quick = decide_quickly(program.compiled, "desk/job", inputs, store)

    assert quick is not None
    assert quick == decide(program.compiled, "desk/job", inputs, store)

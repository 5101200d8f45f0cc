"""Rules that rest on something unsound, told by generated code as the plain evaluator tells them."""

from __future__ import annotations

from random import Random

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
  both:
    type: boolean
    compute: {on: create, value: "payload.n == 3 && payload.m == 1 && payload.note == 'y'"}
  either:
    type: boolean
    compute:
      on: create
      value: |
        !peers.exists(p, p.id != record.id)
          || (given(payload.either) ? payload.either : given(current.m) && payload.n == 1)
  turned:
    type: boolean
    compute:
      on: create
      value: "payload.boss == 9 || (payload.m == 1 ? payload.n == 3 : payload.code == 'a')"
  parted:
    type: boolean
    compute:
      on: create
      value: "(given(request.path.x) ? payload.n == 3 : true) && payload.code == 'a'"
  folded:
    type: boolean
    compute:
      on: create
      value: |
        payload.m == 1
          || (given(payload.boss) ? payload.boss == 7 : given(current.m) && payload.code == 'a')
  rank: {type: boolean, compute: {on: create, value: "peers.exists(p, p.id != 1) || payload.m == 1"}}
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


VALUES: dict[str, tuple[object, ...]] = {
    "n": (7, 3, 1, None, "x"),
    "m": (1, 2, None, "x"),
    "boss": (1, 7, 9, None, "x"),
    "flag": (True, False, None, 5),
    "note": ("x", "y", None, 5),
    "code": ("a", "b", None, 5),
    "serial": (1, None, "x"),
    **dict.fromkeys(
        ("sum", "sent", "whole", "rank", "both", "either", "turned", "parted", "folded"), (True, False, 5)
    ),
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    folder = tmp_path_factory.mktemp("rules") / "desk"
    folder.mkdir()
    (folder / "job.yaml").write_text(RULES)
    (folder / "boss.yaml").write_text(BOSS)
    return load(folder)


def inputs_of(program: Program, payload: dict[str, object]) -> Inputs:
    return program.inputs(payload, as_of="2025-01-01T00:00:00Z", seed=1)


def records() -> MemoryStore:
    return MemoryStore({"desk/boss": [{"id": 1, "rank": 2}, {"id": 7, "rank": 7}]})


@pytest.mark.parametrize("payload", PAYLOADS, ids=str)
def test_as_the_evaluator_tells_it(program: Program, payload: dict[str, object]) -> None:
    """The whole outcome: problems in their order, what their rules read, and the records read on the way."""
    inputs = inputs_of(program, payload)

    quick = decide_quickly(program.compiled, "desk/job", inputs, records())

    assert quick is not None
    assert quick == decide(program.compiled, "desk/job", inputs, records())


def test_whatever_is_unsound(program: Program) -> None:
    """Each payload has something unsound: a wrong type, or a reference to nothing."""
    random, told = Random(5), 0

    for _ in range(800):
        names = [name for name in VALUES if random.random() < 0.6]
        payload = {name: random.choice(VALUES[name]) for name in names}
        payload |= random.choice([{"n": "x"}, {"boss": 9}, {"boss": "x"}, {"m": "x"}])
        inputs = inputs_of(program, payload)
        quick = decide_quickly(program.compiled, "desk/job", inputs, records())
        if quick is not None:
            told += 1
            assert quick == decide(program.compiled, "desk/job", inputs, records()), payload

    assert told > 600

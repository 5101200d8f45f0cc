"""Keys and unique values that are taken: generated code tells of them what the evaluator tells."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import pytest
from agreement import Tally, compare
from calls import NOW, Case, DictRecords
from desks import draw_payload, load_desk

from rulewright import Program
from rulewright.evaluation import Inputs
from rulewright.evaluation import decide as decide_plainly
from rulewright.hotpath.deciding import decide_quickly
from rulewright.outcome import Outcome

FIELDS = """
  email: {type: string, nullable: true, unique: true, messages: {unique: this address is ours}}
  room: {type: string}
  seat: {type: integer, unique: {within: [room]}}
  badge: {type: integer, nullable: true, unique: {where: {active: true}}}
  active: {type: boolean, default: true}
  pin: {type: string, sensitive: true, unique: true}
  level: {type: integer, max: 9}
"""
MEMBER = f"""
rulewright: 1
resource: desk/member
key: code
fields:
  code: {{type: string, required: true}}
{FIELDS}
checks:
  - {{id: odd, check: '!given(record.level) || record.level % 2 == 1', severity: warning}}
"""
# With a key that is made, an effect, and what must hold after it.
GUEST = f"""
rulewright: 1
resource: desk/guest
key: id
lookups:
  near: {{count: desk/guest, by: {{room: record.room}}}}
fields:
  id: {{type: integer, readonly: ignore, generate: sequence}}
{FIELDS}
effects:
  - {{id: note, create: desk/note, set: {{text: record.email}}, when: record.level == 3}}
invariants:
  - {{id: few, check: near < 9}}
"""
NOTE = """
rulewright: 1
resource: desk/note
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  text: {type: string, nullable: true}
"""
STORED: list[dict[str, Any]] = [
    {"email": "a@x", "room": "r", "seat": 1, "badge": 1, "active": True, "pin": "1111", "level": 1},
    {"email": "b@x", "room": "s", "seat": 1, "badge": 2, "active": False, "pin": "2222", "level": None},
    {"email": None, "room": "r", "seat": 2, "badge": None, "active": True, "pin": "3333", "level": 3},
]
VALUES: dict[str, tuple[Any, ...]] = {
    "code": ("m9", "m1", "m2", 5, None),
    "email": ("c@x", "a@x", "b@x", None, 5),
    "room": ("t", "r", "s"),
    "seat": (9, 1, 2, "1"),
    "badge": (9, 1, 2, None),
    "active": (True, False, "yes"),
    "pin": ("9999", "1111", "2222", 5),
    "level": (1, 2, 3, 99),
    "unknown": (1,),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Members bring their key, guests are given one."""
    return load_desk(tmp_path_factory.mktemp("rules"), member=MEMBER, guest=GUEST, note=NOTE)


def inputs_of(payload: Any) -> Inputs:
    return Inputs(operation="create", payload=payload, now=NOW, seed=3)


def records() -> DictRecords:
    members = [{"code": f"m{number}"} | one for number, one in enumerate(STORED, 1)]
    guests = [{"id": number} | one for number, one in enumerate(STORED, 1)]
    stored = copy.deepcopy({"desk/member": members, "desk/guest": guests, "desk/note": []})
    return DictRecords(stored, {"desk/member": "code", "desk/guest": "id", "desk/note": "id"})


def payload_of(random: Random, resource: str) -> dict[str, Any]:
    """A payload of which each part may be wrong or taken; the first value of each field is a good one."""
    return draw_payload(
        random, VALUES, 0.8, {"unknown": 0.1} | ({"code": 0.0} if resource == "desk/guest" else {})
    )


@pytest.mark.parametrize("resource", ["desk/member", "desk/guest"])
def test_what_is_taken_is_told_alike(desk: Program, resource: str) -> None:
    """Alone, with other problems, and beside values that are unsound."""
    random, tally = Random(5), Tally()

    for _ in range(900):
        compare(desk, Case(resource, inputs_of(payload_of(random, resource)), records()), tally)

    assert tally.differences == []
    assert tally.quickly > 30
    assert tally.refused_quickly > 400


def decided(desk: Program, resource: str, **payload: Any) -> Outcome:
    """What generated code decides, which the plain evaluator decides too."""
    quick = decide_quickly(desk.compiled, resource, inputs_of(payload), records())

    assert quick is not None
    assert quick == decide_plainly(desk.compiled, resource, inputs_of(payload), records())
    return quick


def told(outcome: Outcome) -> list[tuple[str, str, dict[str, object]]]:
    """What is told, where, and what it rests on."""
    return [(one.code, one.path, dict(one.because.values) if one.because else {}) for one in outcome.problems]


def test_a_record_that_is_stored_already_is_told_quickly(desk: Program) -> None:
    """A file that is imported twice: the key is taken, and the record's own values are not another's."""
    outcome = decided(desk, "desk/member", **{"code": "m1", **STORED[0]})

    assert told(outcome) == [("unique", "/code", {"record.code": "m1"})]


def test_a_value_that_another_record_holds_is_told_with_that_record(desk: Program) -> None:
    """Also where nothing else is wrong; what is sensitive is masked."""
    outcome = decided(desk, "desk/guest", email="a@x", pin="2222", seat=1, room="r", badge=2)

    assert told(outcome) == [
        ("unique", "/email", {"record.email": "a@x", "the other guest's id": 1}),
        ("unique", "/seat", {"record.seat": 1, "record.room": "r", "the other guest's id": 1}),
        ("unique", "/pin", {"record.pin": "***", "the other guest's id": 2}),
    ]
    assert outcome.problems[0].message == "this address is ours"


def test_a_taken_value_is_told_beside_other_problems(desk: Program) -> None:
    """Before the effects then, but not what rests on a field with a problem of its own."""
    outcome = decided(desk, "desk/member", code="m9", email="a@x", seat=1, room=5)

    assert told(outcome) == [
        ("type", "/room", {}),
        ("unique", "/email", {"record.email": "a@x", "the other member's code": "m1"}),
    ]

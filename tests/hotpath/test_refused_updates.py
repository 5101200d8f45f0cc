"""Updates that are not simply accepted: generated code tells of them what the plain evaluator tells."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import pytest
from agreement import Tally, compare
from calls import NOW, Case, DictRecords
from desks import CUSTOMER, draw_payload, load_desk

from rulewright import Program
from rulewright.evaluation import Inputs
from rulewright.evaluation import decide as decide_plainly
from rulewright.hotpath.deciding import decide_quickly
from rulewright.outcome import Outcome

ORDER = """
rulewright: 1
resource: desk/order
key: id
lookups:
  others: {find_all: desk/order, by: {customer: record.customer, kind: record.kind}}
fields:
  id: {type: string, required: true}
  made: {type: string, readonly: ignore}
  sealed: {type: string, readonly: reject}
  kind: {type: string, one_of: [a, b], required: true, immutable: true}
  lane: {type: integer, nullable: true, immutable: true}
  name: {type: string, required: true, nullable: true, blank: absent}
  customer: {type: string, nullable: true, references: {resource: desk/customer, by: code, as: customer}}
  partners:
    type: list
    nullable: true
    items: {type: string}
    unique_items: collapse
    references: {resource: desk/customer, by: code}
  amount:
    type: integer
    nullable: true
    min: 0
    checks:
      - {id: within_limit, check: '!given(customer.limit) || value <= customer.limit'}
      - {id: not_less, check: 'current == null || !given(current.amount) || value >= current.amount'}
      - {id: even, check: value % 2 == 0, severity: warning, message: an odd amount}
  note:
    type: string
    nullable: true
    max_length: 5
    required_if: given(record.amount) && record.amount > 3
    forbidden_if: size(others) > 1
  day: {type: date, nullable: true, forbidden_if: record.kind == 'b'}
  place:
    type: object
    nullable: true
    forbidden_if: record.kind == 'b'
    fields:
      street: {type: string, required_if: given(record.day)}
      number: {type: integer, min: 1}
  stop:
    type: object
    nullable: true
    fields:
      street: {type: string, required: true}
      number: {type: integer, min: 1, immutable: true}
  tags: {type: map, nullable: true, items: {type: integer}}
  seen: {type: integer, compute: {on: [update], value: size(others)}}
  ticket: {type: string, nullable: true, unique: true}
checks:
  - {id: noted, check: '!given(record.day) || given(record.note)', path: /note}
  - {id: crowded, check: size(others) < 3}
"""
VALUES: dict[str, tuple[Any, ...]] = {
    "id": ("o1", "o2", 5, None),
    "made": ("x", None),
    "sealed": ("x",),
    "kind": ("a", "b", "c", None),
    "lane": (1, 2, None, "1"),
    "name": ("Ann", "", " ", None, 5),
    "customer": ("c1", "c2", "c9", 5, None),
    "partners": (["c1"], ["c9", "c1", "c9"], [], ["c1", 5], None, "c1"),
    "amount": (4, 2, 3, 5, -1, "5", None),
    "note": ("ok", "too long", 5, None),
    "day": ("2025-01-31", "31/01/2025", None, 5),
    "place": ({"street": "S"}, {"number": 0}, {"street": None}, {"street": 5, "nr": 1}, {"nr": 1}, None, 5),
    "stop": ({"street": "S"}, {"number": 1}, {"number": 2}, {"street": None}, {"street": 5}, None),
    "tags": ({"a": 1}, {"a": None}, {"a": "x"}, None),
    "seen": (0, 1, "1"),
    "ticket": ("t9", "t1", 5, None),
    "unknown": (1, {"x": 1}),
}
CUSTOMERS: list[dict[str, Any]] = [{"code": "c1", "limit": 4}, {"code": "c2", "limit": None}]
ORDERS: list[dict[str, Any]] = [
    {"id": "o1", "kind": "a", "lane": 1, "name": "Ann", "customer": "c1", "amount": 2, "ticket": "t1"},
    {"id": "o2", "kind": "b", "name": "Bob", "customer": "c2", "note": "n", "partners": ["c1"]},
    {"id": "o3", "kind": "a", "name": "Cid", "day": "2024-12-31", "note": "n", "place": {"street": "S"}},
    {"id": "o4", "kind": "b", "name": "Dan", "customer": "gone", "stop": {"street": "S", "number": 1}},
    {"id": "o5", "kind": "b", "name": "Eve", "customer": "c2", "tags": {"a": 1, "b": 2}, "ticket": "t5"},
    # Older rules let these in.
    {"id": "o6", "kind": "b", "name": None, "customer": "c2", "place": {"number": 3}, "seen": 7},
    {"id": "o7", "kind": "c", "name": "Gus", "amount": 9, "day": "2024-12-31"},
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Rules of which an update can break many at once."""
    return load_desk(tmp_path_factory.mktemp("rules"), customer=CUSTOMER, order=ORDER)


def inputs_of(payload: Any, key: str) -> Inputs:
    return Inputs(operation="update", payload=payload, now=NOW, seed=3, key=key)


def records() -> DictRecords:
    fields = (
        "made",
        "sealed",
        "lane",
        "partners",
        "amount",
        "note",
        "day",
        "place",
        "stop",
        "tags",
        "ticket",
    )
    orders = [dict.fromkeys(fields) | {"seen": 0} | copy.deepcopy(one) for one in ORDERS]
    stored = {"desk/customer": copy.deepcopy(CUSTOMERS), "desk/order": orders}
    return DictRecords(stored, {"desk/customer": "code", "desk/order": "id"})


def patch(random: Random) -> dict[str, Any]:
    """A payload of which each part may be wrong; the first value of each field is a good one."""
    return draw_payload(random, VALUES, 0.3, {"id": 0.1, "sealed": 0.1})


def test_updates_with_many_problems_have_identical_outcomes(desk: Program) -> None:
    """Wrong shapes, dangling names, forbidden, immutable, required and refused values meet in one patch."""
    random, tally = Random(11), Tally()

    for _ in range(1_200):
        key = random.choice(ORDERS)["id"]
        compare(desk, Case("desk/order", inputs_of(patch(random), key), records()), tally)

    assert tally.differences == []
    assert tally.quickly > 30
    assert tally.refused_quickly > 200


def decided(desk: Program, key: str, **payload: Any) -> Outcome:
    """What generated code decides, which the plain evaluator decides too."""
    quick = decide_quickly(desk.compiled, "desk/order", inputs_of(payload, key), records())

    assert quick is not None
    assert quick == decide_plainly(desk.compiled, "desk/order", inputs_of(payload, key), records())
    return quick


def codes(outcome: Outcome) -> list[tuple[str, str]]:
    """What is told, and where."""
    return [(one.code, one.path) for one in outcome.problems]


def test_what_only_the_system_sets_is_told_and_the_rest_is_stored(desk: Program) -> None:
    """A warning leaves the update accepted."""
    outcome = decided(desk, "o1", made="x", amount=4, note="ok")

    assert codes(outcome) == [("readonly", "/made")]
    assert outcome.accepted
    assert {"amount", "note"} <= outcome.changes[0].set.keys()


def test_a_cleared_field_that_is_required_is_told(desk: Program) -> None:
    """Null clears, but not what has to be there; one that may be null is missing as well."""
    assert codes(decided(desk, "o1", kind=None, name=None)) == [("required", "/kind"), ("required", "/name")]


def test_what_may_not_be_changed_is_told_where_it_changes(desk: Program) -> None:
    """The same value again changes nothing; a wrong one is told as wrong, not as changed."""
    assert codes(decided(desk, "o1", kind="b", lane=1)) == [("immutable", "/kind")]
    assert codes(decided(desk, "o1", lane=None, kind="c")) == [("one_of", "/kind"), ("immutable", "/lane")]


def test_rules_that_an_update_does_not_touch_are_silent(desk: Program) -> None:
    """Old records that newer rules would refuse can be edited elsewhere, and are told of what was edited."""
    assert codes(decided(desk, "o6", ticket=5)) == [("type", "/ticket")]
    assert codes(decided(desk, "o2", ticket=5)) == [("type", "/ticket")]


def test_an_unsound_key_does_not_make_a_record_another_than_itself(desk: Program) -> None:
    """What it holds is not taken by it."""
    payload: dict[str, Any] = {"id": 5}
    plain = decide_plainly(desk.compiled, "desk/order", inputs_of(payload, "o5"), records())

    assert codes(plain) == [("type", "/id")]

"""What a refusal says quickly is what marshmallow and the plain evaluator say, whenever it is asked."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from random import Random
from typing import Any

import pytest
from agreement import Tally, compare
from desks import CUSTOMER, draw_payload, load_desk
from marshmallow import ValidationError
from payloads import NOW, Case, DictRecords

from rulewright import Program, load
from rulewright.evaluation import Inputs
from rulewright.evaluation import decide as decide_plainly
from rulewright.hotpath import sifting
from rulewright.hotpath.deciding import decide_quickly, quick_for

# Two values of each class: what is said of the one must be said of the other.
OF_A_CLASS: tuple[tuple[Any, Any], ...] = (
    ("x", "0"),
    (1, -7),
    (1.5, 2.0),
    (True, False),
    ([], ["x"]),
    ({}, {"x": 1}),
    (None, None),
)
ALTERNATIVES = """
rulewright: 1
resource: desk/order
key: id
lookups:
  alike: {count: desk/order, by: {size: record.size}}
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  size: {type: integer, required: true}
  name: {type: string}
  known: {type: boolean, readonly: ignore, compute: alike > 0}
variants:
  named: {required: [name]}
  known: {required: [known]}
"""
ORDER = """
rulewright: 1
resource: desk/order
key: id
lookups:
  others: {find_all: desk/order, by: {customer: record.customer}}
fields:
  id: {type: integer, readonly: ignore, generate: {sequence: {}}}
  kind: {type: string, one_of: [a, b], required: true}
  customer: {type: string, nullable: true, references: {resource: desk/customer, by: code, as: customer}}
  partners:
    type: list
    items: {type: string}
    unique_items: collapse
    references: {resource: desk/customer, by: code}
  amount:
    type: integer
    min: 0
    checks:
      - {id: within_limit, check: '!given(customer.limit) || value <= customer.limit'}
      - {id: even, check: value % 2 == 0, severity: warning, message: an odd amount}
  note:
    type: string
    max_length: 5
    required_if: given(record.amount) && record.amount > 3
    checks: [{id: no_digit, check: "!value.matches('[0-9]')"}]
  day: {type: date, nullable: true, forbidden_if: record.kind == 'b'}
  place:
    type: object
    nullable: true
    forbidden_if: record.kind == 'b'
    fields:
      street: {type: string, required_if: record.kind == 'a'}
      number: {type: integer, min: 1}
  spare:
    type: object
    nullable: true
    fields:
      street: {type: string}
      number: {type: integer, min: 1}
  stop:
    type: object
    nullable: true
    fields:
      street: {type: string, blank: absent, required: true}
      number: {type: integer, min: 1}
  total: {type: integer, readonly: ignore, compute: size(others)}
  ticket: {type: string, nullable: true, unique: true}
"""
VALUES: dict[str, tuple[Any, ...]] = {
    "kind": ("a", "b", "b", "c", 5),
    "customer": ("c1", "c2", "c9", 5, None),
    "partners": (["c1"], ["c9", "c1", "c9", "c8"], [], ["c1", 5], "c1"),
    "amount": (2, 1, 3, 4, 5, -1, "5", None),
    "note": ("ok", "x1", "too long", 5),
    "day": ("2025-01-31", "31/01/2025", "2025-02-30", None, 5),
    "place": ({"street": "S"}, {"number": 0}, {"street": 5, "nr": 1}, {"nr": 1}, None, 5),
    "spare": ({"street": "S"}, {"number": 0}, {"street": 5, "nr": 1}, {"street": {1: 2}}, 5),
    "stop": ({"street": "S"}, {"number": 1}, {"street": " "}, {"street": 5}, {"street": "S", "nr": 1}, None),
    "ticket": ("t2", "t1", 5),
    "id": (7,),
    "unknown": (1, {"x": 1}),
}
RECORDS: dict[str, list[dict[str, Any]]] = {
    "desk/customer": [{"code": "c1", "limit": 3}, {"code": "c2", "limit": None}],
    "desk/order": [{"id": 1, "kind": "a", "customer": "c1", "ticket": "t1"}],
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Rules of which a payload can break many at once."""
    return load_desk(tmp_path_factory.mktemp("rules"), customer=CUSTOMER, order=ORDER)


def order(random: Random) -> dict[str, Any]:
    """A payload of which each part may be wrong; the first value of each field is a good one."""
    return draw_payload(random, VALUES, 0.7, {"id": 0.2, "unknown": 0.2})


def inputs_of(payload: Any) -> Inputs:
    return Inputs(operation="create", payload=payload, now=NOW, seed=3)


def records() -> DictRecords:
    return DictRecords(copy.deepcopy(RECORDS), {"desk/customer": "code", "desk/order": "id"})


def test_payloads_with_many_problems_have_identical_outcomes(desk: Program) -> None:
    """Wrong shapes, missing records, forbidden, required and refused values meet in one payload."""
    random, tally = Random(11), Tally()

    for _ in range(1_500):
        compare(desk, Case("desk/order", inputs_of(order(random)), records()), tally)

    assert tally.differences == []
    assert tally.refused_quickly > 400


def told_one_by_one(program: Program, resource: str) -> Any:
    """What is said of a value at first sight, and the fields that say it."""
    quick = quick_for(program.compiled, program.compiled.resources[resource])
    assert quick is not None
    return quick.teller.sifter


@pytest.mark.parametrize("resource", load().resources)
def test_what_is_said_of_a_class_is_what_marshmallow_says(program: Program, resource: str) -> None:
    """A value of another class gets the messages that Schema.load gives to any value of that class."""
    compiled = program.compiled.resources[resource]
    sifter = told_one_by_one(program, resource)
    schema = compiled.loader(None, frozenset(sifter.sendable.keys() & _readonly(compiled)))
    differing = []

    for name in sifter.sendable:
        for values in OF_A_CLASS:
            told = _told(sifter, name, values[0])
            if told is not None:
                loaded = [_loaded(schema, name, value) for value in values]
                differing += [(name, told, said) for said in loaded if told != said]

    assert differing == []


def _readonly(compiled: Any) -> set[str]:
    return {name for name, field in compiled.fields.items() if field.rule.readonly is not None}


def _told(sifter: Any, name: str, value: Any) -> list[tuple[str, str]] | None:
    try:
        told = sifter.tell(name, value)
    except Exception:  # left to the plain evaluator
        return None
    return [(problem.code, problem.message) for _, problem in told.entries] if told.ends else None


def _loaded(schema: Any, name: str, value: Any) -> list[tuple[str, str]]:
    try:
        schema.load({name: value}, partial=True)
    except ValidationError as error:
        return [(one.code, str(one)) for one in error.messages_dict[name]]
    return []


WRONG = {"kind": "a", "customer": "c1", "amount": 4, "note": "ok", "ticket": 5, "nr": 1}


def test_what_waits_is_told_as_if_at_once(desk: Program) -> None:
    """A problem that nobody has read yet is equal, pickled, copied and printed like any other."""
    rules = desk.compiled

    def fresh() -> Any:
        return decide_quickly(rules, "desk/order", inputs_of(dict(WRONG)), records())

    plain = decide_plainly(rules, "desk/order", inputs_of(dict(WRONG)), records())

    assert [one.code for one in plain.problems] == ["type", "unknown_field", "check"]
    assert plain == fresh() == pickle.loads(pickle.dumps(fresh())) == copy.deepcopy(fresh())
    assert repr(plain) == repr(fresh())


def test_what_waits_does_not_change_with_the_payload(desk: Program) -> None:
    """What a caller does to the payload after the decision changes nothing that is told of it."""
    payload = copy.deepcopy(WRONG)
    plain = decide_plainly(desk.compiled, "desk/order", inputs_of(copy.deepcopy(payload)), records())

    quick = decide_quickly(desk.compiled, "desk/order", inputs_of(payload), records())
    payload.update(amount=1, customer="c2")

    assert quick == plain


def test_what_tells_refusals_needs_nobody_to_accept_first(desk: Program) -> None:
    """A batch asks it first after a refusal, also of payloads that turn out to be acceptable."""
    random = Random(12)
    quick = quick_for(desk.compiled, desk.compiled.resources["desk/order"])
    assert quick is not None
    accepted = []

    for _ in range(400):
        payload = order(random)
        told = quick.teller.tell(inputs_of(copy.deepcopy(payload)), records())
        if told is not None:
            assert told == decide_plainly(desk.compiled, "desk/order", inputs_of(payload), records())
            accepted.append(told.accepted)

    assert accepted.count(True) > 20
    assert accepted.count(False) > 100


def test_names_that_nobody_sends_twice_leave_room_for_those_that_come_again(
    desk: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a name may have meant takes long to find, and senders choose how many names there are."""
    sifter = sifting.Sifter(desk.compiled.resources["desk/order"], "create", frozenset())
    judged: list[str] = []
    judge = sifter._judge

    def count(name: str, value: object) -> Any:
        judged.append(name)
        return judge(name, value)

    monkeypatch.setattr(sifter, "_judge", count)
    monkeypatch.setattr(sifting, "_REMEMBERED", 32)

    def sift(payload: dict[str, Any]) -> None:
        sifter.sift(payload, sifter.see(payload))

    for number in range(70):
        sift({f"once_{number}": 1, "spare": {f"part_{number}": 1}})
    judged.clear()
    for _ in range(5):
        sift({"often": 1, "spare": {"part": 1}})

    assert judged == ["often"]
    assert ("spare", "part") in sifter._seen
    assert max(len(sifter._told), len(sifter._seen), len(sifter._sights)) <= 32


def test_alternatives_that_nobody_can_send(tmp_path: Path) -> None:
    """Where no alternative is given, all that they name is unsound: what the rules work out, too."""
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "order.yaml").write_text(ALTERNATIVES)
    program = load(tmp_path)
    records = DictRecords({"desk/order": [{"id": 1, "size": 1}]}, {"desk/order": "id"})
    tally = Tally()

    for payload in ({"size": 1}, {"size": 1, "name": "x"}, {"size": 5}):
        inputs = Inputs(operation="create", payload=payload, now=NOW, seed=1)
        compare(program, Case("desk/order", inputs, records), tally)

    assert tally.differences == []
    assert tally.refused == 2

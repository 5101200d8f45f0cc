"""Other records that react: where none is found, generated code accepts; else the evaluator fires them."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from agreement import Tally, compare
from calls import NOW, Case, DictRecords
from desks import load_desk

from rulewright import Program
from rulewright.evaluation import Inputs, decide
from rulewright.hotpath.deciding import decide_quickly
from rulewright.outcome import Read

PLAN = """
rulewright: 1
resource: desk/plan
key: id
fields:
  id: {type: integer, required: true}
  name: {type: string, nullable: true}
  level: {type: integer, default: 1}
checks:
  - {id: low, check: record.level < 5, severity: warning}
effects:
  - {id: rename, when: record.level == 3, set: {name: "'three'"}, on: [create, update]}
"""
SEAT = """
rulewright: 1
resource: desk/seat
key: id
fields:
  id: {type: integer, required: true}
  plan: {type: string, nullable: true}
  status: {type: string, readonly: reject}
workflow:
  field: status
  initial: open
  states: {open: {}, closed: {final: true}}
  transitions:
    - {event: close, from: open, to: closed}
  events:
    close: {fields: {level: {type: integer, required: true}}}
  reactions:
    - {after: desk/plan.create, for_each: {find_all: desk/seat, by: {plan: source.name}}, fire: close,
       with: {level: source.level}}
    - {after: desk/plan.update, for_each: {find_all: desk/seat, by: {plan: source.name}}, fire: close,
       with: {level: source.level}, otherwise: reject}
"""
KEYS = {"desk/plan": "id", "desk/seat": "id"}
SEATS: list[dict[str, Any]] = [
    {"id": 1, "plan": "taken", "status": "open"},
    {"id": 2, "plan": "three", "status": "closed"},
    {"id": 3, "plan": None, "status": "open"},
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return load_desk(tmp_path_factory.mktemp("rules"), plan=PLAN, seat=SEAT)


def case(payload: dict[str, Any], *, update: bool = False) -> Case:
    """A plan that is made, or changed."""
    operation, key = ("update", 1) if update else ("create", None)
    inputs = Inputs(operation=operation, payload=payload, now=NOW, seed=7, key=key)
    plans = [{"id": 1, "name": "one", "level": 1}]
    return Case("desk/plan", inputs, DictRecords({"desk/plan": plans, "desk/seat": SEATS}, KEYS))


@pytest.mark.parametrize("update", [False, True])
def test_what_nobody_reacts_to_is_accepted_quickly(program: Program, update: bool) -> None:
    """That nobody was found is a read, under the name of the event."""
    one = case({"name": "free"} if update else {"id": 5, "name": "free"}, update=update)
    outcome = decide_quickly(program.compiled, one.resource, one.inputs, one.records)

    assert outcome is not None
    assert outcome.accepted
    assert Read("close", "desk/seat", {"plan": "free"}, 0) in outcome.reads


@pytest.mark.parametrize("update", [False, True])
@pytest.mark.parametrize("level", [1, 3])
def test_what_somebody_reacts_to_is_left(program: Program, update: bool, level: int) -> None:
    """Of level 3 an effect gives the plan the name that a seat has."""
    sent = {"name": "taken" if level == 1 else "free", "level": level}
    one = case(sent if update else {"id": 5, **sent}, update=update)

    assert decide_quickly(program.compiled, one.resource, one.inputs, one.records) is None


def test_the_own_record_may_react(tmp_path: Path) -> None:
    """What is made is among those that react to what is made."""
    by_plan = "after: desk/plan.create, for_each: {find_all: desk/seat, by: {plan: source.name}}"
    by_status = "after: desk/seat.create, for_each: {find_all: desk/seat, by: {status: source.status}}"
    seat = SEAT.replace(by_plan, by_status).replace("level: source.level}}", "level: source.id}}", 1)
    program = load_desk(tmp_path, plan=PLAN, seat=seat)
    inputs = Inputs(operation="create", payload={"id": 5}, now=NOW, seed=7)
    records = DictRecords({"desk/seat": []}, KEYS)

    plain = decide(program.compiled, "desk/seat", inputs, records)

    assert [change.op for change in plain.changes] == ["create", "update"]
    assert decide_quickly(program.compiled, "desk/seat", inputs, records) is None


def test_both_ways_agree(program: Program) -> None:
    """Names that are taken, free, null or missing; warnings and refusals; what effects change."""
    random, tally = Random(11), Tally()
    values: dict[str, tuple[Any, ...]] = {
        "id": (1, 5, None),
        "name": ("free", "taken", "three", None, 5),
        "level": (1, 3, 7, "1"),
    }
    for _ in range(400):
        names = [name for name in values if random.random() < 0.8]
        payload = {name: random.choice(values[name]) for name in names}
        compare(program, case(payload, update=random.random() < 0.5), tally)

    assert not tally.differences
    assert tally.quickly > 30
    assert tally.accepted > tally.quickly

"""What a constraint forbids only when the transaction ends is a refusal, whoever moves the record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rulewright import Program, Store, load

PERSON = """
rulewright: 1
resource: desk/person
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  email: {type: string}
  status: {type: string, readonly: ignore}
workflow:
  field: status
  initial: here
  states: {here: {}, gone: {final: true}}
  events: {leave: {}}
  transitions: [{event: leave, from: here, to: gone, set: {email: "'nobody'"}}]
  timeouts: [{state: here, after: 1d, fire: leave}]
"""
LETTER = """
rulewright: 1
resource: desk/letter
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  to: {type: string, references: {resource: desk/person, by: email}}
"""
THEN = "2025-01-01T00:00:00Z"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    (tmp_path / "rules" / "desk").mkdir(parents=True)
    (tmp_path / "rules" / "desk" / "person.yaml").write_text(PERSON)
    (tmp_path / "rules" / "desk" / "letter.yaml").write_text(LETTER)
    return load(tmp_path / "rules")


@pytest.fixture
def store(new_store: Callable[[], Store], program: Program) -> Store:
    """A store of each kind with two persons, the first of whom a letter names."""
    made = new_store()
    for email in ("ann", "bob"):
        program.apply("desk/person", {"email": email}, store=made, as_of=THEN)
    assert program.apply("desk/letter", {"to": "ann"}, store=made).accepted
    return made


def test_apply_makes_a_problem_of_it(program: Program, store: Store) -> None:
    """It raised, where `apply_many` told of a conflict."""
    update = {"operation": "update", "key": 1, "store": store}
    receipts = [program.apply("desk/person", {"email": "eve"}, **update)]  # type: ignore[arg-type]
    receipts += program.apply_many("desk/person", [{"email": "eve"}], **update)  # type: ignore[arg-type]

    told = [(one.stored, one.outcome.verdict, one.problems[0].code) for one in receipts]
    assert told == [(False, "rejected", "conflict")] * 2
    assert store.find("desk/person", {"id": 1})[0]["email"] == "ann"


def test_tick_goes_on_to_the_next_record(program: Program, store: Store) -> None:
    """The first record ended every tick, so those after it were never moved."""
    receipts = program.tick(store=store)

    assert [one.outcome.verdict for one in receipts] == ["rejected", "accepted"]
    assert [one["status"] for one in store.find("desk/person", {})] == ["here", "gone"]

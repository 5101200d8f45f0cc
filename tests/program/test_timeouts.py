"""A record left in a state too long fires an event."""

from __future__ import annotations

from pathlib import Path

import pytest

from rulewright import Program, load
from rulewright_adapters import open_store

RULES = """
rulewright: 1
resource: desk/request
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  status: {type: string, readonly: ignore}
workflow:
  field: status
  initial: open
  states: {open: {}, chased: {}, closed: {final: true}}
  events: {answer: {}, chase: {}, give_up: {}}
  transitions:
    - {event: answer, from: '*', to: closed}
    - {event: chase, from: open, to: chased}
    - {event: give_up, from: chased, to: closed}
  timeouts:
    - {state: open, after: 30d, fire: chase}
    - {state: chased, after: 7d, fire: give_up}
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "request.yaml").write_text(RULES)
    return load(tmp_path)


@pytest.mark.parametrize("url", ["memory://", "sqlite://"])
def test_tick_fires_what_is_due_and_nothing_else(program: Program, url: str) -> None:
    """Each timeout counts from the moment its state was entered."""
    store = open_store(url)
    program.apply("desk/request", {}, store=store, as_of="2025-01-01T00:00:00Z")
    program.apply("desk/request", {}, store=store, as_of="2025-01-20T00:00:00Z")

    early = program.tick(store=store, as_of="2025-01-30T23:59:59Z")
    on_time = program.tick(store=store, as_of="2025-01-31T00:00:00Z")
    again = program.tick(store=store, as_of="2025-01-31T00:00:00Z")
    later = program.tick(store=store, as_of="2025-02-20T00:00:00Z")
    states = [record["status"] for record in store.find("desk/request", {})]
    store.close()

    assert early == again == ()
    assert [receipt.outcome.operation for receipt in on_time] == ["chase"]
    assert [receipt.outcome.operation for receipt in later] == ["chase", "give_up"]
    assert states == ["closed", "chased"]


def test_a_record_that_moved_on_does_not_time_out(program: Program) -> None:
    """An answered request is closed; no timeout knows it any more."""
    store = open_store("memory://")
    program.apply("desk/request", {}, store=store, as_of="2025-01-01T00:00:00Z")
    program.apply("desk/request", {}, operation="answer", key=1, store=store, as_of="2025-01-02T00:00:00Z")

    assert program.tick(store=store, as_of="2026-01-01T00:00:00Z") == ()


WORKED_OUT = """
rulewright: 1
resource: desk/visit
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  note: {type: string, nullable: true}
  left: {type: date, nullable: true, readonly: ignore}
workflow:
  state_from: 'given(current.left) ? ''gone'' : ''here'''
  states: {here: {}, gone: {final: true}}
  events: {leave: {}}
  transitions: [{event: leave, from: here, to: gone, set: {left: today}}]
  timeouts: [{state: here, after: 10d, fire: leave}]
"""


@pytest.mark.parametrize("url", ["memory://", "sqlite://"])
def test_a_state_that_is_worked_out_times_out(tmp_path: Path, url: str) -> None:
    """From when it was entered, whatever else is changed meanwhile: such timeouts never fired."""
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "visit.yaml").write_text(WORKED_OUT)
    program = load(tmp_path)
    store = open_store(url)
    program.apply("desk/visit", {}, store=store, as_of="2025-01-01T00:00:00Z")
    program.apply(
        "desk/visit", {"note": "hm"}, operation="update", key=1, store=store, as_of="2025-01-05T00:00:00Z"
    )

    early = program.tick(store=store, as_of="2025-01-10T23:59:59Z")
    on_time = program.tick(store=store, as_of="2025-01-11T00:00:00Z")
    again = program.tick(store=store, as_of="2025-03-01T00:00:00Z")
    left = [record["left"] for record in store.find("desk/visit", {})]
    store.close()

    assert early == again == ()
    assert [receipt.outcome.operation for receipt in on_time] == ["leave"]
    assert left == ["2025-01-11"]

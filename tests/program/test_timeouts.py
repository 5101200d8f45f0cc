"""A record left in a state too long fires an event."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from rulewright import Program, load
from rulewright.ports import Transaction
from rulewright_adapters import open_store
from rulewright_adapters.memory import MemoryStore

HEAD = """
rulewright: 1
resource: desk/request
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  status: {type: string, readonly: ignore}
workflow:
  field: status
  initial: open
"""

RULES = (
    HEAD
    + """\
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
)


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


MOVED = (
    HEAD
    + """\
  states: {open: {}, held: {}, over: {final: true}}
  events: {expire: {}, hold: {}, remind: {}}
  transitions:
    - {event: expire, from: '*', to: over}
    - {event: hold, from: open, to: held}
    - {event: remind, from: open, to: open}
  reactions:
    - {after: desk/request.expire, for_each: {find_all: desk/request, by: {status: "'open'"}}, fire: hold}
  timeouts: [{state: open, after: 30d, fire: %s}]
"""
)


def load_moved(folder: Path, event: str) -> Program:
    (folder / "desk").mkdir()
    (folder / "desk" / "request.yaml").write_text(MOVED % event)
    return load(folder)


def test_tick_fires_nothing_on_a_record_that_was_moved_meanwhile(tmp_path: Path) -> None:
    """A reaction to the first event takes the second record out of the state that it was left in."""
    program, store = load_moved(tmp_path, "expire"), open_store("memory://")
    for _ in range(2):
        program.apply("desk/request", {}, store=store, as_of="2025-01-01T00:00:00Z")

    fired = program.tick(store=store, as_of="2025-02-01T00:00:00Z")

    assert [receipt.outcome.record["id"] for receipt in fired if receipt.outcome.record] == [1]
    assert [record["status"] for record in store.find("desk/request", {})] == ["over", "held"]


def test_two_ticks_at_once_fire_an_event_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one comes between this one's looking and its firing."""
    program, store = load_moved(tmp_path, "remind"), MemoryStore()
    program.apply("desk/request", {}, store=store, as_of="2025-01-01T00:00:00Z")
    begin, others = store.transaction, []

    def begin_after_the_other() -> AbstractContextManager[Transaction]:
        monkeypatch.undo()
        others.extend(program.tick(store=store, as_of="2025-02-01T00:00:00Z"))
        return begin()

    monkeypatch.setattr(store, "transaction", begin_after_the_other)

    fired = program.tick(store=store, as_of="2025-02-01T00:00:00Z")

    assert (len(others), len(fired)) == (1, 0)


@pytest.mark.parametrize("url", ["memory://", "sqlite://"])
def test_a_reminder_is_sent_once_in_its_time(tmp_path: Path, url: str) -> None:
    """Its event leaves the record in the state, so the time begins again; every tick sent one."""
    program, store = load_moved(tmp_path, "remind"), open_store(url)
    program.apply("desk/request", {}, store=store, as_of="2025-01-01T00:00:00Z")

    days = ("2025-01-31", "2025-01-31", "2025-03-01", "2025-03-02")
    fired = [len(program.tick(store=store, as_of=f"{day}T00:00:00Z")) for day in days]
    store.close()

    assert fired == [1, 0, 0, 1]

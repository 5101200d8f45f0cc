"""What a batch looks up in a store is asked for by the many, whatever is told of it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from workplace import RULES, Run, Write

from rulewright.batch.kept import Kept
from rulewright.cli.deciding import groups, skimming
from rulewright.cli.deciding.remembered import RememberedRecords
from rulewright.errors import AdapterError
from rulewright.ports import Column, StoredRecord, Table
from rulewright_adapters.memory import MemoryStore
from rulewright_adapters.sqlite import SqliteStore

PEOPLE = [{"name": f"P{number}"} for number in range(1, 301)]
TICKETS = [
    {"title": f"t{number}", "assignee": 1 + number * 7 % 320, "code": f"c{number % 290}"}
    for number in range(300)
]
STORE = ("--store", "sqlite:///desk.db")


@pytest.fixture
def asked(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How a store with three hundred people, and three tickets, is asked; by `find`, and for many."""
    write("people.jsonl", PEOPLE)
    write("few.jsonl", TICKETS[:3])
    for resource, name in (("desk/person", "people.jsonl"), ("desk/ticket", "few.jsonl")):
        assert run("apply", resource, name, *STORE).code == 0
    counted: Counter[str] = Counter()
    for name in ("find", "find_each", "count"):
        monkeypatch.setattr(SqliteStore, name, counting(getattr(SqliteStore, name), counted))
    return counted


def counting(method: Any, counted: Counter[str]) -> Any:
    def call(self: Any, *words: Any) -> Any:
        counted[method.__name__] += 1
        return method(self, *words)

    return call


@pytest.mark.parametrize("form", ["text", "jsonl", "sarif"])
@pytest.mark.parametrize("kind", ["jsonl", "json"])
def test_many_payloads_ask_few_questions(
    run: Run, write: Write, asked: Counter[str], form: str, kind: str
) -> None:
    """Each with a person and a code of its own; some are refused for what is, or is not, there."""
    name = write(f"tickets.{kind}", TICKETS if kind == "jsonl" else json.dumps(TICKETS))
    ran = run("validate", "desk/ticket", name, *STORE, "--format", form)

    assert ran.code == 1
    assert "assignee.references" in ran.out
    assert 0 < asked["find_each"] < 20
    assert asked["find"] < 20


def test_updates_ask_few_questions(run: Run, write: Write, asked: Counter[str]) -> None:
    """The records that they are about are read by the many, too."""
    name = write("patches.jsonl", [{"id": number, "name": f"Q{number}"} for number in range(1, 301)])
    ran = run("plan", "desk/person", name, "--operation", "update", "--key", "id", *STORE)

    assert ran.code == 0, ran.err
    assert ran.out.count("Q") >= 300
    assert 0 < asked["find_each"] < 20
    assert asked["find"] < 20


@pytest.mark.parametrize("words", [(), ("--workers", "2")])
@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_the_same_as_one_by_one(
    run: Run,
    write: Write,
    asked: Counter[str],
    form: str,
    words: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every verdict, problem and copy, by however many processes; also where a line is very long."""
    lines = [json.dumps(ticket) for ticket in TICKETS]
    lines[200] = lines[200][:-1] + " " * 1_200_000 + "}"
    name = write("tickets.jsonl", "\n".join(lines))
    line = ["validate", "desk/ticket", name, *STORE, "--format", form, "--as-of", "2026-01-01", "--seed", "1"]
    line += ["--accepted", "a.out", "--rejected", "r.out"]
    ahead = run(*line, *words), Path("a.out").read_bytes(), Path("r.out").read_bytes()
    for module in (groups, skimming):
        monkeypatch.setattr(module, "foresee", lambda *_: None)

    assert (run(*line), Path("a.out").read_bytes(), Path("r.out").read_bytes()) == ahead
    assert asked["find"] > 200


def test_what_comes_from_a_pipe_is_told_of_as_it_comes(run: Run, asked: Counter[str]) -> None:
    """Nothing waits for payloads that were not sent yet."""
    lines = "".join(json.dumps(ticket) + "\n" for ticket in TICKETS[:5])
    ran = run(
        "validate",
        "desk/ticket",
        "-",
        "--stdin-filename",
        "in.jsonl",
        *STORE,
        "--format",
        "jsonl",
        stdin=lines,
    )

    assert len(ran.outcomes) == 5
    assert asked["find_each"] == 0


CALL = """
rulewright: 1
resource: desk/call
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  caller: {type: integer, required: true, references: {resource: desk/person, as: person}}
  note: {type: string, required_if: person.busy == true}
response: {body: {name: person.name}}
"""


@pytest.mark.parametrize("kind", ["jsonl", "json"])
def test_most_are_settled_by_what_was_read(
    run: Run, write: Write, asked: Counter[str], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it is known that the persons are there, and hold what those of others held."""
    rules = Path("rules/desk")
    rules.mkdir(parents=True)
    for one in RULES.glob("desk/*.yaml"):
        (rules / one.name).write_text(one.read_text())
    (rules / "call.yaml").write_text(CALL)
    calls = [{"caller": 1 + number % 305} for number in range(900)]
    lines = [json.dumps(call) for call in calls]
    lines[700] = lines[700][:-1] + " " * 1_200_000 + "}"
    name = write(f"calls.{kind}", "\n".join(lines) if kind == "jsonl" else json.dumps(calls))
    line = ["validate", "desk/call", name, *STORE, "--rules", "rules", "--format", "text"]
    line += ["--accepted", "a.out", "--rejected", "r.out"]
    decided: list[object] = []
    decide = skimming.Skimmer._decide
    monkeypatch.setattr(skimming.Skimmer, "_decide", lambda *words: decided.append(1) or decide(*words))
    glanced = run(*line), Path("a.out").read_bytes(), Path("r.out").read_bytes()
    in_full = len(decided)
    monkeypatch.setattr(skimming, "verdicts_of", lambda *_: None)

    assert (run(*line), Path("a.out").read_bytes(), Path("r.out").read_bytes()) == glanced
    assert glanced[0].out.count("references") == 10
    assert in_full < 300 < len(decided) - in_full
    assert asked["find"] < 20


TABLE = Table(
    "desk/room", "id", (Column("id", "integer"), Column("floor", "integer"), Column("open", "boolean"))
)
ROOMS: list[StoredRecord] = [
    {"id": number, "floor": number % 3, "open": number % 2 == 0} for number in range(9)
]


@pytest.fixture
def rooms(tmp_path: Path) -> Any:
    store = SqliteStore(tmp_path / "rooms.db")
    store.prepare([TABLE])
    with store.transaction() as transaction:
        transaction.insert_many(TABLE.resource, ROOMS)
    yield store
    store.close()


def test_answers_are_those_of_the_store(rooms: SqliteStore) -> None:
    """By the fields that were read by, by others too, by values of another type, and by what is not there."""
    remembered = RememberedRecords(rooms, [TABLE])
    remembered.read_ahead("desk/room", ("id",), [(1,), (2,), (40,)])
    wheres: list[dict[str, Any]] = [
        *({"id": one} for one in (1, 2, 3, 40, 41, 1.0, True, "1", None, [1, 2], [2, 40, None])),
        *({"id": one, "open": True} for one in (1, 2, 4)),
        *({"floor": 1, "open": False, "id": one} for one in (1, 7)),
        {"floor": 1},
        {},
    ]

    for where in wheres:
        for limit in (None, 1):
            assert remembered.find("desk/room", where, limit) == rooms.find("desk/room", where, limit)
        assert remembered.count("desk/room", where) == rooms.count("desk/room", where)
    assert remembered.find("desk/hall", {"id": 1}) == []


def test_a_count_is_taken_from_what_was_read(rooms: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """By these fields, and by these and others."""
    kept = Kept(rooms, TABLE)
    kept.read_ahead(("id",), [(1,), (2,)])
    monkeypatch.delattr(SqliteStore, "count")

    assert kept.count({"id": 2}, ("id",), (2,)) == 1
    assert kept.count({"id": 2, "open": False}, ("id", "open"), (2, (False,))) == 0


def test_what_is_known_is_not_read_again(rooms: SqliteStore) -> None:
    """Only keys that are new."""
    kept = Kept(rooms, TABLE)
    kept.read_ahead(("id",), [(1,), (2,)])

    assert kept.read_ahead(("id",), [(2,), (3,)]) == {3: [ROOMS[3]]}


def test_what_can_not_be_read_ahead_is_asked_for_when_it_is_wanted(
    rooms: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody may want it: who does is told."""

    def failing(*_: object) -> Any:
        raise AdapterError("no such column")

    monkeypatch.setattr(SqliteStore, "find_each", failing)
    remembered = RememberedRecords(rooms, [TABLE])
    remembered.read_ahead("desk/room", ("id",), [(1,)])

    assert remembered.find("desk/room", {"id": 1}) == [ROOMS[1]]


def test_records_in_memory_are_asked_as_they_are() -> None:
    """They have no faster way."""
    assert not RememberedRecords(MemoryStore({}), [TABLE]).reads_ahead

"""`apply`: what is accepted is stored, and what is refused leaves nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from pathlib import Path

import pytest
from workplace import COPIES, JSONL, STORE, Run, Write, refused_in, stored

from rulewright.program import shipped_rules


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "memory://"])
def test_a_store_in_memory_is_said_to_be_none_that_stays(run: Run, write: Write, url: str) -> None:
    """Who forgets the file's name would take for stored what is gone a moment later."""
    ran = run("apply", "desk/person", write("joy.json", {"name": "Joy"}), "--store", url)

    assert ran.code == 0
    assert ran.err.startswith(f"warning: {url} is in memory, and gone when this command ends")


def test_several_files_give_one_json_array(run: Run, write: Write) -> None:
    """As `validate` gives one: two objects, one behind the other, are no JSON."""
    files = [write(f"{name}.json", {"name": name}) for name in ("joy", "ann")]

    ran = run("apply", "desk/person", *files, *STORE, "--format", "json")

    assert [one["record"]["name"] for one in json.loads(ran.out)] == ["joy", "ann"]


def test_plan_shows_what_apply_does(run: Run, write: Write) -> None:
    """The same changes with before and set, and they are in the store afterwards."""
    run("apply", "desk/person", write("joy.json", {"name": "Joy", "busy": False}), *STORE)
    ticket = write("ticket.json", {"title": "Printer", "assignee": 1})

    planned = run("plan", "desk/ticket", ticket, *STORE, *JSONL).outcomes[0]
    busy_before = stored("busy", "desk_person")
    applied = run("apply", "desk/ticket", ticket, *STORE, *JSONL).outcomes[0]

    assert applied["changes"] == planned["changes"]
    assert planned["changes"][1]["before"] == {"busy": False}
    assert (busy_before, stored("busy", "desk_person"), stored("title")) == ([0], [1], ["Printer"])


def test_refused_payloads_leave_nothing(run: Run, write: Write) -> None:
    """Payloads are applied one after the other; the refused ones are not stored."""
    ran = run(
        "apply",
        "desk/ticket",
        write("t.jsonl", [{"code": "a"}, {"code": "a"}, {"code": "b"}]),
        *STORE,
        *JSONL,
    )

    assert [one["verdict"] for one in ran.outcomes] == ["accepted", "rejected", "accepted"]
    assert (ran.code, stored("code")) == (1, ["a", "b"])


def test_split_and_stop(run: Run, write: Write) -> None:
    """--accepted and --rejected part a batch, --max-errors ends it; nothing is stored unsaid."""
    lines = write("t.jsonl", '{"code": "a"}\n{"code": 1}\nno\n{"code": "b"}\n')

    ran = run(
        *("apply", "desk/ticket", lines, *STORE, *JSONL, "--max-errors", "2"),
        *COPIES,
    )

    assert len(ran.outcomes) == 3
    assert stored("code") == ["a"]
    assert Path("good.jsonl").read_text() == '{"code": "a"}\n'
    assert refused_in("bad.jsonl") == ['{"code": 1}', "no"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are texts")
def test_names_that_are_no_utf_8(run: Run, write: Write) -> None:
    """Files, folders and what is written may be called so; what is kept of them is escaped."""
    folder = os.fsdecode(b"d\xff")
    os.mkdir(folder)
    lines, bad = (f"{folder}/{name}" for name in ("t.jsonl", "bad.jsonl"))
    write(lines, '{"title": "a"}\nno\n')
    words = ("apply", "desk/ticket", lines, *STORE, "--rejected", bad, "--param", os.fsdecode(b"x=\xff"))

    ran, again = run(*words), run(*words, "--resume")

    assert (ran.code, again.code, stored("title")) == (1, 1, ["a"])
    assert refused_in(bad) == ["no"]


def test_store_that_is_busy(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that fails ends the command with 2 and says how much was done."""
    run("apply", "desk/ticket", write("t.json", {"title": "a"}), *STORE)
    monkeypatch.setattr("rulewright_adapters.sqlite_connection.PATIENCE", 0.05)
    other = sqlite3.connect("t.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    ran = run("apply", "desk/ticket", "t.json", *STORE)
    other.close()

    assert ran.code == 2
    assert "0 payloads were done before the store failed\n" in ran.err
    assert "Traceback" not in ran.err


def test_a_slip_in_the_field_of_key_is_told(run: Run, write: Write) -> None:
    """Where keys are texts, it might be one: then every payload is about a record that is not there."""
    people = ("validate", "rubixx/person", write("u.json", {}), "--rules", str(shipped_rules()))

    slip, key = (run(*people, *STORE, "--operation", "update", "--key", one) for one in ("refrence", "P1"))

    assert "warning: --key refrence is taken for a record's key" in slip.err
    assert "did you mean reference?" in slip.err
    assert "warning: --key" not in key.err


def test_update(run: Run, write: Write) -> None:
    """An update names its record by --key."""
    run("apply", "desk/ticket", write("t.json", {"title": "a"}), *STORE)
    words = ("apply", "desk/ticket", write("u.json", {"title": "b"}), *STORE, "--operation", "update")

    assert (run(*words).code, run(*words, "--key", "2").code, run(*words, "--key", "1").code) == (2, 1, 0)
    assert stored("title") == ["b"]

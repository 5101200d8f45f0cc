"""`apply --plan`: what a plan showed is carried out, all of it or nothing, and once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from workplace import JSONL, RULES, STORE, Run, Write, stored

from rulewright.program import shipped_rules


def test_plan_carried_out(run: Run, write: Write) -> None:
    """A plan is carried out as it was shown; only generated values may have moved on."""
    write("t.jsonl", [{"title": "a"}, {"title": "b"}, {"title": 5}])
    planned = run("plan", "desk/ticket", "t.jsonl", *STORE, *JSONL)
    write("plan.jsonl", planned.out)
    run("apply", "desk/ticket", write("other.json", {"title": "between"}), *STORE)

    ran = run("apply", "--plan", "plan.jsonl", *STORE, *JSONL)

    assert [one["record"] and one["record"]["id"] for one in ran.outcomes] == [2, 3, None]
    assert (ran.code, stored("title")) == (1, ["between", "a", "b"])


def test_a_plan_is_carried_out_once(run: Run, write: Write) -> None:
    """A second time it would store everything again, under other ids; a new plan of the same file may."""
    write("t.jsonl", [{"title": "a"}, {"title": "b"}])
    plan = ("plan", "desk/ticket", "t.jsonl", *STORE, "--as-of", "2025-01-15", *JSONL)
    write("plan.jsonl", run(*plan).out)

    first, second = (run("apply", "--plan", "plan.jsonl", *STORE) for _ in range(2))
    write("plan.jsonl", run(*plan).out)
    third = run("apply", "--plan", "plan.jsonl", *STORE)

    assert (first.code, second.code, third.code) == (0, 1, 0)
    assert "error[conflict]: this plan was carried out already" in second.out
    assert stored("title") == ["a", "b", "a", "b"]


@pytest.mark.parametrize("change", ["record", "payload", "rules", "more"])
def test_plan_that_no_longer_holds(run: Run, write: Write, change: str) -> None:
    """Records, payloads or rules that changed since the plan: a conflict, and nothing at all is stored."""
    run("apply", "desk/person", write("joy.json", {"name": "Joy", "busy": False}), *STORE)
    write("t.jsonl", [{"title": "a"}, {"title": "b", "assignee": 1}])
    write("plan.json", run("plan", "desk/ticket", "t.jsonl", *STORE, "--format", "json").out)
    rules: tuple[str, ...] = ()
    if change == "record":
        busy = write("busy.json", {"busy": True})
        run("apply", "desk/person", busy, *STORE, "--operation", "update", "--key", "1")
    elif change == "payload":
        write("t.jsonl", [{"title": "a"}, {"title": "B", "assignee": 1}])
    elif change == "more":
        write("t.jsonl", [{"title": "a"}, {"title": "b", "assignee": 1}, {}])
    else:
        rules = ("--rules", _other_rules())

    ran = run("apply", "--plan", "plan.json", *STORE, *JSONL, *rules)

    assert [p["code"] for one in ran.outcomes for p in one["problems"]] == ["conflict"]
    assert "nothing was stored" in ran.err
    assert (ran.code, stored("title")) == (1, [])


def test_a_plan_whose_payloads_are_gone(run: Run, write: Write) -> None:
    """There is no payload to tell the conflict of, so the command says it; it said IndexError."""
    write("t.json", [{"title": "a"}])
    write("plan.json", run("plan", "desk/ticket", "t.json", *STORE, "--format", "json").out)
    write("t.json", "[]")

    ran = run("apply", "--plan", "plan.json", *STORE)

    assert (ran.code, stored("title")) == (2, [])
    assert ran.err == "error: the plan was made for 1 payload; now there is none in t.json\n"


def test_a_plan_is_for_its_caller(run: Run, write: Write) -> None:
    """Without one, what to do is told; a verdict that changed is told with its reason."""
    write("t.json", {"title": "a"})
    write("plan.json", run("plan", "desk/ticket", "t.json", *STORE, "--format", "json").out)

    nobody = run("apply", "--plan", "plan.json", *STORE, "--actor", "null")
    carried = run("apply", "--plan", "plan.json", *STORE)

    assert (nobody.code, carried.code) == (1, 0)
    assert "this was accepted when planned and is rejected now: nobody is named as the caller" in nobody.out
    assert "for the caller that it was made for; give --actor as for `plan`" in nobody.err


@pytest.mark.parametrize(("key", "payload"), [("1", {"title": "b"}), ("id", {"id": 1, "title": "b"})])
def test_a_plan_of_updates_knows_their_key(
    run: Run, write: Write, key: str, payload: dict[str, object]
) -> None:
    """The record, or the field that names it; who gives another one is told that the plan does not hold."""
    run("apply", "desk/ticket", write("t.json", {"title": "a"}), *STORE)
    update = ("--operation", "update", "--key")
    planned = run("plan", "desk/ticket", write("u.json", payload), *update, key, *STORE, "--format", "json")
    write("plan.json", planned.out)

    other, carried = (run("apply", "--plan", "plan.json", *more, *STORE) for more in ((*update, "2"), ()))

    assert (other.code, carried.code, stored("title")) == (1, 0, ["b"])


def test_a_plan_knows_the_parameters_of_its_path(run: Run, write: Write) -> None:
    """As it knows the key: they are part of what is called, and no secret."""
    allowed = {"permissions": ["SupportPlans.EditSupportSchemes"]}
    shipped = (*STORE, "--rules", str(shipped_rules()), "--actor", json.dumps(allowed))
    scheme, person = {"reference": "SP1", "name": "S", "members": []}, {"reference": "P1", "name": "Al"}
    run("apply", "rubixx/support_scheme", write("s.json", scheme), *shipped)
    run("apply", "rubixx/person", write("p.json", person), *shipped)
    engagement = {"startDate": "01/02/2025", "status": "Active", "referredPersonReference": "P1"}
    address = {"addressLineOne": "1 High St", "postcode": "AB1 2CD"}
    words = ("plan", "rubixx/engagement", write("e.json", engagement | {"address": address}), *shipped)
    write("plan.json", run(*words, "--param", "schemeReference=SP1", "--format", "json").out)

    ran = run("apply", "--plan", "plan.json", *shipped, *JSONL)

    assert (ran.code, [one["record"]["schemeReference"] for one in ran.outcomes]) == (0, ["SP1"])


def test_a_plan_of_updates_without_their_key_asks_for_it(run: Run, write: Write) -> None:
    """One of an older version, or of keys that are secret; which options those are, is told."""
    run("apply", "desk/ticket", write("t.json", {"title": "a"}), *STORE)
    update = ("--operation", "update", "--key", "1")
    planned = run("plan", "desk/ticket", write("u.json", {"title": "b"}), *update, *STORE, "--format", "json")
    outcome = json.loads(planned.out)
    del outcome["payload"]["key"]
    write("plan.json", outcome)

    without, carried = (run("apply", "--plan", "plan.json", *more, *STORE) for more in ((), update))

    assert (without.code, carried.code, stored("title")) == (2, 0, ["b"])
    assert "plan.json plans updates: give --operation update and --key as for `plan`" in without.err


def _other_rules() -> str:
    os.makedirs("other/desk")
    for file in (RULES / "desk").iterdir():
        Path("other/desk", file.name).write_text(file.read_text() + "# changed\n")
    return "other"


def test_what_is_no_plan(run: Run, write: Write) -> None:
    """A file that is no plan, or a plan for something else, is refused."""
    write("t.json", {"title": "a"})
    write("plan.json", run("plan", "desk/ticket", "t.json", "--store", "memory://", "--format", "json").out)

    assert "this is no plan" in run("apply", "--plan", "t.json", *STORE).err
    assert "is a plan for desk/ticket" in run("apply", "desk/person", "--plan", "plan.json", *STORE).err

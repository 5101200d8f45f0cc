"""An expression that fails tells no secret, whichever of its rule's it is and whatever it reads through."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rulewright import Program, load, outcome_json
from rulewright_adapters.memory import MemoryStore

SECRET = "tops3cret"  # no number: int() of it fails, and says of what
ID = "id: {type: integer, generate: sequence}"
PIN = "pin: {type: string, sensitive: true}"


class Case(NamedTuple):
    """Rule files but for their first lines, records, and a call of desk/ticket."""

    ticket: str
    other: str = f"fields: {{{ID}, n: {{type: integer}}}}"
    third: str = f"fields: {{{ID}}}"
    api: str = ""
    payload: Mapping[str, object] = {"pin": SECRET}
    given: Mapping[str, object] = {}
    call: Mapping[str, Any] = {}


CASES = {
    "where of an effect": Case(
        f"fields: {{{ID}, {PIN}}}\n"
        "effects: [{id: e, update: desk/other, where: {n: int(payload.pin)}, set: {n: 1}}]"
    ),
    "with of a reaction": Case(
        f"fields: {{{ID}, {PIN}}}",
        f"fields: {{{ID}, state: {{type: string, readonly: ignore}}, n: {{type: integer}}}}\n"
        "workflow:\n"
        "  field: state\n"
        "  initial: a\n"
        "  states: {a: {}, b: {}}\n"
        "  events: {go: {fields: {n: {}}}}\n"
        "  transitions: [{event: go, from: a, to: b}]\n"
        "  reactions:\n"
        "    - {after: desk/ticket.create, for_each: {find_all: desk/other, by: {n: source.id}}, fire: go,"
        " with: {n: int(source.pin)}}",
    ),
    "the envelope of a record": Case(
        f"operations: {{create: {{method: POST, path: /t, status: 201}}}}\nfields: {{{ID}, {PIN}}}",
        api="envelope: {data: int(body.pin)}\n",
    ),
    "the envelope of a shaped body": Case(
        f"operations: {{create: {{method: POST, path: /t, status: 201}}}}\nfields: {{{ID}, {PIN}}}\n"
        "response: {body: record.pin}",
        api="envelope: {data: int(body)}\n",
    ),
    "what a created record looks up": Case(
        f"fields: {{{ID}}}\neffects: [{{id: e, create: desk/other, set: {{n: 1}}}}]",
        "lookups: {found: {find: desk/third, by: {id: record.n}}}\n"
        f"fields: {{{ID}, n: {{type: integer}}, made: {{type: integer, compute: int(found.pin)}}}}",
        f"fields: {{{ID}, {PIN}}}",
        payload={},
        given={"desk/third": [{"id": 1, "pin": SECRET}]},
    ),
    "what does not fit a created record": Case(
        f"fields: {{{ID}}}\neffects: [{{id: e, create: desk/other, set: {{n: 1}}}}]",
        "lookups: {found: {find: desk/third, by: {id: record.n}}}\n"
        f"fields: {{{ID}, n: {{type: integer}},"
        " made: {type: integer, sensitive: false, compute: found.pin}}",
        f"fields: {{{ID}, pin: {{type: any, sensitive: true}}}}",
        payload={},
        given={"desk/third": [{"id": 1, "pin": SECRET}]},
    ),
    "the state that an event leads to": Case(
        f"fields: {{{ID}, {PIN}}}\n"
        "workflow:\n"
        "  state_from: \"given(current.pin) ? (int(current.pin) > 0 ? 'a' : 'b') : 'a'\"\n"
        "  states: {a: {}, b: {}}\n"
        "  events: {go: {fields: {pin: {}}}}\n"
        "  transitions: [{event: go, from: a, to: b}]",
        given={"desk/ticket": [{"id": 1}]},
        call={"operation": "go", "key": 1},
    ),
    "the reference that facts come from": Case(
        f"fields:\n  {ID}\n  {PIN}\n  title: {{type: string}}\n"
        "  other: {type: integer, references: {resource: desk/other, as: found,"
        " where: {n: int(current.pin)}}}\n"
        "infer:\n"
        "  - {id: i, facts: {a: found, b: $record}, when: a.n == 1 && b.title == 'q',"
        " problem: {message: no}}",
        payload={"title": "q"},
        given={"desk/other": [{"id": 1, "n": 1}], "desk/ticket": [{"id": 1, "pin": SECRET, "other": 1}]},
        call={"operation": "update", "key": 1},
    ),
}


def program_of(case: Case, folder: Path) -> Program:
    (folder / "desk").mkdir()
    (folder / "desk" / "api.yaml").write_text(f"rulewright: 1\napi: desk\n{case.api}")
    for name in ("ticket", "other", "third"):
        text = f"rulewright: 1\nresource: desk/{name}\nkey: id\n{getattr(case, name)}\n"
        (folder / "desk" / f"{name}.yaml").write_text(text)
    return load(folder)


@pytest.mark.parametrize("referee", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_an_expression_that_fails_tells_no_secret(name: str, referee: bool, tmp_path: Path) -> None:
    """Neither in its error's words nor in what it read."""
    case = CASES[name]
    program = program_of(case, tmp_path)
    given = {"desk/other": [{"id": 1, "n": 1}], **case.given}
    store = MemoryStore(given, program.tables)  # type: ignore[arg-type]  # lists of records

    # Generated code is asked from the third on.
    outcomes = [
        program.evaluate("desk/ticket", case.payload, store=store, referee=referee, **case.call)
        for _ in range(1 if referee else 4)
    ]

    assert [outcome.accepted for outcome in outcomes] == [False] * len(outcomes)
    assert SECRET not in json.dumps([outcome_json(one, program, case.payload) for one in outcomes])

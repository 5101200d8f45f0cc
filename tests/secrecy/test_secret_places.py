"""Secrets where rules stand in a list's item, an event, a reference or a workflow, and very short ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from rulewright import Program, load, outcome_json
from rulewright.cli.rule_files.scenario_run import examine
from rulewright.evaluation import mask_echo
from rulewright.history import DECISIONS
from rulewright.outbox.editing import list_letters
from rulewright.ports import Store
from rulewright.report.letters import letter_json
from rulewright_adapters.memory import MemoryStore

SECRET = "Zq"  # two characters: too short to be looked for in texts


def desk(tmp_path: Path, ticket: str, person: str = "  pin: {type: string, sensitive: true}") -> Program:
    """Two resources: tickets, and the people whom they are about."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "api.yaml").write_text(
        "rulewright: 1\napi: desk\ntargets: {hook: {url: 'https://example.org/h'}}\n"
    )
    (folder / "ticket.yaml").write_text(f"rulewright: 1\nresource: desk/ticket\nkey: id\n{ticket}")
    (folder / "person.yaml").write_text(
        "rulewright: 1\nresource: desk/person\nkey: id\nfields:\n"
        f"  id: {{type: integer, readonly: ignore, generate: sequence}}\n{person}\n"
    )
    return load(tmp_path)


def stored(program: Program, **records: list[Mapping[str, object]]) -> Store:
    """A store of tickets and people."""
    store = MemoryStore()
    store.prepare(program.tables)
    with store.transaction() as transaction:
        for name, rows in records.items():
            for row in rows:
                transaction.insert(f"desk/{name}", row)
    return store


def told(program: Program, payload: object, store: Store, **call: object) -> list[dict[str, object]]:
    """What both evaluators say of a ticket, as reports show it."""
    given = {"as_of": "2025-01-01T00:00:00Z", "seed": 1, "store": store, **call}
    outcomes = (
        program.evaluate("desk/ticket", payload, referee=referee, **given)  # type: ignore[arg-type]
        for referee in (True, False)
    )
    return [outcome_json(one, program, payload) for one in outcomes]


REFUSED = {
    "a part of an item beside a secret": (
        "  lines: {type: list, items: {type: object, fields: {pin: {type: string, sensitive: true},"
        " name: {type: string, checks: [{id: c, check: item.pin == value, message: no}]}}}}",
        {"lines": [{"pin": SECRET, "name": "a"}]},
    ),
    "a condition of a part of an item": (
        "  lines: {type: list, items: {type: object, fields: {pin: {type: string, sensitive: true},"
        " name: {type: string, required_if: given(item.pin)}}}}",
        {"lines": [{"pin": SECRET}]},
    ),
    "a list whose items hold secrets": (
        "  lines: {type: list, items: {type: object, fields: {pin: {type: string, sensitive: true}}},"
        " checks: [{id: c, check: size(value) == 0, message: no}]}",
        {"lines": [{"pin": SECRET}]},
    ),
    "a check deep in a secret object": (
        "  box: {type: object, sensitive: true, fields: {code: {type: string,"
        " checks: [{id: c, check: value == 'a', message: no}]}}}",
        {"box": {"code": SECRET}},
    ),
    "an object with a secret deep in it": (
        "  box: {type: object, fields: {deep: {type: object, fields: {code: {type: string,"
        " sensitive: true}}}}, checks: [{id: c, check: value.deep.code == 'a', message: no}]}",
        {"box": {"deep": {"code": SECRET}}},
    ),
    "an entry of a map": (
        "  keys: {type: map, items: {type: string, sensitive: true,"
        " checks: [{id: c, check: value == 'a', message: no}]}}",
        {"keys": {"one": SECRET}},
    ),
    "options of an item": (
        "  lines: {type: list, items: {type: object, fields: {pin: {type: string, sensitive: true},"
        " name: {type: string, one_of: '[item.pin]'}}}}",
        {"lines": [{"pin": SECRET, "name": "a"}]},
    ),
    "a value that is computed in an item": (
        "  lines: {type: list, items: {type: object, fields: {pin: {type: string, sensitive: true},"
        " name: {type: string, compute: item.pin}}}}\n"
        "checks: [{id: c, check: 'record.lines[0].name == null', message: no}]",
        {"lines": [{"pin": SECRET, "name": "a"}]},
    ),
    "a list with a secret text": (
        "  tags: {type: list, items: {type: string, sensitive: true}}\n"
        "checks: [{id: c, check: \"payload.tags == ['a']\", message: no}]",
        {"tags": [SECRET]},
    ),
}


@pytest.mark.parametrize("place", REFUSED)
def test_a_refusal_tells_no_secret(place: str, tmp_path: Path) -> None:
    """Nor in what its rule read."""
    fields, payload = REFUSED[place]
    program = desk(tmp_path, f"fields:\n  id: {{type: integer, generate: sequence}}\n{fields}\n")

    shown = told(program, payload, stored(program))

    assert [one["verdict"] for one in shown] == ["rejected", "rejected"]
    assert SECRET not in json.dumps(shown)


def test_what_is_no_secret_is_still_shown(tmp_path: Path) -> None:
    """The name beside a secret, the field that says sensitive: false, a count, and what a rule compared."""
    program = desk(
        tmp_path,
        "fields:\n"
        "  id: {type: integer, generate: sequence}\n"
        "  card: {type: string, sensitive: true}\n"
        "  ends: {type: string, sensitive: false, compute: 'payload.card.substring(4)'}\n"
        "  long: {type: integer, compute: size(payload.card)}\n"
        "  weak: {type: boolean, compute: \"payload.card == '0000'\"}\n"
        "  lines: {type: list, items: {type: object, fields: {pin: {type: string, sensitive: true},"
        " name: {type: string, checks: [{id: c, check: item.name == 'b', message: no}]}}}}\n"
        "checks: [{id: c, check: record.ends == '' && record.long == 0 && record.weak, message: no}]\n",
    )

    shown = told(program, {"card": "abcdef", "lines": [{"pin": SECRET, "name": "Ann"}]}, stored(program))

    for one in shown:
        first, second = (problem["because"]["values"] for problem in one["problems"])  # type: ignore[attr-defined]
        assert first == {"item.name": "Ann"}
        assert second == {"record.ends": "ef", "record.long": 6, "record.weak": False}


def test_an_events_own_field_is_as_secret(tmp_path: Path) -> None:
    """Of no record, it stands in the event's payload alone; and what a transition makes of it."""
    program = desk(
        tmp_path,
        "fields:\n"
        "  id: {type: integer, generate: sequence}\n"
        "  note: {type: string}\n"
        "  state: {type: string, readonly: ignore}\n"
        "workflow:\n"
        "  field: state\n"
        "  initial: open\n"
        "  states: {open: {}, shut: {}}\n"
        "  events: {shut: {fields: {code: {type: string, sensitive: true}}}}\n"
        "  transitions:\n"
        "    - {event: shut, from: open, to: shut, guard: \"payload.code != 'no'\","
        " set: {note: \"'by ' + payload.code\"}}\n",
    )
    records = {"ticket": [{"id": 1, "state": "open"}]}
    store = stored(program, **records)  # type: ignore[arg-type]

    accepted = told(program, {"code": SECRET}, store, operation="shut", key=1)
    refused = told(program, {"code": "no"}, store, operation="shut", key=1)
    program.apply("desk/ticket", {"code": SECRET}, store=store, operation="shut", key=1)

    assert accepted[0]["record"]["note"] == "***"  # type: ignore[index]
    assert refused[0]["problems"][0]["because"]["values"] == {"payload.code": "***"}  # type: ignore[index]
    assert SECRET not in json.dumps([accepted, [*store.find(DECISIONS.resource, {})]], default=str)


def test_what_a_transition_has_bound_is_as_secret(tmp_path: Path) -> None:
    """In a condition that fails, and in its error's words."""
    program = desk(
        tmp_path,
        "fields: {id: {type: integer, generate: sequence}, state: {type: string, readonly: ignore}}\n"
        "workflow:\n"
        "  field: state\n"
        "  initial: open\n"
        "  states: {open: {}, shut: {}}\n"
        "  events: {shut: {fields: {code: {type: string}}}}\n"
        "  transitions:\n"
        "    - event: shut\n"
        "      from: open\n"
        "      to: shut\n"
        "      effects:\n"
        "        - {id: a, create: desk/person, bind: made, set: {pin: payload.code}}\n"
        "        - {id: b, when: int(made.pin) > 0, update: made, set: {pin: '\"x\"'}}\n",
    )
    store = stored(program, ticket=[{"id": 1, "state": "open"}])

    shown = told(program, {"code": SECRET}, store, operation="shut", key=1)

    assert [one["problems"][0]["because"]["values"] for one in shown] == [{"made.pin": "***"}] * 2  # type: ignore[index]
    assert SECRET not in json.dumps(shown)


def test_the_largest_of_secrets_is_one(tmp_path: Path) -> None:
    """As `max` and `min` give it."""
    program = desk(
        tmp_path,
        "lookups: {top: {max: desk/person, of: pin, by: {name: payload.name}}}\n"
        "fields:\n"
        "  id: {type: integer, generate: sequence}\n"
        "  name: {type: string}\n"
        "checks: [{id: c, check: top == null, message: no}]\n",
        "  name: {type: string}\n  pin: {type: string, sensitive: true}",
    )
    store = stored(program, person=[{"id": 1, "name": "Ann", "pin": SECRET}])

    shown = told(program, {"name": "Ann"}, store)

    assert [one["problems"][0]["because"]["values"] for one in shown] == [{"top": "***"}] * 2  # type: ignore[index]


@pytest.mark.parametrize("sent", [1, 2])
def test_whom_a_secret_field_names_is_not_told(sent: int, tmp_path: Path) -> None:
    """Not in what was read, nor where there is no such record."""
    program = desk(
        tmp_path,
        "fields:\n"
        "  id: {type: integer, generate: sequence}\n"
        "  patient: {type: integer, sensitive: true, references: {resource: desk/person, as: person}}\n",
    )
    store = stored(program, person=[{"id": 1}])

    shown = told(program, {"patient": sent}, store)
    program.apply("desk/ticket", {"patient": 1}, store=store)

    assert [one["reads"][0]["by"] for one in shown] == [{"id": "***"}] * 2  # type: ignore[index]
    assert [one["changes"] or one["problems"][0]["because"]["values"] for one in shown]  # type: ignore[index]
    (kept,) = store.find(DECISIONS.resource, {})
    assert json.loads(str(kept["detail"]))["reads"][0]["by"] == {"id": "***"}


def test_a_secret_state_is_not_told(tmp_path: Path) -> None:
    """Where an event is not possible in it."""
    program = desk(
        tmp_path,
        "fields:\n"
        "  id: {type: integer, generate: sequence}\n"
        "  state: {type: string, readonly: ignore, sensitive: true}\n"
        "workflow:\n"
        "  field: state\n"
        "  initial: open\n"
        f"  states: {{open: {{}}, {SECRET}: {{}}}}\n"
        "  transitions: [{event: shut, from: open, to: open}]\n",
    )
    store = stored(program, ticket=[{"id": 1, "state": SECRET}])

    shown = told(program, {}, store, operation="shut", key=1)

    assert "not possible in state ***" in shown[0]["problems"][0]["message"]  # type: ignore[index]
    assert SECRET not in json.dumps(shown)


@pytest.mark.parametrize("value", [7, True, SECRET, ""])
def test_short_secrets_are_masked_by_what_made_them(value: object, tmp_path: Path) -> None:
    """In responses and messages; what only looks like one stays."""
    kind = {int: "integer", bool: "boolean", str: "string"}[type(value)]
    program = desk(
        tmp_path,
        "operations: {create: {method: POST, path: /t, status: 201}}\n"
        f"fields:\n  id: {{type: integer, generate: sequence}}\n  pin: {{type: {kind}, sensitive: true}}\n"
        f"  open: {{type: {kind}}}\n"
        "effects: [{id: tell, send: hook, body: {secret: record.pin, open: record.open}}]\n"
        "response: {body: {secret: record.pin, open: record.open}}\n",
    )

    for one in told(program, {"pin": value, "open": value}, stored(program)):
        shown = {"secret": "***", "open": value}
        assert one["response"]["body"] == shown  # type: ignore[index]
        assert one["messages"][0]["body"] == shown  # type: ignore[index]


def test_a_header_that_proves_who_calls_is_not_told(tmp_path: Path) -> None:
    """Others could repeat it; any other header is told."""
    program = desk(
        tmp_path,
        "fields:\n  id: {type: integer, generate: sequence}\n"
        "checks: [{id: c, check: request.headers.authorization == request.headers.team, message: no}]\n",
    )
    request = {"headers": {"Authorization": SECRET, "Team": "blue"}}

    shown = told(program, {}, stored(program), request=request)

    read = {"request.headers.authorization": "***", "request.headers.team": "blue"}
    assert [one["problems"][0]["because"]["values"] for one in shown] == [read] * 2  # type: ignore[index]


def test_a_secret_that_is_part_of_another_leaves_nothing_of_it() -> None:
    """The longer one is looked for first, else its end would be left standing."""
    sent = {"pin": "1234", "card": "1234567", "code": "67890"}

    shown = mask_echo(sent, dict.fromkeys(sent, "***"), {"was": "card 1234567 or 1234, not 67890"})

    assert shown == {"was": "card *** or ***, not ***"}


def test_what_a_receiver_echoes_is_masked_however_short() -> None:
    """Whole values that equal what was masked in the message; nobody knows what made the answer."""
    sent = {"pin": SECRET, "level": 7, "name": "Ann"}

    shown = mask_echo(sent, {**sent, "pin": "***", "level": "***"}, {"was": [SECRET, 7, "7", 77, "Ann"]})

    assert shown == {"was": ["***", "***", "***", 77, "Ann"]}


@pytest.mark.parametrize(
    "echo",
    [
        "/people/Jos%C3%A9%20%2F%20O%22N",
        "/people/Jos%C3%A9+%2F+O%22N",
        '{"was": "Jos\\u00e9 / O\\"N',
        'José / O"N',
    ],
)
def test_what_a_receiver_echoes_is_masked_however_it_is_escaped(echo: str) -> None:
    """In the address of what it made, for example, or in JSON that was cut off."""
    shown = mask_echo({"name": 'José / O"N'}, {"name": "***"}, echo)

    assert "***" in str(shown)
    assert "Jos" not in str(shown)


def test_messages_in_the_order_of_a_secret_do_not_tell_it(tmp_path: Path) -> None:
    """They are in that order all the same."""
    desk(
        tmp_path,
        "fields:\n  id: {type: integer, generate: sequence}\n  pin: {type: string, sensitive: true}\n"
        "effects: [{id: tell, send: hook, body: {number: record.id}}]\n",
    )
    (tmp_path / "desk" / "api.yaml").write_text(
        "rulewright: 1\napi: desk\ntargets: {hook: {url: 'https://example.org/h', ordered_by: record.pin}}\n"
    )
    program = load(tmp_path)
    store = stored(program)
    for pin in (SECRET, SECRET, "other"):
        program.apply("desk/ticket", {"pin": pin}, store=store)

    letters = list_letters(store)

    first, second, third = (one.order_key for one in letters)
    assert first == second != third
    assert [letter_json(one)["order_key"] for one in letters] == ["desk/ticket hook ***"] * 3


def test_a_failing_scenario_tells_no_secret(tmp_path: Path) -> None:
    """Neither what was expected nor what came, however short, where only the response holds it."""
    program = desk(
        tmp_path,
        "operations: {create: {method: POST, path: /t, status: 201}}\n"
        "lookups: {person: {find: desk/person, by: {id: payload.person}}}\n"
        "fields:\n  id: {type: integer, generate: sequence}\n  person: {type: integer}\n"
        "  open: {type: boolean, sensitive: true}\n"
        "response: {body: {pin: person.pin, size: size(person.pin)}}\n",
    )
    cases = tmp_path / "ticket.test.yaml"
    cases.write_text(
        "resource: desk/ticket\n"
        f"given: {{desk/person: [{{id: 1, pin: {SECRET}}}]}}\n"
        "scenarios:\n"
        "  - name: wrong\n"
        "    payload: {person: 1, open: true}\n"
        "    expect:\n"
        "      verdict: accepted\n"
        "      record: {open: false}\n"
        "      changes: [{op: create, set: {open: false}}]\n"
        "      response: {body: {pin: Xy, size: 3}}\n"
    )

    (result,) = examine(program, [cases]).report.results

    assert [(one.path, one.expected, one.actual) for one in result.mismatches] == [
        ("record.open", "***", "***"),
        ("changes[0].set.open", "***", "***"),
        ("response.body.pin", "***", "***"),
        ("response.body.size", 3, 2),
    ]

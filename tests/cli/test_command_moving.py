"""`fire`, `transitions` and `tick`: the status of stored records, moved and listed."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from workplace import Run, Write

from rulewright import ticking
from rulewright.delivery import Receipt
from rulewright.errors import AdapterError
from rulewright.program import shipped_rules

STORE = ("--store", "sqlite:///moves.db")
JSONL = ("--format", "jsonl")

RULES = """
rulewright: 1
resource: desk/request
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  urgent: {type: boolean, default: false}
  answer: {type: string}
  status: {type: string, readonly: ignore}
workflow:
  field: status
  initial: open
  states: {open: {}, escalated: {}, closed: {final: true}}
  events: {answer: {fields: {answer: {required: true, blank: absent}}}, escalate: {}}
  transitions:
    - {event: answer, from: '*', to: closed}
    - {event: escalate, from: open, to: escalated, guard: record.urgent}
  timeouts: [{state: open, after: 3d, fire: escalate}]
"""


@pytest.fixture(autouse=True)
def _rules(tmp_path: Path) -> None:
    """A rule set with a workflow, in place of the small one, and two records."""
    (tmp_path / "rules" / "desk").mkdir(parents=True)
    (tmp_path / "rules" / "desk" / "request.yaml").write_text(RULES)
    (tmp_path / "rulewright.toml").write_text('rules = "rules"\n')


@pytest.fixture(autouse=True)
def _requests(_rules: None, run: Run, write: Write) -> None:
    file = write("requests.jsonl", [{"urgent": True}, {"urgent": False}])
    run("apply", "desk/request", file, *STORE, "--as-of", "2025-01-01T00:00:00Z")


def test_fire_moves_the_record(run: Run) -> None:
    """An allowed event is carried out, with what its payload brings along."""
    result = run("fire", "desk/request", "1", "answer", *STORE, "--payload", '{"answer": "42"}', *JSONL)

    assert result.code == 0
    assert result.outcomes[0]["operation"] == "answer"
    assert result.outcomes[0]["changes"][0]["set"] == {"answer": "42", "status": "closed"}


def test_a_guard_that_fails_changes_nothing(run: Run) -> None:
    """The refusal has the code guard and names what the guard read."""
    refused = run("fire", "desk/request", "2", "escalate", *STORE, *JSONL)
    moves = run("transitions", "desk/request", "2", *STORE, *JSONL)

    problem = refused.outcomes[0]["problems"][0]

    assert refused.code == 1
    assert (problem["code"], problem["because"]["values"]) == ("guard", {"record.urgent": False})
    assert json.loads(moves.out.splitlines()[1])["allowed"] is False


LETTER = """
rulewright: 1
resource: desk/letter
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  to: {type: string, references: {resource: desk/request, by: answer}}
"""


def test_a_value_that_other_records_name_is_not_fired_away(run: Run, tmp_path: Path) -> None:
    """A refusal, as in a batch; it was an error of the store, and status 2."""
    (tmp_path / "rules" / "desk" / "letter.yaml").write_text(LETTER)
    answer = ("fire", "desk/request", "1", "answer", *STORE, *JSONL, "--payload")
    run("apply", "desk/request", "-", *STORE, "--operation", "update", "--key", "1", stdin='{"answer": "42"}')
    run("apply", "desk/letter", "-", *STORE, stdin='{"to": "42"}')

    refused = run(*answer, '{"answer": "43"}')

    assert (refused.code, refused.outcomes[0]["problems"][0]["code"]) == (1, "conflict")


def test_what_is_closed_stays_closed(run: Run) -> None:
    """From a final state no event leads anywhere: code transition."""
    run("fire", "desk/request", "1", "answer", *STORE, "--payload", '{"answer": "42"}')

    again = run("fire", "desk/request", "1", "answer", *STORE, "--payload", '{"answer": "43"}', *JSONL)

    assert again.outcomes[0]["problems"][0]["code"] == "transition"


def test_transitions_in_words(run: Run) -> None:
    """Every event with where it leads and what it needs, or the guard that fails."""
    result = run("transitions", "desk/request", "2", *STORE, "--format", "pretty")

    assert result.out == (
        "desk/request 2\n"
        "  ✓ answer  leads to closed  needs answer\n"
        "  ✗ escalate  would lead to escalated, but this does not hold:\n"
        "      record.urgent\n"
        "      read  record.urgent = false\n"
    )


SCORED = """
rulewright: 1
resource: desk/review
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  limit: {type: integer}
  status: {type: string, readonly: ignore}
workflow:
  field: status
  initial: open
  states: {open: {}, passed: {}, failed: {}}
  events: {score: {fields: {points: {type: integer, required: true}}}, pass: {}}
  transitions:
    - {event: score, from: open, to: passed, guard: payload.points >= 5}
    - {event: score, from: open, to: failed}
    - {event: pass, from: open, to: passed, guard: record.limit < 5}
    - {event: pass, from: open, to: failed}
"""


def test_a_guard_that_can_not_be_decided_yet_leads_nowhere_else(
    run: Run, write: Write, tmp_path: Path
) -> None:
    """It is not taken for false: a later transition is not told as the one that would be taken."""
    (tmp_path / "rules" / "desk" / "review.yaml").write_text(SCORED)
    records = write("reviews.json", {"desk/review": [{"id": 1, "status": "open"}]})

    words = run("transitions", "desk/review", "1", "--records", records, "--format", "pretty")
    data = run("transitions", "desk/review", "1", "--records", records, *JSONL)

    assert words.out == (
        "desk/review 1\n"
        "  ? score  needs points, and would lead to passed if this holds:\n"
        "      payload.points >= 5\n"
        "      read  payload.points = null\n"
        "  ? pass  would lead to passed if this holds:\n"
        "      record.limit < 5\n"
        "      read  record.limit = null\n"
    )
    assert [json.loads(line)["allowed"] for line in data.out.splitlines()] == [None, None]


def test_a_state_that_the_rules_lost_is_told(run: Run, tmp_path: Path) -> None:
    """Which state it is, that the rules do not have it, and from where the event is possible."""
    file = tmp_path / "rules" / "desk" / "request.yaml"
    file.write_text(
        RULES.replace("{open: {}", "{begun: {}").replace(": open", ": begun").replace("'*'", "begun")
    )

    moves = run("transitions", "desk/request", "1", *STORE).out
    fired = run("fire", "desk/request", "1", "answer", *STORE, "--payload", '{"answer": "42"}').out

    why = "is not possible in state open, which the rules do not have; it is possible from begun"
    assert f"✗ answer  {why}\n" in moves
    assert f"answer {why} " in fired


def test_tick_tells_what_was_fired_before_the_store_failed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stored: all of it was left untold where one of many failed."""
    fired: list[str] = []
    carry_out = ticking.carry_out

    def failing(rules: Any, resource: str, *given: Any, **named: Any) -> Receipt:
        if fired:
            raise AdapterError("the disk is full")
        fired.append(resource)
        return carry_out(rules, resource, *given, **named)

    monkeypatch.setattr(ticking, "carry_out", failing)

    ran = run("tick", *STORE, "--as-of", "2025-01-04T00:00:00Z", *JSONL)

    assert [one["verdict"] for one in ran.outcomes] == ["accepted"]
    assert (ran.code, "error: the disk is full" in ran.err) == (2, True)


def test_tick_fires_what_is_due_once(run: Run) -> None:
    """A timeout whose guard fails is reported and leaves its record as it is."""
    early = run("tick", *STORE, "--as-of", "2025-01-03T00:00:00Z", *JSONL)
    due = run("tick", *STORE, "--as-of", "2025-01-04T00:00:00Z", *JSONL)

    assert early.outcomes == []
    assert [outcome["verdict"] for outcome in due.outcomes] == ["accepted", "rejected"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fire", "desk/request", "9", "answer"), "not_found"),
        (("fire", "desk/request", "1", "dance"), "has no event dance; it has: answer, escalate"),
        (("fire", "desk/request", "1", "answer", "a.json"), "is given by --payload a.json"),
        (("fire", "desk/request", "1", "anser"), "has no event anser; did you mean answer?"),
        (("fire", "desk/request", "1", "create"), "has no event create; it has: answer, escalate"),
        (("fire", "desk/request", "1", "update"), "has no event update; it has: answer, escalate"),
        (("fire", "desk/request", "one", "answer"), "the key must be a whole number"),
        (("transitions", "desk/request", "9"), "error: no such request: id 9\n"),
        (("fire", "desk/request", "1", "answer", "--payload", "{"), "invalid_json"),
        (("fire", "desk/request", "1", "answer", "--payload", "[1]"), "must be a JSON object"),
        (("fire", "desk/request", "1", "answer", "--records", "r.yaml"), "fire works on --store"),
        (("history", "desk/request", "1", "--records", "r.yaml"), "history works on --store"),
        (("tick", "--records", "r.yaml"), "tick works on --store"),
    ],
)
def test_what_can_not_be_done_is_said(run: Run, words: tuple[str, ...], said: str) -> None:
    """Unknown records, events and broken payloads end with a message, never with a traceback."""
    result = run(*words, *STORE)

    assert result.code in (1, 2)
    assert said in result.out + result.err
    assert "internal error" not in result.err


@pytest.mark.parametrize("asked", [("fire", "answer"), ("transitions",), ("history",)])
def test_a_record_that_is_not_there_is_a_finding(run: Run, asked: tuple[str, ...]) -> None:
    """Exit status 1 wherever a record is asked about: nothing is wrong with the command."""
    command, *event = asked

    result = run(command, "desk/request", "9", *event, *STORE)

    assert (result.code, "9" in result.out + result.err) == (1, True)


def test_a_record_that_nobody_may_see_is_not_there(run: Run, write: Write) -> None:
    """Where no caller is named, that is what is missing: the record may be there for some."""
    subscription = {"id": "s1", "partnerId": "p1", "status": "live"}
    records = write("records.json", {"goodstack/eligibility_subscription": [subscription]})
    words = ("transitions", "goodstack/eligibility_subscription", "s1", "--rules", str(shipped_rules()))

    nobody = run(*words, "--records", records)
    other = run(*words, "--records", records, "--actor", '{"partnerId": "p2", "configurationId": "c"}')

    said = "error: no such eligibility subscription: id s1"
    assert (nobody.code, nobody.err) == (
        1,
        f"{said}; nobody is named as the caller, who may see it: give --actor\n",
    )
    assert (other.code, other.err) == (1, f"{said}\n")


@pytest.mark.parametrize("command", ["transitions", "history"])
def test_a_key_begins_no_line_of_its_own(run: Run, command: str, tmp_path: Path) -> None:
    """Nor does it steer a terminal, where it is told that there is no such record."""
    rules = RULES.replace("id: {type: integer, readonly: ignore, generate: sequence}", "id: {type: string}")
    (tmp_path / "rules" / "desk" / "request.yaml").write_text(rules)
    Path("moves.db").unlink()
    run("apply", "desk/request", "requests.jsonl", *STORE)

    told = run(command, "desk/request", "9\n\x1b[31mred", *STORE)

    assert (told.code, told.err.count("\n"), "\x1b" in told.err) == (1, 1, False)


@pytest.mark.parametrize("command", ["transitions", "history"])
def test_a_list_about_a_record_that_is_not_there_is_an_empty_one(run: Run, command: str) -> None:
    """Who reads it as JSON gets JSON."""
    result = run(command, "desk/request", "9", *STORE, "--format", "json")

    assert (result.code, result.out) == (1, "[]\n")


def test_a_record_without_a_history_is_no_finding(run: Run) -> None:
    """It was stored by other means, or its history pruned: it is there, and nothing is kept about it."""
    with closing(sqlite3.connect("moves.db")) as connection, connection:
        connection.execute("DELETE FROM rulewright_decision")

    result = run("history", "desk/request", "1", *STORE)

    assert (result.code, result.err) == (0, "nothing is kept about desk/request 1\n")


@pytest.mark.parametrize("words", [("fire", "desk/request", "1", "answer"), ("tick",)])
def test_a_store_that_is_not_there_is_not_made(run: Run, words: tuple[str, ...], tmp_path: Path) -> None:
    """It is most likely misspelt: an empty one would have nothing to move, for ever."""
    result = run(*words, "--store", "sqlite:///typo.db")

    assert (result.code, "typo.db: there is no such store" in result.err) == (2, True)
    assert not (tmp_path / "typo.db").exists()


@pytest.mark.parametrize("command", ["fire", "tick", "history", "apply"])
def test_help_offers_no_records_where_they_are_refused(run: Run, command: str) -> None:
    """What works on a store alone does not list --records."""
    shown = run(command, "--help").out

    assert ("--store" in shown, "--records" in shown) == (True, False)


@pytest.mark.parametrize(
    ("words", "has_time"), [(("history", "desk/request", "1"), False), (("tick",), True)]
)
def test_help_lists_what_has_an_effect(run: Run, words: tuple[str, ...], has_time: bool) -> None:
    """Nobody calls these, and nothing is requested of them; the history is told as it is."""
    shown = run(words[0], "--help").out

    assert ("--rules" in shown, "--as-of" in shown) == (True, has_time)
    for name in ("--actor", "--param", "--header", "--query"):
        assert name not in shown
        assert "No such option" in run(*words, *STORE, name, "x=1").err

"""Kept decisions are made again: with the same rules, and the records as they were, they come out alike."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from desk import API, ORDER, Receiver, make_program

from rulewright import load
from rulewright.cli import main
from rulewright.history import DECISIONS, decisions_of
from rulewright.ports import Store
from rulewright.program import Program
from rulewright.replaying import Replayed, replay
from rulewright_adapters.memory import MemoryStore

AGENT = {"agent": 3, "group": 9}
EDITOR = {"permissions": ["SupportPlans.EditSupportSchemes"]}
GIVEN = {
    "rubixx/person": [{"reference": "P1", "name": "Ann", "address": {"addressLineOne": "1 Street"}}],
    "rubixx/support_scheme": [{"reference": "SS1", "name": "One", "members": []}],
}


def again(program: Program, store: Store, given: Store | None = None) -> list[Replayed]:
    """Make all decisions of a store again, in an empty one."""
    return list(replay(program.compiled, decisions_of(store), given or MemoryStore({}, program.tables)))


def fates(replayed: list[Replayed]) -> list[str]:
    return [one.fate for one in replayed]


def tamper(store: Store, number: int, **values: object) -> None:
    """Change what is kept of a decision."""
    (row,) = store.find(DECISIONS.resource, {"id": number})
    with store.transaction() as transaction:
        detail = json.loads(str(row["detail"])) | values
        transaction.update(DECISIONS.resource, number, {"detail": json.dumps(detail)})


def add_cases(program: Program, store: Store, count: int) -> None:
    """Cases of one household, every third of which takes it over."""
    for number in range(count):
        household = {"household": 1} if number else {}
        payload = {"first_name": f"Case {number}", "head_of_household": number % 3 == 0, **household}
        assert program.apply("ct_oi/case", payload, store=store, actor=AGENT).stored


def test_every_decision_comes_out_the_same(store: Store) -> None:
    """Generated numbers, look-ups, effects on other records and updates among them."""
    program = load()
    add_cases(program, store, 20)
    update = program.apply(
        "ct_oi/case", {"first_name": "Bea"}, store=store, actor=AGENT, operation="update", key=2
    )
    assert update.stored, update.outcome.problems

    replayed = again(program, store)

    assert Counter(fates(replayed)) == {"same": 21}, [one.differences for one in replayed]


def test_what_was_there_before_is_given(store: Store) -> None:
    """Overrides of a person's address, who was not made by a decision."""
    program = load()
    store.prepare(program.tables)
    with store.transaction() as transaction:
        for resource, records in GIVEN.items():
            for record in records:
                transaction.insert(resource, record)
    for number in range(3):
        payload = {
            "startDate": "01/02/2025",
            "status": "Active",
            "referredPersonReference": "P1",
            "address": {"addressLineOne": f"{number} Street", "postcode": "AB1 2CD"},
        }
        path = {"path": {"schemeReference": "SS1"}}
        receipt = program.apply("rubixx/engagement", payload, store=store, actor=EDITOR, request=path)
        assert receipt.stored, receipt.outcome.problems

    without = again(program, store)
    replayed = again(program, store, MemoryStore(GIVEN, program.tables))

    assert fates(without) == ["missing records"] * 3
    assert "rubixx/person with reference P1" in without[0].differences
    assert fates(replayed) == ["same"] * 3, [one.differences for one in replayed]


@pytest.mark.parametrize("digits", [19, 5_000])
def test_a_key_of_too_many_digits_is_no_number_of_a_sequence(digits: int, tmp_path: Path) -> None:
    """No record is missed for having been numbered before it."""
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "note.yaml").write_text(
        "rulewright: 1\nresource: desk/note\nkey: id\n"
        "fields: {id: {type: string, generate: {sequence: {prefix: N, width: 3}}}}\n"
    )
    (tmp_path / "desk" / "pad.yaml").write_text(
        "rulewright: 1\nresource: desk/pad\nkey: id\n"
        "fields: {id: {type: integer, generate: sequence}, first: {type: string}}\n"
        "effects: [{id: a, create: desk/note, set: {id: payload.first}}]\n"
    )
    program, store = load(tmp_path), MemoryStore()
    for first in ("Nx", f"N{'9' * digits}"):
        assert program.apply("desk/pad", {"first": first}, store=store).stored
    with store.transaction() as transaction:
        transaction.delete(DECISIONS.resource, {"decision": 1})

    (replayed,) = again(program, store)

    assert replayed.differences == ("desk/pad before id 2",)


def test_what_was_pruned_is_missing_and_not_different(store: Store) -> None:
    """Numbers that were given, records that were looked up, or changed."""
    program = load()
    add_cases(program, store, 6)
    kept = [one.id for one in decisions_of(store)]
    update = {"store": store, "actor": AGENT, "operation": "update"}
    for key in (2, 6):
        assert program.apply("ct_oi/case", {"first_name": "Bea"}, key=key, **update).stored  # type: ignore[arg-type]
    with store.transaction() as transaction:
        transaction.delete(DECISIONS.resource, {"id": [*range(kept[4])]})

    replayed = again(program, store)

    assert "different" not in fates(replayed), [one.differences for one in replayed]
    assert fates(replayed)[0] == "missing records"
    assert "ct_oi/case before id 5" in replayed[0].differences
    assert "ct_oi/case 2" in replayed[2].differences


def test_a_record_that_nothing_made_is_missing_though_its_update_changed_nothing(store: Store) -> None:
    """It was inserted by other means (docs/outbox.md); what is told of it is that it isn't there."""
    program = load()
    record = {"uuid": "dddddddd-0000-4000-8000-000000000001", "firm": "f", "name": "A", "slug": "a"}
    store.prepare(program.tables)
    with store.transaction() as transaction:
        transaction.insert("plannr/case", record)
    for _ in range(2):
        program.apply(
            "plannr/case",
            {"name": "A"},
            store=store,
            actor={"account": "a", "firm": "f"},
            operation="update",
            key=record["uuid"],
            as_of="2025-01-15T00:00:00Z",
        )

    replayed = again(program, store)

    assert fates(replayed) == ["missing records", "missing records"]
    assert [one.differences for one in replayed] == [(f"plannr/case {record['uuid']}",)] * 2


def test_a_difference_is_told_though_history_was_pruned(program: Program, store: Store) -> None:
    """The records that it needs are there."""
    for _ in range(3):
        assert program.apply("shop/order", {"item": "tea"}, store=store).stored
    with store.transaction() as transaction:
        transaction.delete(DECISIONS.resource, {"id": [1]})
    tamper(store, 3, problems=[{"rule": "x", "code": "y", "severity": "info", "path": "", "message": "z"}])

    assert fates(again(program, store)) == ["missing records", "different"]


@pytest.mark.parametrize("part", ["reads", "changes", "problems"])
def test_a_decision_that_comes_out_otherwise_is_named(part: str, store: Store) -> None:
    """Those after it meet what it wrote then, and come out as they did."""
    program = load()
    add_cases(program, store, 4)
    first = next(decisions_of(store))
    kept = {"changes": [dict(one) for one in first.changes], "reads": [dict(one) for one in first.reads]}
    kept["changes"][0]["rule"] = "ct_oi/case.other"
    kept["reads"].append({"lookup": "x", "resource": "y", "by": {}, "found": 1})
    kept["problems"] = [{"rule": "x", "code": "y", "severity": "info", "path": "", "message": "z"}]
    tamper(store, first.id, **{part: kept[part]})

    replayed = again(program, store)

    assert fates(replayed) == ["different", "same", "same", "same"]
    assert replayed[0].differences == (part,)


def test_what_other_rules_decided_is_not_decided_again(store: Store, tmp_path: Path) -> None:
    """It is taken as it was, and what the present rules made of it comes out the same."""
    program = make_program(tmp_path)
    assert program.apply("shop/order", {"item": "tea"}, store=store).stored
    rules = tmp_path / "shop" / "order.yaml"
    rules.write_text(rules.read_text().replace("required: true", "required: true, max_length: 9"))
    other = load(tmp_path)
    changed = other.apply("shop/order", {"item": "milk"}, store=store, operation="update", key=1)
    assert changed.stored, changed.outcome.problems

    assert fates(again(other, store)) == ["other rules", "same"]


def test_a_field_that_the_rules_lost_hides_no_record(store: Store, tmp_path: Path) -> None:
    """What was decided with it is taken without it; what met that record was called different, or missing."""
    program = make_program(tmp_path)
    rules = tmp_path / "shop" / "order.yaml"
    now = rules.read_text()
    rules.write_text(now.replace("fields:\n", "fields:\n  gift: {type: boolean}\n", 1))
    before = load(tmp_path)
    assert before.apply("shop/order", {"item": "tea", "gift": True}, store=store).stored
    assert program.apply("shop/order", {"item": "milk"}, store=store).stored

    assert fates(again(program, store)) == ["other rules", "same"]


def test_what_depends_on_a_sensitive_value_is_told_as_masked(store: Store, tmp_path: Path) -> None:
    """The mask is too short for a card's number."""
    program = make_program(tmp_path)
    rules = tmp_path / "shop" / "order.yaml"
    rules.write_text(rules.read_text().replace("sensitive: true", "sensitive: true, min_length: 16"))
    program = load(tmp_path)
    for card in ({"card": "4111222233334444"}, {}):
        assert program.apply("shop/order", {"item": "tea", **card}, store=store).stored

    assert fates(again(program, store)) == ["masked", "same"]


def test_what_a_reply_wrote_back_is_no_decision(program: Program, store: Store) -> None:
    """It is taken as it was: an update afterwards meets it."""
    assert program.apply("shop/order", {"item": "tea"}, store=store).stored
    assert list(program.deliverer(store, Receiver()).run())
    assert program.apply("shop/order", {"item": "milk"}, store=store, operation="update", key=1).stored

    replayed = again(program, store)

    assert fates(replayed) == ["same", "no decision", "same"], [one.differences for one in replayed]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with rules of orders, and two orders in a store."""
    monkeypatch.chdir(tmp_path)
    rules = tmp_path / "rules" / "shop"
    rules.mkdir(parents=True)
    (rules / "api.yaml").write_text(API)
    (rules / "order.yaml").write_text(ORDER)
    (tmp_path / "rulewright.toml").write_text('rules = "rules"\nstore = "sqlite:///desk.db"\naudit = true\n')
    (tmp_path / "two.jsonl").write_text('{"item": "tea"}\n{"item": "milk", "card": "4111222233334444"}\n')
    assert run("apply", "shop/order", "two.jsonl").exit_code == 0
    return tmp_path


def run(*words: str):  # type: ignore[no-untyped-def]
    """Run a command."""
    return CliRunner().invoke(main, list(words))


def test_the_command_says_what_came_out_otherwise(desk: Path) -> None:
    """And ends with 1; where all is the same it prints nothing but the count."""
    same = run("replay", "--format", "text")
    from rulewright_adapters import open_store  # noqa: PLC0415 - the command opens one of its own

    store = open_store("sqlite:///desk.db")
    tamper(store, 2, reads=[{"lookup": "x", "resource": "y", "by": {}, "found": 1}])
    tamper(store, 1, reads=[{"lookup": "x", "resource": "y", "by": {}, "found": 1}])
    store.close()
    different = run("replay", "--format", "text")
    lines = [json.loads(line) for line in run("replay", "--format", "jsonl").stdout.splitlines()]
    listed = json.loads(run("replay", "--format", "json").stdout)

    assert listed == lines
    assert (same.exit_code, same.stdout, same.stderr) == (0, "", "2 decisions: 2 same\n")
    assert (different.exit_code, different.stderr) == (1, "2 decisions: 1 different, 1 masked\n")
    assert different.stdout == (
        "different  #1  create of shop/order 1: reads\n"
        "masked  #2  create of shop/order 2: "
        "decided without the sensitive values, which are not kept: reads\n"
    )
    assert [(line["id"], line["fate"], line["differences"]) for line in lines] == [
        (1, "different", ["reads"]),
        (2, "masked", ["reads"]),
    ]


def test_the_command_tells_what_cannot_be_made_again(desk: Path) -> None:
    """With the status of nothing wrong: it says where the history begins, and what would help."""
    from rulewright_adapters import open_store  # noqa: PLC0415 - the command opens one of its own

    store = open_store("sqlite:///desk.db")
    with store.transaction() as transaction:
        transaction.delete(DECISIONS.resource, {"id": [1]})
    store.close()
    shown = run("replay", "--format", "text")
    (desk / "before.yaml").write_text("shop/order: [{id: 1, item: tea}]\n")
    given = run("replay", "--format", "text", "--records", "before.yaml")

    assert (shown.exit_code, shown.stdout) == (
        0,
        "missing records  #2  create of shop/order 2: shop/order before id 2\n",
    )
    assert shown.stderr == (
        "1 decision: 1 missing records\n1 decision can't be made again: the history begins with #2, and "
        "records that no kept decision made were met; give them by --records\n"
    )
    assert (given.exit_code, given.stderr) == (0, "1 decision: 1 same\n")


@pytest.mark.parametrize(
    "words", [["replay"], ["prune", "--older-than", "1d"], ["history", "shop/order", "1"], ["outbox", "list"]]
)
def test_a_store_that_is_not_there_is_told_in_the_same_words(words: list[str], desk: Path) -> None:
    """It is not read as an empty one, and not made."""
    failed = run(*words, "--store", "sqlite:///nope.db")

    assert (failed.exit_code, failed.stdout) == (2, "")
    assert "nope.db: there is no such store\n" in failed.stderr
    assert not (desk / "nope.db").exists()


def test_a_damaged_history_is_an_error(desk: Path) -> None:
    """Not an internal one."""
    from rulewright_adapters import open_store  # noqa: PLC0415 - the command opens one of its own

    store = open_store("sqlite:///desk.db")
    with store.transaction() as transaction:
        transaction.update(DECISIONS.resource, 1, {"detail": "{"})
    store.close()

    for words in (["replay"], ["history", "shop/order", "1"], ["prune", "--older-than", "1d"]):
        failed = run(*words)
        assert failed.exit_code == 2
        assert failed.stderr.startswith("error: decision 1 in the history of shop/order 1 is damaged"), words

"""Old messages and old history go when they are told to, and nothing else does."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from desk import Receiver, deliver, taken
from postgres_server import Server

from rulewright import load
from rulewright.batch.buffer import Buffer
from rulewright.cli import main
from rulewright.errors import AdapterError
from rulewright.evaluation import CLAIMS, prune_claims
from rulewright.history import DECISIONS, history_of, prune_history
from rulewright.outbox import MESSAGES, STATES, drop, list_letters, prune, retry
from rulewright.ports import Reply, Sending, Store
from rulewright.program import Program
from rulewright_adapters import open_store

NOW = datetime.now(UTC)
LONG_AGO = "2020-01-01T00:00:00.000Z"


def order(program: Program, store: Store, number: int = 1, **payload: object) -> None:
    for _ in range(number):
        assert program.apply("shop/order", {"item": "tea"} | payload, store=store).stored


def age(store: Store, ids: list[int], **values: object) -> None:
    """Make messages old."""
    with store.transaction() as transaction:
        for letter_id in ids:
            transaction.update(MESSAGES.resource, letter_id, {"created": LONG_AGO} | values)


def ids_of(store: Store) -> list[int]:
    return [letter.id for letter in list_letters(store)]


def test_only_what_was_settled_long_ago_goes(program: Program, store: Store) -> None:
    """Each state once, old and young; the newest message stays in any case."""
    order(program, store, 11)
    old = {state: number for number, state in enumerate(STATES, 1)}
    for state, number in old.items():
        age(store, [number], state=state, last_attempt=LONG_AGO)
        age(store, [number + 5], state=state, last_attempt="2999-01-01T00:00:00.000Z")

    pruned = prune(store, NOW - timedelta(days=30))

    assert pruned == Counter(delivered=1, dropped=1)
    assert set(range(1, 12)) - set(ids_of(store)) == {old["delivered"], old["dropped"]}


def test_dead_messages_go_only_where_that_is_asked_for(program: Program, store: Store) -> None:
    """What waited for one of them goes on."""
    order(program, store, 3, customer="Ann")

    def refuse_first(sending: Sending) -> Reply:
        return Reply(422) if sending.body["number"] == 1 else taken(sending)  # type: ignore[index]

    receiver = Receiver(refuse_first)
    deliver(program, store, receiver)
    age(store, [1], last_attempt=LONG_AGO)
    first = prune(store, NOW)
    second = prune(store, NOW, ("delivered", "dropped", "dead"))
    deliver(program, store, receiver)

    assert (first, second) == (Counter(), Counter(dead=1))
    assert [letter.state for letter in list_letters(store)] == ["delivered"] * 2


@pytest.mark.parametrize("state", ["waiting", "sending"])
def test_what_may_still_be_sent_is_never_pruned(state: str, program: Program, store: Store) -> None:
    """Not even if that is asked for."""
    order(program, store, 2)
    age(store, [1, 2], state=state)

    with pytest.raises(ValueError, match=state):
        prune(store, NOW, [state])  # type: ignore[list-item]

    assert ids_of(store) == [1, 2]


def test_an_id_is_never_given_twice(program: Program, store: Store) -> None:
    """All are old and gone but the last; the next one is another still."""
    order(program, store, 3)
    deliver(program, store, Receiver())
    age(store, [1, 2, 3], last_attempt=LONG_AGO)
    pruned = prune(store, NOW)
    order(program, store)

    assert (pruned, ids_of(store)) == (Counter(delivered=2), [3, 4])


def test_what_is_retried_meanwhile_stays(program: Program, store: Store) -> None:
    """A dropped message may be taken back between the look and the removal."""
    order(program, store, 2)
    drop(store, [1])
    age(store, [1])
    find = store.find

    def find_and_retry(*given: object, **named: object) -> object:
        found = find(*given, **named)  # type: ignore[arg-type]
        store.find = find  # type: ignore[method-assign]
        retry(store, [1])
        return found

    store.find = find_and_retry  # type: ignore[method-assign, assignment]
    pruned = prune(store, NOW)

    assert (pruned, [letter.state for letter in list_letters(store)]) == (Counter(), ["waiting"] * 2)


def test_many_messages_go_in_several_transactions(program: Program, store: Store) -> None:
    """Gaps of earlier prunings between them do no harm."""
    order(program, store)
    (record,) = store.find(MESSAGES.resource, {})
    numbers = [*range(2, 700), *range(1500, 1600)]
    old = [{**record, "id": number, "state": "delivered", "created": LONG_AGO} for number in numbers]
    with store.transaction() as transaction:
        transaction.insert_many(MESSAGES.resource, [*old, {**record, "id": 1700}])

    assert prune(store, NOW) == Counter(delivered=798)
    assert ids_of(store) == [1, 1700]


def test_an_empty_outbox_has_nothing_to_prune(store: Store, program: Program) -> None:
    """Nor a store that never had one."""
    assert (prune(store, NOW), prune_history(store, NOW)) == (Counter(), 0)
    store.prepare(program.tables)
    assert (prune(store, NOW), prune_history(store, NOW)) == (Counter(), 0)


def make_decisions_old(store: Store, count: int) -> None:
    """Make the first so many decisions old."""
    rows = [row for row in store.find(DECISIONS.resource, {}) if row.get("detail") is not None]
    with store.transaction() as transaction:
        for row in rows[:count]:
            detail = json.loads(str(row["detail"])) | {"at": LONG_AGO}
            transaction.update(DECISIONS.resource, row["id"], {"detail": json.dumps(detail)})


def test_old_history_goes_and_the_records_stay(program: Program, store: Store) -> None:
    """What was decided since is told as before."""
    order(program, store, 3)
    program.apply("shop/order", {"item": "milk"}, store=store, operation="update", key=1)
    make_decisions_old(store, 2)

    assert prune_history(store, NOW - timedelta(days=30)) == 2
    assert [len(history_of(store, "shop/order", key)) for key in (1, 2, 3)] == [1, 0, 1]
    assert store.count("shop/order", {}) == 3
    assert prune_history(store, NOW - timedelta(days=30)) == 0


def test_a_decision_goes_with_all_its_rows(store: Store) -> None:
    """One that changed several records is kept once, and found by each."""
    program = load()
    agent = {"agent": 3, "group": 9}
    for name in ("Ann", "Bob", "Cec"):
        payload = {"first_name": name, "head_of_household": True}
        assert program.apply("ct_oi/case", payload, store=store, actor=agent).stored
    make_decisions_old(store, 3)

    assert prune_history(store, NOW) == 2
    assert {row["decision"] for row in store.find(DECISIONS.resource, {})} == {5}
    assert [len(history_of(store, "ct_oi/household", key)) for key in (1, 2, 3)] == [0, 0, 1]


def test_the_next_decision_has_a_number_of_its_own(program: Program, store: Store) -> None:
    """The newest stays, however old it is."""
    order(program, store, 2)
    make_decisions_old(store, 2)
    pruned = prune_history(store, NOW)
    order(program, store)

    assert pruned == 1
    assert [row["id"] for row in store.find(DECISIONS.resource, {})] == [2, 3]


CLAIMING = """
rulewright: 1
api: shop
idempotency: {header: Idempotency-Key, keep: 21d}
"""


@pytest.fixture
def claiming(tmp_path: Path) -> Program:
    """Orders whose calls can be repeated for three weeks."""
    return claiming_by(CLAIMING, tmp_path)


def claiming_by(api: str, tmp_path: Path) -> Program:
    """Orders whose calls can be repeated as an api.yaml says."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "api.yaml").write_text(api)
    (tmp_path / "shop" / "order.yaml").write_text(
        "rulewright: 1\nresource: shop/order\nkey: id\nfields:\n"
        "  id: {type: integer, readonly: ignore, generate: sequence}\n  item: {type: string}\n"
    )
    return load(tmp_path)


def call(program: Program, store: Store, key: str, as_of: datetime) -> bool:
    """Order with an idempotency key; whether a new order came of it."""
    request = {"headers": {"Idempotency-Key": key}}
    return program.apply("shop/order", {"item": "tea"}, store=store, request=request, as_of=as_of).stored


def test_keys_that_expired_go_and_the_others_still_answer(claiming: Program, store: Store) -> None:
    """Also more than one transaction removes, two that expire at once, and those that are kept for ever."""
    long_ago = NOW - timedelta(days=100)
    for number in range(3):
        assert call(claiming, store, f"old {number}", long_ago + timedelta(seconds=number // 2))
    assert call(claiming, store, "young", NOW)
    many = [{"id": f"m{n}", "expires": f"2020-01-01T00:00:{n % 60:02}.{n:06}Z"} for n in range(600)]
    with store.transaction() as transaction:
        transaction.insert_many(CLAIMS.resource, [*many, {"id": "kept", "expires": None}])

    assert prune_claims(store, NOW - timedelta(days=90)) == 600
    assert prune_claims(store, NOW) == 3
    assert prune_claims(store, NOW) == 0
    assert not call(claiming, store, "young", NOW)
    assert store.count(CLAIMS.resource, {}) == 2


def test_keys_without_an_end_answer_for_ever(tmp_path: Path, store: Store) -> None:
    """Where `keep` is left out, nothing removes them, however long ago."""
    program = claiming_by(CLAIMING.replace(", keep: 21d", ""), tmp_path)
    assert call(program, store, "old", NOW - timedelta(days=36_500))

    assert prune_claims(store, NOW) == 0
    assert not call(program, store, "old", NOW)


def test_a_store_without_keys_has_none_to_remove(program: Program, store: Store) -> None:
    """Neither before it was prepared nor after."""
    assert prune_claims(store, NOW) == 0
    store.prepare(program.tables)
    assert prune_claims(store, NOW) == 0


def test_the_command_removes_keys_that_expired(claiming: Program, tmp_path: Path) -> None:
    """It says so where there were some."""
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    with closing(open_store(url)) as store:
        call(claiming, store, "old", NOW - timedelta(days=100))

    told = [
        run("prune", "--older-than", "30d", "--store", url, "--format", form)[1] for form in ("text", "json")
    ]

    assert told == [
        "0 decisions removed from the history, and 1 expired idempotency key\n",
        '{"decisions": 0, "idempotency_keys": 0}\n',
    ]


def test_a_batch_deletes_what_it_has_not_written_yet(program: Program, store: Store) -> None:
    """As any transaction does."""
    order(program, store)
    with store.transaction() as transaction:
        buffer = Buffer(transaction, {table.resource: table for table in program.tables})
        buffer.insert("shop/order", {"id": 2, "item": "milk"})
        found = buffer.find("shop/order", {"id": 1}), buffer.delete("shop/order", {"id": [1, 2, 3]})
        left = buffer.find("shop/order", {"id": 1})
        buffer.flush()

    assert (len(found[0]), found[1], list(left), store.count("shop/order", {})) == (1, 2, [], 0)


@pytest.mark.parametrize(
    "detail",
    [
        "{",
        "[]",
        "{}",
        "null",
        '"text"',
        json.dumps({"at": "yesterday"}),
        json.dumps({"at": 1} | dict.fromkeys(["as_of", "actor", "operation", "key", "trusted", "ruleset"])),
        "[" * 100_000,
    ],
)
def test_a_damaged_entry_of_the_history_is_named(detail: str, program: Program, store: Store) -> None:
    """Whoever asks learns which row to restore; nothing of it is shown."""
    order(program, store, 2)
    with store.transaction() as transaction:
        transaction.update(DECISIONS.resource, 1, {"detail": detail})

    with pytest.raises(AdapterError, match=r"^decision 1 in the history of shop/order 1 is damaged"):
        history_of(store, "shop/order", 1)
    with pytest.raises(AdapterError, match="decision 1 "):
        prune_history(store, NOW)

    assert len(history_of(store, "shop/order", 2)) == 1


@pytest.mark.parametrize("name", ["reads", "changes", "problems", "messages"])
@pytest.mark.parametrize("damage", ["text", [1], [{"other": 1}], {"a": 1}])
def test_a_damaged_part_is_noticed(name: str, damage: object, program: Program, store: Store) -> None:
    """Before anybody prints it."""
    order(program, store)
    (row,) = store.find(DECISIONS.resource, {})
    detail = json.loads(str(row["detail"])) | {name: damage}
    with store.transaction() as transaction:
        transaction.update(DECISIONS.resource, 1, {"detail": json.dumps(detail)})

    with pytest.raises(AdapterError, match="damaged"):
        history_of(store, "shop/order", 1)


def run(*words: str) -> tuple[int, str, str]:
    """Run a command."""
    result = CliRunner().invoke(main, list(words))
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path, program: Program) -> str:
    """A store with three old messages, one of them dead, and a young one."""
    postgres: Server | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    address = postgres.new_url() if postgres else f"sqlite:///{tmp_path / 'desk.db'}"
    store = open_store(address)
    order(program, store, 4)
    for number, state in ((1, "delivered"), (2, "dropped"), (3, "dead")):
        age(store, [number], state=state)
    make_decisions_old(store, 2)
    store.close()
    return address


def test_the_command_removes_old_messages(url: str) -> None:
    """It says how many, and what is left."""
    first = run("outbox", "prune", "--older-than", "30d", "--store", url, "--format", "text")
    second = run("outbox", "prune", "--older-than", "30d", "--store", url, "--dead", "--format", "json")

    left = "1 waiting, 0 sending, 0 delivered, {} dead, 0 dropped\n"
    assert first == (0, "1 delivered, 1 dropped messages removed\n", left.format(1))
    assert second == (0, '{"delivered": 0, "dropped": 0, "dead": 1}\n', left.format(0))


def test_the_command_removes_old_history(url: str) -> None:
    """Records and messages stay."""
    removed = run("prune", "--older-than", "2w", "--store", url, "--format", "text")

    assert removed == (0, "2 decisions removed from the history\n", "2 changes of records are left in it\n")
    assert run("outbox", "list", "--store", url)[1].count("\n") == 4


def test_one_is_told_as_one(tmp_path: Path, program: Program) -> None:
    """One decision removed, one change left."""
    url = f"sqlite:///{tmp_path / 'two.db'}"
    with closing(open_store(url)) as store:
        order(program, store, 2)
        make_decisions_old(store, 1)

    removed = run("prune", "--older-than", "2w", "--store", url, "--format", "text")

    assert removed == (0, "1 decision removed from the history\n", "1 change of records is left in it\n")


@pytest.mark.parametrize("words", [["outbox", "prune"], ["prune"]])
@pytest.mark.parametrize("wrong", ["30", "d", "-3d", "3y", "1.5d", "", "٣d", "9999999d"])
def test_an_age_that_is_none_is_refused(words: list[str], wrong: str, tmp_path: Path) -> None:
    """With an example of one; nothing is removed."""
    code, _, said = run(*words, "--older-than", wrong, "--store", f"sqlite:///{tmp_path / 'none.db'}")

    assert code == 2
    assert "30d" in said


@pytest.mark.parametrize("words", [["outbox", "prune"], ["prune"]])
def test_a_store_that_is_not_there_is_not_made(words: list[str], tmp_path: Path) -> None:
    """The file's name is most likely misspelt."""
    code, _, said = run(*words, "--older-than", "999999w", "--store", f"sqlite:///{tmp_path / 'none.db'}")

    assert (code, list(tmp_path.iterdir())) == (2, [])
    assert "there is no" in said

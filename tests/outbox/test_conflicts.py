"""What PostgreSQL gives up for the sake of another transaction is done again, a few times."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from desk import Receiver, deliver
from postgres_server import Server

from rulewright import load
from rulewright.cli import main
from rulewright.conflicts import TRIES, despite_conflicts
from rulewright.errors import AdapterError, ConflictError
from rulewright.evaluation import CLAIMS, prune_claims
from rulewright.history import prune_history
from rulewright.outbox import MESSAGES, drop, list_letters, retry
from rulewright.outbox.claiming import release, release_expired, renew
from rulewright.outbox.clock import now_of
from rulewright.outbox.pruning import prune
from rulewright.ports import Store, Transaction
from rulewright.program import Program
from rulewright_adapters import open_store

# A sequence counts what was begun: unlike a table, it is not rolled back.
_CONFLICTS = """
CREATE SEQUENCE {schema}.tried;
CREATE FUNCTION {schema}.conflict() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('{schema}.tried') <= {count} THEN
        RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER conflict BEFORE INSERT OR UPDATE ON {schema}.{table}
    FOR EACH ROW EXECUTE FUNCTION {schema}.conflict()
"""


def schema_of(url: str) -> str:
    return url.rpartition("schema=")[2]


def make_conflicts(postgres: Server, url: str, table: str, count: int) -> None:
    """Let the next so many writes to a table meet one."""
    postgres.rows(_CONFLICTS.format(schema=schema_of(url), table=table, count=count))


@pytest.fixture
def url(postgres: Server, program: Program) -> str:
    """A store that is prepared."""
    url = postgres.new_url()
    with closing(open_store(url)) as store:
        store.prepare(program.tables)
    return url


def test_an_apply_is_done_again(postgres: Server, url: str, program: Program) -> None:
    """Once, with its message; the caller sees nothing of it."""
    make_conflicts(postgres, url, "shop_order", TRIES - 1)
    with closing(open_store(url)) as store:
        assert program.apply("shop/order", {"item": "tea"}, store=store).stored

        assert (store.count("shop/order", {}), len(list_letters(store))) == (1, 1)


def test_a_store_that_goes_on_giving_up_is_an_error(postgres: Server, url: str, program: Program) -> None:
    """Nothing is stored, and whoever called may try again."""
    make_conflicts(postgres, url, "shop_order", TRIES)
    with closing(open_store(url)) as store:
        with pytest.raises(ConflictError, match="try again"):
            program.apply("shop/order", {"item": "tea"}, store=store)

        assert (store.count("shop/order", {}), len(list_letters(store))) == (0, 0)


def test_a_batch_is_done_again(
    postgres: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each payload once, by the library and by the command."""
    monkeypatch.chdir(tmp_path)
    program = load()
    with closing(open_store(url)) as store:
        store.prepare(program.tables)
        make_conflicts(postgres, url, "ct_oi_case", 2)
        cases = [{"first_name": str(number)} for number in range(5)]
        receipts = list(program.apply_many("ct_oi/case", cases, store=store, actor={"agent": 3, "group": 9}))
        postgres.rows(f"ALTER SEQUENCE {schema_of(url)}.tried RESTART")
        Path("cases.jsonl").write_text('{"first_name": "a"}\n{"first_name": "b"}\n')
        words = ["apply", "ct_oi/case", "cases.jsonl", "--actor", '{"agent": 3, "group": 9}', "--store", url]
        done = CliRunner().invoke(main, words)

        assert (len(receipts), done.exit_code, store.count("ct_oi/case", {})) == (5, 0, 7), done.stderr


def test_a_delivery_is_settled_again(postgres: Server, url: str, program: Program) -> None:
    """The message is sent once: claiming and settling are done again by themselves."""
    receiver = Receiver()
    with closing(open_store(url)) as store:
        assert program.apply("shop/order", {"item": "tea"}, store=store).stored
        make_conflicts(postgres, url, "rulewright_message", 2)
        fates = [one.fate for one in deliver(program, store, receiver)]

    assert (fates, len(receiver.sent)) == (["delivered"], 1)


def give_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the store give up its next transactions, but for the last try; return what is left of them."""
    failures, begin = [1] * (TRIES - 1), store.transaction

    def conflicting() -> AbstractContextManager[Transaction]:
        if failures:
            failures.pop()
            raise ConflictError("deadlock detected")
        return begin()

    monkeypatch.setattr(store, "transaction", conflicting)
    return failures


EDITS: dict[str, Callable[[Store], object]] = {
    "retry": lambda store: retry(store, [1]),
    "drop": lambda store: drop(store, [1]),
    "release": lambda store: release(store, 1, "job 1"),
    "release_expired": release_expired,
    "renew": lambda store: renew(store, {1: "job 1/x"}, 60.0),
    "prune": lambda store: prune(store, now_of(store) + timedelta(days=1), ("dropped",)),
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_is_done_with_messages_is_done_again(
    edit: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claiming and settling were; a worker that only looked after leases ended, as did `outbox retry`."""
    store = open_store("memory://")
    store.prepare(program.tables)
    for _ in range(2):
        program.apply("shop/order", {"item": "tea"}, store=store)
    state = {"retry": "dead", "drop": "dead", "prune": "dropped"}.get(edit, "sending")
    with store.transaction() as transaction:
        values = {"state": state, "lease": "job 1/x", "due": "2026-01-01T00:00:00.000Z"}
        transaction.update(MESSAGES.resource, 1, values)
    before = store.find(MESSAGES.resource, {"id": 1})

    failures = give_up(store, monkeypatch)
    EDITS[edit](store)

    assert failures == []
    assert store.find(MESSAGES.resource, {"id": 1}) != before


def test_old_history_is_removed_again(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """As old messages are."""
    store = open_store("memory://")
    store.prepare(program.tables)
    for _ in range(3):
        program.apply("shop/order", {"item": "tea"}, store=store)

    failures = give_up(store, monkeypatch)
    pruned = prune_history(store, now_of(store) + timedelta(days=1))

    assert (failures, pruned) == ([], 2)


def test_expired_keys_are_removed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """They go with the history."""
    store = open_store("memory://")
    store.prepare((CLAIMS,))
    with store.transaction() as transaction:
        transaction.insert(CLAIMS.resource, {"id": "k1", "expires": "2025-01-01T00:00:00Z"})

    failures = give_up(store, monkeypatch)
    pruned = prune_claims(store, now_of(store))

    assert (failures, pruned) == ([], 1)


@contextmanager
def deadlocking(postgres: Server, url: str) -> Iterator[threading.Thread]:
    """Another program locks the household, then wants the case that we have written by then."""
    schema = schema_of(url)
    locked, wanted = threading.Event(), threading.Event()

    def lock() -> None:
        with postgres.connect() as connection:
            # It is the other one whose patience ends first.
            connection.execute("SET deadlock_timeout = '60s'")
            connection.execute("BEGIN")
            connection.execute(f"SELECT 1 FROM {schema}.ct_oi_household FOR UPDATE".encode())
            locked.set()
            wanted.wait(20)
            connection.execute(f"SELECT 1 FROM {schema}.ct_oi_case FOR UPDATE".encode())
            connection.execute("COMMIT")

    thread = threading.Thread(target=lock)
    thread.start()
    assert locked.wait(20)
    # Half a second later than ours, which waits for the household by then.
    threading.Timer(0.5, wanted.set).start()
    yield thread
    thread.join(20)


def test_a_deadlock_with_another_program_is_survived(postgres: Server, url: str) -> None:
    """PostgreSQL ends one of the two; ours begins anew and finds the other done."""
    program, agent = load(), {"agent": 3, "group": 9}
    with closing(open_store(url)) as store:
        first = {"first_name": "Ann", "head_of_household": True}
        assert program.apply("ct_oi/case", first, store=store, actor=agent).stored
        with deadlocking(postgres, url) as other:
            second = {"first_name": "Bob", "household": 1, "head_of_household": True}
            receipt = program.apply("ct_oi/case", second, store=store, actor=agent)

        assert (receipt.stored, other.is_alive()) == (True, False)
        assert [one["head_of_household"] for one in store.find("ct_oi/case", {})] == [False, True]


def test_other_errors_are_told_at_once() -> None:
    """Only a conflict is worth another try."""
    tried = []

    def fail() -> None:
        tried.append(1)
        raise AdapterError("the disk is full")

    with pytest.raises(AdapterError, match="disk"):
        despite_conflicts(fail)

    assert len(tried) == 1

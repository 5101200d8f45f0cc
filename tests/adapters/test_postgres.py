"""The store in PostgreSQL keeps the contract, agrees with the store in memory, and fails in clear words."""

# ruff: noqa: PT012 - what a transaction refuses shows when it ends

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from postgres_server import Server
from test_agreement import STEPS, Step, exact, play

from rulewright import load
from rulewright.errors import AdapterError, StoreLostError, StoreMismatchError, UniqueViolationError
from rulewright.ports import Column, Store, Table, UniqueConstraint
from rulewright.testing import CASE, HOUSEHOLD, TABLES, StoreContract, plain
from rulewright_adapters import open_store, postgres_connection
from rulewright_adapters.postgres import PostgresStore
from rulewright_adapters.postgres_address import address_of, opening_error

HOUSEHOLDS, CASES = TABLES
# A handful in CI; thousands by hand: RULEWRIGHT_TEST_EXAMPLES=5000.
EXAMPLES = int(os.environ.get("RULEWRIGHT_TEST_EXAMPLES", "25"))


class TestContract(StoreContract):
    """Every store's contract."""

    @pytest.fixture(autouse=True)
    def _postgres(self, postgres: Server) -> None:
        self.postgres = postgres

    def open_store(self) -> Store:
        """Open a schema that is not there yet."""
        return open_store(self.postgres.new_url())


@pytest.fixture
def url(postgres: Server) -> str:
    """A prepared store's URL, with one case in it."""
    url = postgres.new_url()
    store = open_store(url)
    store.prepare(TABLES)
    with store.transaction() as transaction:
        transaction.insert(CASE, {"id": 1, "name": "Ann", "is_head": True, "address": {"b": 1, "a": 2.5}})
    store.close()
    return url


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    """The prepared store, opened anew."""
    store = PostgresStore(url.partition("://")[2])
    yield store
    store.close()


def schema_of(url: str) -> str:
    """The schema in a store's URL."""
    return url.rpartition("schema=")[2]


@pytest.fixture(scope="module")
def played_in(postgres: Server) -> Iterator[Store]:
    """A store that is emptied for each example: making its tables takes longer than an example."""
    store = open_store(postgres.new_url())
    store.prepare(TABLES)
    yield store
    store.close()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(transactions=STEPS)
def test_memory_and_postgres_agree(
    played_in: PostgresStore, postgres: Server, transactions: list[tuple[bool, bool, list[Step]]]
) -> None:
    """The same steps give the same answers, refusals and records."""
    schema = played_in._address.schema
    postgres.rows(f"TRUNCATE {schema}.contract_case, {schema}.contract_household")
    memory = open_store("memory://")
    memory.prepare(TABLES)

    assert exact(play(memory, transactions)) == exact(play(played_in, transactions))


@pytest.mark.parametrize("number", [1e300, -1e300, 1e19, 2.0**63, 2**63 - 1, -(2**63), 0.5])
def test_numbers_in_lists_and_maps_are_read_as_they_were(store: PostgresStore, number: float) -> None:
    """The server writes large floats out, with hundreds of digits."""
    with store.transaction() as transaction:
        transaction.insert(CASE, {"id": 2, "address": {"n": number}})
    (found,) = store.find(CASE, {"id": 2})

    assert exact(found["address"]) == exact({"n": number})


# What others see


def test_the_schema_reads_well_for_others(postgres: Server, url: str) -> None:
    """A table per resource, a typed column per field, constraints that other programs can't break."""
    schema = schema_of(url)
    found = postgres.rows(f"SELECT id, name, is_head, address FROM {schema}.contract_case")
    definitions = "\n".join(
        str(row[0])
        for row in postgres.rows(
            f"SELECT indexdef FROM pg_indexes WHERE schemaname = '{schema}' UNION ALL"
            " SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_namespace n"
            f" ON n.oid = c.connamespace WHERE n.nspname = '{schema}'"
        )
    )

    assert found == [(1, "Ann", True, {"a": 2.5, "b": 1})]
    assert "(household) WHERE (is_head = true)" in definitions
    assert "FOREIGN KEY (household) REFERENCES" in definitions
    assert definitions.count("DEFERRABLE INITIALLY DEFERRED") == 2
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        postgres.rows(f"INSERT INTO {schema}.contract_case (id, is_head) VALUES (2, 'perhaps')")


def test_a_store_opened_again_knows_its_tables(store: PostgresStore) -> None:
    """Reading needs no rules: the schema says what it holds."""
    assert store.find(CASE, {"id": 1})[0]["is_head"] is True


def test_a_fitting_store_takes_no_lock_to_open(url: str, store: PostgresStore) -> None:
    """Somebody may be writing meanwhile."""
    other = open_store(url)
    with other.transaction():
        store.prepare(TABLES)
        store.prepare(TABLES)
    other.close()

    assert store.count(CASE, {}) == 1


def test_every_question_goes_by_an_index(store: PostgresStore) -> None:
    """Look-ups and sequences never read the whole table, also where it was small when they were prepared."""
    with store.transaction() as transaction:
        transaction.last_in_sequence(CASE, "reference", "SE%")
    statements = store._statements[CASE]
    questions = [(statements.sequence("reference", "SE%")[0], [])]
    for where in ({"household": 1}, {"household": [1, 2]}, {"name": "a", "is_head": [True, None]}, {"id": 1}):
        asked, bound = statements.ask(where) or ((), [])
        questions.append((statements.find(asked, limited=False), bound))
    plans = [str(store._sessions.rows(b"EXPLAIN " + text, bound)) for text, bound in questions]

    assert ["Seq Scan" in plan for plan in plans] == [False] * 5
    assert "rws_" in plans[0]


def test_schemas_do_not_see_each_other(postgres: Server, store: PostgresStore) -> None:
    """Two stores share a database, and their writers do not wait for each other."""
    other = open_store(postgres.new_url())
    other.prepare(TABLES)
    with store.transaction(), other.transaction() as transaction:
        transaction.insert(CASE, {"id": 1, "name": "Bob"})

    assert plain(other.find(CASE, {})) == [{"id": 1, "name": "Bob"}]
    assert store.find(CASE, {})[0]["name"] == "Ann"
    other.close()


def test_a_constraint_of_an_operator_is_a_violation_too(postgres: Server, url: str) -> None:
    """An index that Rulewright did not make refuses by its own name."""
    postgres.rows(f"CREATE UNIQUE INDEX one_name ON {schema_of(url)}.contract_case (name)")
    store = open_store(url)
    with pytest.raises(UniqueViolationError) as violation, store.transaction() as transaction:
        transaction.insert(CASE, {"id": 2, "name": "Ann"})
    store.close()

    assert violation.value.fields == ("one_name",)


# Opening


def test_a_full_disk_of_the_server_is_told_when_it_is_opened() -> None:
    """PostgreSQL keeps files of its own for a connection."""
    said = "FATAL:  could not write init file: No space left on device"

    error = opening_error(address_of("host/intake"), psycopg.OperationalError(said))

    assert str(error).endswith("can't be opened: the disk of its server is full")


@pytest.mark.parametrize("state", ["starting up", "in recovery mode", "shutting down"])
def test_a_server_that_is_not_ready_is_lost_for_now(state: str) -> None:
    """As after a crash: whoever delivers messages tries again."""
    address = address_of("user:hunter2@localhost/intake")
    error = opening_error(address, psycopg.OperationalError(f"FATAL:  the database system is {state}"))

    assert isinstance(error, StoreLostError)
    assert "FATAL" not in str(error)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("user:hunter2@127.0.0.1:1/intake", "postgresql://user@127.0.0.1:1/intake is not there"),
        ("user:hunter2@/intake?host=/nowhere", "no server answers on that socket"),
        ("user:hunter2@nowhere.invalid/intake", "no host has that name"),
        ("user:hunter2/@localhost:5432/intake", "%2F"),
        ("user:hunter2@[::1/intake", "can't be read"),
        ("user:hunter2@localhost/intake?colour=red", "can't be read"),
        ("user:hunter2@localhost/intake?schema=a;b", "schema"),
        ("user:hunter2@localhost/intake?schema=pg_catalog", "schema"),
    ],
)
def test_what_is_no_store_is_said_in_words(rest: str, words: str) -> None:
    """Each mistake has its own sentence, and none shows the password."""
    with pytest.raises(AdapterError) as error:
        open_store(f"postgresql://{rest}")
    shown = "".join(traceback.format_exception(error.value))

    assert words in str(error.value)
    assert "hunter2" not in shown.replace("user:hunter2@nowhere.invalid", "")


def test_an_address_does_not_show_its_password() -> None:
    """Not even to a debugger that prints it."""
    address = address_of("user:hunter2@host/db?sslmode=require&schema=intake")

    assert repr(address) == "Address(postgresql://user@host/db?schema=intake)"
    assert "sslmode=require" in address.conninfo


def test_a_missing_database_and_user_are_named(postgres: Server) -> None:
    """They are the operator's to make."""
    settings = psycopg.conninfo.conninfo_to_dict(postgres.uri)
    for change, words in (({"dbname": "none"}, "no such database"), ({"user": "none"}, "no such user")):
        with pytest.raises(AdapterError) as error:
            open_store(url_of({**settings, **change}))

        assert words in str(error.value)


def url_of(settings: dict[str, object]) -> str:
    """A URL with every setting as a parameter."""
    return "postgresql://?" + "&".join(f"{name}={value}" for name, value in settings.items())


def test_a_wrong_password_is_refused_without_showing_it(postgres: Server) -> None:
    """The server judges it; a right one opens the store."""
    if postgres.data is None:
        pytest.skip("RULEWRIGHT_TEST_PG names a server that is not ours to configure")
    access = postgres.data / "pg_hba.conf"
    access.write_text(f"local all locked scram-sha-256\n{access.read_text()}")
    postgres.rows("CREATE ROLE locked LOGIN PASSWORD 'open sesame'")
    postgres.rows("SELECT pg_reload_conf()")
    locked = {**psycopg.conninfo.conninfo_to_dict(postgres.uri), "user": "locked"}
    for password, words in (("hunter2", "refused the user name or the password"), ("", "wants a password")):
        with pytest.raises(AdapterError) as error:
            open_store(url_of({**locked, "password": password}))

        assert words in str(error.value)
        assert "hunter2" not in str(error.value)
    opened = open_store(url_of({**locked, "password": "open%20sesame"}))

    with pytest.raises(AdapterError, match="permission denied"):
        opened.prepare(TABLES)
    opened.close()


def test_without_the_driver_the_extra_is_named() -> None:
    """An installation without it still has every other store."""
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from rulewright_adapters import open_store; open_store('memory://').close()\n"
        "open_store('postgresql://user:hunter2@host/db')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "pip install 'rulewright[postgres]'" in ran.stderr
    assert "hunter2" not in ran.stderr.replace("open_store('postgresql://user:hunter2@host/db')", "")


# Faults


def end_connections(postgres: Server, url: str) -> None:
    """What an administrator or a restart does to every session of a store."""
    postgres.rows(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE application_name = 'rulewright' AND pid <> pg_backend_pid()"
    )


def test_a_connection_that_went_stale_is_replaced(postgres: Server, url: str, store: PostgresStore) -> None:
    """Reading and beginning again do no harm."""
    assert store.count(CASE, {}) == 1
    end_connections(postgres, url)
    assert store.count(CASE, {}) == 1
    end_connections(postgres, url)
    with store.transaction() as transaction:
        transaction.insert(CASE, {"id": 2})

    assert store.count(CASE, {}) == 2


def test_a_store_left_open_is_closed_before_python_ends(url: str) -> None:
    """Then its threads can no longer be waited for, of which Python 3.14 complains on stderr."""
    code = (
        "import atexit, sys; from rulewright_adapters import open_store;"
        "atexit.register(lambda: print(store._sessions._pool.closed));"
        "store = open_store(sys.argv[1])"
    )
    ran = subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, check=False)

    assert (ran.stdout, ran.stderr, ran.returncode) == ("True\n", "", 0)


@pytest.mark.parametrize("rest", ["127.0.0.1:1/intake", "/intake?host=/nowhere"])
def test_a_server_that_is_not_there_may_be_later(rest: str) -> None:
    """So whoever works on and on tries again."""
    with pytest.raises(StoreLostError, match="is not there"):
        open_store(f"postgresql://{rest}")


def test_a_connection_lost_inside_a_transaction_undoes_it(
    postgres: Server, url: str, store: PostgresStore
) -> None:
    """Going on would write half a decision."""
    with pytest.raises(StoreLostError, match="was lost"), store.transaction() as transaction:
        transaction.insert(CASE, {"id": 2})
        end_connections(postgres, url)
        transaction.insert(CASE, {"id": 3})

    assert [record["id"] for record in store.find(CASE, {})] == [1]


def test_a_connection_lost_before_the_commit_is_no_success(
    postgres: Server, url: str, store: PostgresStore
) -> None:
    """It says that the record must be looked for."""
    with pytest.raises(AdapterError, match="in the middle of a commit"), store.transaction() as transaction:
        transaction.insert(CASE, {"id": 2})
        end_connections(postgres, url)

    assert store.count(CASE, {}) == 1


def test_a_failed_statement_is_never_committed_as_a_success(store: PostgresStore) -> None:
    """PostgreSQL answers such a COMMIT by rolling back, and calls that fine."""
    with pytest.raises(AdapterError, match="only be rolled back"), store.transaction() as transaction:
        transaction.insert(CASE, {"id": 2})
        with pytest.raises(AdapterError, match="too long to be kept in an index"):
            transaction.insert(CASE, {"id": 3, "reference": os.urandom(20_000).hex()})

    assert store.count(CASE, {}) == 1


def test_a_savepoint_outlives_a_failed_statement(store: PostgresStore) -> None:
    """What stands outside of it is stored."""
    with store.transaction() as transaction:
        transaction.insert(CASE, {"id": 2})
        with pytest.raises(AdapterError), transaction.savepoint():
            transaction.insert(CASE, {"id": 4})
            transaction.insert(CASE, {"id": 3, "reference": os.urandom(20_000).hex()})
        transaction.insert(CASE, {"id": 5})

    assert [record["id"] for record in store.find(CASE, {})] == [1, 2, 5]


def test_an_error_never_repeats_a_record(store: PostgresStore) -> None:
    """PostgreSQL's own details do, hence they are left out of every traceback."""
    with store.transaction() as transaction:
        transaction.insert(CASE, {"id": 2, "reference": "secret"})
    shown = []
    for record in ({"id": 3, "reference": "secret"}, {"id": 3, "name": "secret", "household": 99}):
        with pytest.raises(AdapterError) as error, store.transaction() as transaction:
            transaction.insert(CASE, record)
        shown.append("".join(traceback.format_exception(error.value)))

    assert [text.count("another record has the same reference") for text in shown] == [1, 0]
    assert "secret" not in "".join(line for text in shown for line in text.splitlines() if "Error" in line)


def test_a_writer_who_does_not_finish_is_told_of(
    url: str, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others wait, then hear that the store is busy."""
    monkeypatch.setattr(postgres_connection, "PATIENCE", 1)
    waiting = open_store(url)
    with store.transaction(), pytest.raises(AdapterError, match="is busy"), waiting.transaction():
        pass
    waiting.close()


def test_a_forked_process_must_open_its_own(store: PostgresStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes on one connection would hear each other's answers."""
    with monkeypatch.context() as forked:
        forked.setattr(os, "getpid", lambda: -1)
        store.close()

        with pytest.raises(AdapterError, match="fork"):
            store.find(CASE, {})

    assert store.count(CASE, {}) == 1


# Rules that changed


def mismatch(store: Store, *tables: Table) -> str:
    """What a store says to tables that it does not fit."""
    with pytest.raises(StoreMismatchError) as error:
        store.prepare(tables)
    return str(error.value)


def definitions(postgres: Server, url: str) -> set[object]:
    """The names of all indexes in a store."""
    rows = postgres.rows(f"SELECT indexname FROM pg_indexes WHERE schemaname = '{schema_of(url)}'")
    return {row[0] for row in rows}


def test_an_operators_index_stays(postgres: Server, url: str, store: PostgresStore) -> None:
    """Only indexes of our own making follow the rules."""
    postgres.rows(f"CREATE INDEX report ON {schema_of(url)}.contract_case (name)")
    before = definitions(postgres, url)
    store.prepare((HOUSEHOLDS, replace(CASES, indexes=(), uniques=())))
    bare = definitions(postgres, url)
    store.prepare(TABLES)

    assert {str(name)[:4] for name in before - bare} == {"rwu_", "rwi_"}
    assert definitions(postgres, url) == before


def test_a_change_by_another_process_is_noticed(url: str, store: PostgresStore) -> None:
    """What was prepared once is looked at again."""
    store.prepare(TABLES)
    other = open_store(url)
    other.prepare((HOUSEHOLDS, replace(CASES, uniques=())))
    other.close()
    store.prepare(TABLES)

    with store.transaction() as transaction:
        transaction.insert(CASE, {"id": 2, "reference": "R"})
        with pytest.raises(UniqueViolationError):
            transaction.insert(CASE, {"id": 3, "reference": "R"})


def test_a_new_reference_that_records_break_is_a_mismatch(store: PostgresStore) -> None:
    """And the schema stays as it was."""
    store.prepare((HOUSEHOLDS, replace(CASES, foreign_keys=())))
    with store.transaction() as transaction:
        transaction.insert(CASE, {"id": 2, "household": 99})

    assert "household to name a contract/household by id" in mismatch(store, *TABLES)
    assert [record["id"] for record in store.find(CASE, {"household": 99})] == [2]


def test_a_reference_to_a_unique_field_comes_and_goes(store: PostgresStore) -> None:
    """The foreign key is dropped before the index that it relies on."""
    unique = replace(HOUSEHOLDS, uniques=(UniqueConstraint(("slug",), {}),))
    store.prepare((unique, CASES))
    with pytest.raises(AdapterError, match="near"), store.transaction() as transaction:
        transaction.insert(CASE, {"id": 2, "near": "nowhere"})
    store.prepare(TABLES)
    with store.transaction() as transaction:
        transaction.insert(HOUSEHOLD, {"id": 1, "slug": "x"})
        transaction.insert(HOUSEHOLD, {"id": 2, "slug": "x"})

    assert store.count(HOUSEHOLD, {"slug": "x"}) == 2


def test_a_reference_between_two_types_is_judged_by_us(postgres: Server) -> None:
    """PostgreSQL can't declare it; nothing can keep it either."""
    store = open_store(postgres.new_url())
    store.prepare((replace(HOUSEHOLDS, columns=(Column("id", "text"), *HOUSEHOLDS.columns[1:])), CASES))
    with pytest.raises(AdapterError, match="household"), store.transaction() as transaction:
        transaction.insert(HOUSEHOLD, {"id": "1"})
        transaction.insert(CASE, {"id": 1, "household": 1})
    store.close()


def test_what_somebody_else_did_to_the_schema_is_a_mismatch(postgres: Server, url: str) -> None:
    """A table that Rulewright did not make, a column that is gone, a table that is gone."""
    schema, store = schema_of(url), open_store(url)
    wider = replace(CASES, columns=(*CASES.columns, Column("colour", "text")))
    postgres.rows(f"CREATE TABLE {schema}.other_thing (id integer)")
    theirs = mismatch(store, Table("other/thing", "id", (Column("id", "integer"),)))
    postgres.rows(f"ALTER TABLE {schema}.contract_case DROP COLUMN income")
    column = mismatch(store, HOUSEHOLDS, wider)
    postgres.rows(f"DROP TABLE {schema}.contract_case CASCADE")
    table = mismatch(store, HOUSEHOLDS, wider)
    with pytest.raises(AdapterError, match="has lost a table"):
        store.find(CASE, {})
    store.close()

    assert "Rulewright did not make" in theirs
    assert "contract/case.income: its column is gone" in column
    assert "its table contract_case is gone" in table


@pytest.mark.parametrize(
    "resources", [("a/b_c", "a_b/c"), ("a/b", "a/B"), ("_rulewright/tables",), (f"a/{'b' * 62}",)]
)
def test_names_that_can_not_be_are_refused(postgres: Server, resources: tuple[str, ...]) -> None:
    """Two resources never share a table; none takes one of ours or a name that would be cut."""
    store = open_store(postgres.new_url())
    with pytest.raises(AdapterError):
        store.prepare([Table(resource, "id", (Column("id", "integer"),)) for resource in resources])
    with pytest.raises(AdapterError, match="63"):
        store.prepare([Table("a/b", "id", (Column("id", "integer"), Column("c" * 64, "text")))])
    store.close()


def test_long_names_get_indexes_of_their_own(postgres: Server) -> None:
    """PostgreSQL would cut their names to the same 63 letters."""
    long = "f" * 60
    columns = tuple(Column(f"{long}{n}", "text") for n in range(3))
    uniques = tuple(UniqueConstraint((column.name,), {}) for column in columns)
    store = open_store(postgres.new_url())
    store.prepare([Table("a/b", "id", (Column("id", "integer"), *columns), uniques)])
    with store.transaction() as transaction:
        transaction.insert("a/b", {"id": 1, f"{long}2": "x"})
        with pytest.raises(UniqueViolationError) as violation:
            transaction.insert("a/b", {"id": 2, f"{long}2": "x"})
    store.close()

    assert violation.value.fields == (f"{long}2",)


def test_threads_prepare_at_once(store: PostgresStore) -> None:
    """Every apply prepares its store, and a server applies in many threads."""
    with ThreadPoolExecutor(8) as threads:
        results = [threads.submit(store.prepare, TABLES) for _ in range(100)]

    assert [result.result() for result in results] == [None] * 100


LONG = """
rulewright: 1
resource: desk/note
key: code
fields:
  code: {type: string, required: true}
  email: {type: string, unique: true}
"""


def test_a_text_too_long_for_an_index_refuses_its_payload_alone(tmp_path: Path, url: str) -> None:
    """It ended the batch: whatever came after it in the file was never stored."""
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "note.yaml").write_text(LONG)
    program, long, longer = load(tmp_path), os.urandom(4000).hex(), os.urandom(20_000).hex()
    payloads = [{"code": str(number)} for number in range(20)]
    payloads[7]["email"], payloads[9]["code"], payloads[19]["email"] = long, longer, longer
    with closing(open_store(url)) as store:
        receipts = [*program.apply_many("desk/note", payloads, store=store)]
        alone = program.apply("desk/note", {"code": "x", "email": long}, store=store)

        assert store.count("desk/note", {}) == 17
    refused = {number: one.problems[0] for number, one in enumerate(receipts) if not one.stored}
    assert {number: one.code for number, one in refused.items()} == dict.fromkeys((7, 9, 19), "limit")
    assert refused[7].message == "desk/note: email is too long to be kept in an index of the store"
    assert [one.code for one in alone.problems] == ["limit"]

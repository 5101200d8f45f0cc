"""The SQLite store keeps the contract; its file is one that others can read and trust."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from rulewright.errors import AdapterError, StoreMismatchError
from rulewright.ports import Column, Store, Table
from rulewright.testing import CASE, HOUSEHOLD, TABLES, StoreContract
from rulewright_adapters import open_store, sqlite_connection
from rulewright_adapters.sqlite import SqliteStore
from rulewright_adapters.sqlite_statements import sequence_texts, table_name


class TestContractInAFile(StoreContract):
    """Every store's contract, on files."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.files = (tmp_path / f"{number}.db" for number in range(9))

    def open_store(self) -> Store:
        """Open a file that is not there yet."""
        return open_store(f"sqlite:///{next(self.files)}")


class TestContractInMemory(StoreContract):
    """Every store's contract, on SQLite in memory."""

    def open_store(self) -> Store:
        """Open an empty store."""
        return open_store("sqlite://")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A prepared store's file with one case."""
    path = tmp_path / "store.db"
    store = open_store(f"sqlite:///{path}")
    store.prepare(TABLES)
    with store.transaction() as transaction:
        transaction.insert(CASE, {"id": 1, "name": "Ann", "is_head": True, "address": {"b": 1, "a": 2}})
    store.close()
    return path


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """The prepared store, opened anew."""
    store = SqliteStore(str(path))
    yield store
    store.close()


def rows(path: Path, text: str) -> list[tuple[object, ...]]:
    """What another tool reads from the file."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(text).fetchall()
    finally:
        connection.close()


def plan(store: SqliteStore, text: str, *bound: object) -> str:
    """How SQLite goes about a question."""
    return str(store._rows(f"EXPLAIN QUERY PLAN {text}", bound))


# The file


def test_the_file_reads_well_for_others(path: Path) -> None:
    """A table per resource, a column per field, nested values as JSON, constraints in the schema."""
    found = rows(path, "SELECT id, name, is_head, address FROM contract_case")
    keys = rows(path, 'SELECT "from", "table", "to" FROM pragma_foreign_key_list(\'contract_case\')')
    (unique,) = rows(path, "SELECT sql FROM sqlite_master WHERE name LIKE 'rwu_%household%'")[0]

    assert found == [(1, "Ann", 1, '{"a":2,"b":1}')]
    assert keys == [("household", "contract_household", "id")]
    assert str(unique).endswith('ON "contract_case" ("household") WHERE "is_head" = 1')


def test_a_store_opened_again_knows_its_tables(store: SqliteStore) -> None:
    """Reading needs no rules: the file says what it holds."""
    assert store.find(CASE, {"id": 1})[0]["is_head"] is True


def test_a_fitting_store_takes_no_lock_to_open(path: Path, store: SqliteStore) -> None:
    """Somebody may be writing meanwhile."""
    other = open_store(f"sqlite:///{path}")
    with other.transaction():
        store.prepare(TABLES)
    other.close()

    assert store.count(CASE, {}) == 1


def test_every_question_goes_by_an_index(store: SqliteStore) -> None:
    """Look-ups by one value or many, references and sequences never read the whole table."""
    with store.transaction() as transaction:
        transaction.last_in_sequence(CASE, "reference", "SE")
    statements = store._statements[CASE]
    for where in (
        {"household": 1},
        {"household": [1, 2]},
        {"name": "a", "is_head": [True, False]},
        {"id": 1},
    ):
        asked, bound = statements.ask(where) or ((), [])

        assert "SEARCH contract_case USING" in plan(store, statements.find(asked, limited=False), *bound)
    last, _ = sequence_texts(statements.shape, "reference", "SE")

    assert " INDEX rws_contract_case_reference" in plan(store, last)


def test_durable_settings(store: SqliteStore) -> None:
    """Write-ahead log, every commit synced, foreign keys on."""
    assert store._rows("PRAGMA journal_mode", []) == [("wal",)]
    assert store._rows("PRAGMA synchronous", []) == [(2,)]
    assert store._rows("PRAGMA foreign_keys", []) == [(1,)]


def test_sqlite_utils_is_imported_only_for_schema_work(path: Path) -> None:
    """It takes 100 ms, and a store that fits has no use for it."""
    code = (
        "import sys; from rulewright_adapters import open_store; from rulewright.testing import TABLES\n"
        f"store = open_store('sqlite:///{path}'); store.prepare(TABLES); store.close()\n"
        "print('sqlite_utils' in sys.modules)"
    )

    assert run("-c", code).stdout.strip() == "False"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with this process's modules at hand."""
    return subprocess.run(
        [sys.executable, *arguments], env=environment(), capture_output=True, text=True, check=True
    )


def environment() -> dict[str, str]:
    """The environment in which another Python finds the same modules."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


# Opening


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://host/db", "memory://, "),
        ("store.db", "memory://, "),
        ("sqlite://store.db", "three slashes"),
        ("sqlite:///{folder}", "is a directory"),
        ("sqlite:///{folder}/none/store.db", "there is no folder"),
        ("sqlite:///{folder}/text.db", "is not a SQLite file"),
        ("sqlite:///{folder}/nul\0.db", "NUL"),
        ("sqlite:////dev/null", "not a regular file"),
        ("sqlite:///{folder}/a.db?mode=memory", "takes no options"),
        ("sqlite:///{folder}/a.db#b", "takes no options"),
    ],
)
def test_what_is_no_store_is_said_in_words(tmp_path: Path, url: str, words: str) -> None:
    """Each mistake has its own sentence."""
    (tmp_path / "text.db").write_text("This is a text, not a database. " * 40)

    with pytest.raises(AdapterError) as error:
        open_store(url.format(folder=tmp_path))
    assert words in str(error.value)


def test_a_store_that_may_not_be_made_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is at fault, and said to be."""
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.R_OK)

    with pytest.raises(AdapterError, match="can't be written: permission denied"):
        open_store(f"sqlite:///{path.with_name('new.db')}")


@pytest.fixture(params=["wal", "delete"])
def closed(path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A store in a folder that others may read, and nobody write to."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode={request.param}")
    with TemporaryDirectory() as folder:
        copied = Path(shutil.copy(path, folder))
        copied.chmod(0o444)
        os.chmod(folder, 0o555)
        yield copied
        os.chmod(folder, 0o755)


def without_rights(function: Callable[[str], str], path: Path) -> str:
    """What a function gives in a process that may not write everywhere, as root may."""
    drop = {"initializer": os.setuid, "initargs": (65_534,)} if os.geteuid() == 0 else {}
    with multiprocessing.get_context("fork").Pool(1, **drop) as pool:  # type: ignore[arg-type]
        return pool.apply(function, (str(path),))


def count_cases(path: str) -> str:
    with closing(open_store(f"sqlite:///{path}")) as store:
        return str(store.count(CASE, {}))


def insert_a_case(path: str) -> str:
    with closing(open_store(f"sqlite:///{path}")) as store:
        try:
            with store.transaction() as transaction:
                transaction.insert(CASE, {"id": 99})
        except AdapterError as error:
            return str(error)
    return "stored"


def test_a_store_in_a_read_only_folder_is_read_and_not_written(closed: Path) -> None:
    """In WAL mode SQLite would keep a lock beside the file."""
    assert [*closed.parent.iterdir()] == [closed]

    assert without_rights(count_cases, closed) == "1"
    assert without_rights(insert_a_case, closed) == f"{closed} can't be written: it is read-only"


def test_what_changes_while_it_is_read_without_a_lock_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read might be half old and half new."""
    monkeypatch.setattr(sqlite_connection, "is_read_only", lambda _: True)
    monkeypatch.setattr(sqlite_connection, "_connect_to_read", unlocked)
    with closing(SqliteStore(str(path))) as store:
        store.count(CASE, {})
        path.touch()

        with pytest.raises(AdapterError, match="was written to by somebody else meanwhile"):
            store.count(CASE, {})


def unlocked(path: str, _: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{path}?mode=ro&immutable=1", uri=True, factory=sqlite_connection.Unlocked, isolation_level=None
    )


def test_a_damaged_file_is_an_adapter_error(path: Path) -> None:
    """Zeroes in the middle are met while reading, never as a crash."""
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(content)

    with pytest.raises(AdapterError, match=r"damaged|SQLite says"), closing(SqliteStore(str(path))) as store:
        store.find(CASE, {})


@pytest.mark.parametrize(
    "text", ["", "{bad", "[" * 100_000, "9" * 5000], ids=["empty", "bad", "deep", "long"]
)
def test_a_damaged_value_is_an_adapter_error(path: Path, text: str) -> None:
    """Its field is named, and how to find it; it was an internal error."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE {table_name(CASE)} SET address = ?", (text,))
        connection.commit()

    with closing(SqliteStore(str(path))) as store, pytest.raises(AdapterError, match="WHERE NOT json_valid"):
        store.find(CASE, {})


def test_a_text_that_can_not_be_read_is_not_shown(path: Path) -> None:
    """SQLite's words repeat it, and it may be somebody's secret."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE {table_name(CASE)} SET name = CAST(x'ff736563726574' AS TEXT)")
        connection.commit()

    with closing(SqliteStore(str(path))) as store, pytest.raises(AdapterError, match="damaged") as error:
        store.find(CASE, {})

    assert "column 'name'" in str(error.value)
    assert "secret" not in str(error.value)


def test_a_damaged_schema_that_is_no_text_is_an_adapter_error(path: Path) -> None:
    """The driver can't read SQLite's own error then; it was an internal error."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = 'x', name = CAST(x'ff61' AS TEXT)")

    with pytest.raises(AdapterError, match="damaged"):
        SqliteStore(str(path))


def test_what_the_store_says_of_itself_may_be_damaged(path: Path) -> None:
    """Nested without end, too."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE _rulewright_tables SET shape = ?", ("[" * 100_000,))
        connection.commit()

    with pytest.raises(AdapterError, match="can't be read"):
        SqliteStore(str(path))


def test_a_relative_path_is_taken_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three slashes are relative, four absolute."""
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///a.db", f"sqlite:///{tmp_path}/b.db"):
        open_store(url).close()

    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.db", "b.db"]


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_is_text_or_a_path(kind: type[str] | type[Path], path: Path) -> None:
    """As for everything of the standard library that opens a file."""
    with closing(SqliteStore(kind(path))) as store:
        assert store.count(CASE, {}) == 1


@pytest.mark.parametrize("path", [5, None, b"store.db"])
def test_what_is_no_path_is_said_in_words(path: Any) -> None:
    """A number is not taken for an open file."""
    with pytest.raises(AdapterError, match=f"by text or a Path, not by {type(path).__name__}"):
        SqliteStore(path)


def test_a_writer_who_does_not_finish_is_told_of(
    path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others wait, then hear that the store is busy."""
    monkeypatch.setattr(sqlite_connection, "PATIENCE", 0.05)
    waiting = open_store(f"sqlite:///{path}")
    with store.transaction(), pytest.raises(AdapterError, match="is busy"), waiting.transaction():
        pass
    waiting.close()


def test_a_forked_process_must_open_its_own(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's locks do not survive a fork."""
    with monkeypatch.context() as forked:
        forked.setattr(os, "getpid", lambda: -1)

        with pytest.raises(AdapterError, match="fork"):
            store.find(CASE, {})


def test_a_full_disk_leaves_nothing_behind(store: SqliteStore) -> None:
    """SQLite then rolls back by itself; what follows must not be written record by record."""
    store._rows("PRAGMA max_page_count=20", [])
    with pytest.raises(AdapterError, match="rolled the transaction back"):  # noqa: PT012, SIM117 - the order matters
        with store.transaction() as transaction:
            transaction.insert(CASE, {"id": 2})
            with pytest.raises(AdapterError, match="disk is full"), transaction.savepoint():
                transaction.insert(CASE, {"id": 3, "name": "x" * 1_000_000})
            transaction.insert(CASE, {"id": 4})

    assert [record["id"] for record in store.find(CASE, {})] == [1]


# Rules that changed


def mismatch(store: Store, *tables: Table) -> str:
    """What a store says to tables that it does not fit."""
    with pytest.raises(StoreMismatchError) as error:
        store.prepare(tables)
    return str(error.value)


def test_an_operators_index_stays(path: Path) -> None:
    """Only indexes of our own making follow the rules."""
    rows(path, "CREATE INDEX report ON contract_case (name)")
    with_less = replace(TABLES[1], indexes=(), uniques=())
    store = open_store(f"sqlite:///{path}")
    store.prepare((TABLES[0], with_less))
    store.close()

    assert rows(
        path, "SELECT name FROM sqlite_master WHERE tbl_name = 'contract_case' AND type = 'index'"
    ) == [("report",)]


def test_a_new_reference_keeps_records_and_constraints(path: Path, store: SqliteStore) -> None:
    """The table is rebuilt by sqlite-utils; partial unique indexes outlive it."""
    case = TABLES[1]
    widened = replace(
        case,
        columns=(*case.columns, Column("landlord", "integer")),
        foreign_keys=(*case.foreign_keys, replace(case.foreign_keys[0], field="landlord")),
    )
    before = rows(path, "SELECT name, sql FROM sqlite_master WHERE name LIKE 'rw%' ORDER BY name")
    store.prepare((TABLES[0], widened))

    assert rows(path, "SELECT name, sql FROM sqlite_master WHERE name LIKE 'rw%' ORDER BY name") == before
    assert len(rows(path, "SELECT * FROM pragma_foreign_key_list('contract_case')")) == 2
    assert store.find(CASE, {"landlord": None})[0]["name"] == "Ann"
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


def test_an_operators_trigger_outlives_a_new_reference(path: Path, store: SqliteStore) -> None:
    """It went with the table that was rebuilt."""
    store.prepare((TABLES[0], replace(TABLES[1], foreign_keys=())))
    rows(path, "CREATE TABLE seen (id INTEGER)")
    rows(
        path, "CREATE TRIGGER note AFTER INSERT ON contract_case BEGIN INSERT INTO seen VALUES (new.id); END"
    )
    store.prepare(TABLES)
    with store.transaction() as transaction:
        transaction.insert(CASE, {"id": 7})

    assert rows(path, "SELECT id FROM seen") == [(7,)]


def test_a_new_reference_that_records_break_is_a_mismatch(store: SqliteStore) -> None:
    """And the file stays as it was."""
    case = replace(TABLES[1], foreign_keys=())
    store.prepare((TABLES[0], case))
    with store.transaction() as transaction:
        transaction.insert(CASE, {"id": 2, "household": 99})

    assert "household to name a contract/household by id" in mismatch(store, *TABLES)
    assert [record["id"] for record in store.find(CASE, {"household": 99})] == [2]


def test_a_table_of_somebody_else_is_a_mismatch(path: Path) -> None:
    """Rulewright takes over nothing that it did not make."""
    rows(path, "CREATE TABLE other_thing (id INTEGER)")
    store = open_store(f"sqlite:///{path}")

    assert "Rulewright did not make" in mismatch(
        store, Table("other/thing", "id", (Column("id", "integer"),))
    )
    store.close()


def test_a_column_taken_out_by_hand_is_a_mismatch(path: Path) -> None:
    """The file no longer holds what it says it holds."""
    rows(path, "ALTER TABLE contract_case DROP COLUMN income")
    store = open_store(f"sqlite:///{path}")
    wider = replace(TABLES[1], columns=(*TABLES[1].columns, Column("colour", "text")))

    assert "contract/case.income: its column is gone" in mismatch(store, TABLES[0], wider)
    store.close()


def test_a_column_taken_out_by_hand_is_not_read_as_its_name(path: Path) -> None:
    """SQLite takes a quoted name that is no column's for a text: each income was "income"."""
    rows(path, "ALTER TABLE contract_case DROP COLUMN income")

    with closing(SqliteStore(str(path))) as store, pytest.raises(AdapterError, match="no such column"):
        store.find(CASE, {})


@pytest.mark.parametrize(
    "resources", [("a/b_c", "a_b/c"), ("a/b", "a/B"), ("sqlite/x",), ("_rulewright/tables",)]
)
def test_table_names_that_collide_are_refused(resources: tuple[str, ...]) -> None:
    """Two resources never share a table, and none takes one of SQLite's or ours."""
    store = open_store("sqlite://")
    with pytest.raises(AdapterError):
        store.prepare([Table(resource, "id", (Column("id", "integer"),)) for resource in resources])
    store.close()


# Several processes


def test_processes_share_a_file(tmp_path: Path) -> None:
    """Four processes create one file and write 200 pairs each: none lost, no number drawn twice."""
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    command = [sys.executable, str(Path(__file__).with_name("writer.py")), url, "200"]
    writers = [
        subprocess.Popen(
            command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    outputs = [writer.communicate(timeout=60) for writer in writers]
    drawn = sorted(int(number) for output, _ in outputs for number in output.split())
    store = open_store(url)

    assert [error for _, error in outputs] == [""] * 4
    assert drawn == list(range(1, 801))
    assert store.count(CASE, {}) == store.count(HOUSEHOLD, {}) == 800
    store.close()


@pytest.mark.parametrize("acknowledged", [0, 1, 7, 40])
def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, acknowledged: int) -> None:
    """After SIGKILL every acknowledged pair is there, nothing is half written, the file is sound."""
    path = tmp_path / "killed.db"
    command = [sys.executable, str(Path(__file__).with_name("writer.py")), f"sqlite:///{path}", "100000"]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        seen = [int(writer.stdout.readline()) for _ in range(acknowledged)]
        writer.kill()
        seen += [int(line) for line in writer.stdout if line.endswith("\n")]
    store = open_store(f"sqlite:///{path}")
    store.prepare(TABLES)
    stored = [record["id"] for record in store.find(CASE, {})]
    store.close()

    assert stored[: len(seen)] == seen
    # At most the pair whose acknowledgement was cut off.
    assert len(stored) - len(seen) <= 1
    assert rows(path, "SELECT count(*) FROM contract_household") == [(len(stored),)]
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert rows(path, "PRAGMA foreign_key_check") == []

"""A store in a SQLite file, shared safely by threads and processes.

sqlite-utils makes the tables; records are read and written on the standard library's connection
beneath it. A record whose transaction ended survives kill -9 and power loss.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Literal

from rulewright.errors import AdapterError, UniqueViolationError
from rulewright.ports import OneByOne, StoredRecord, Table, Transaction, Where
from rulewright_adapters.reading import KeyedReadingHalf
from rulewright_adapters.references import ReferenceLedger, broken, can_enforce, undeclared
from rulewright_adapters.shapes import shape_of, shapes_of
from rulewright_adapters.sqlite_connection import Sessions, explained, path_of
from rulewright_adapters.sqlite_schema import PROGRESS, broken_references, migrate, stored_tables
from rulewright_adapters.sqlite_statements import Statements, quoted, sequence_texts
from rulewright_adapters.table_texts import fits
from rulewright_adapters.values import orderable


def open_url(rest: str) -> SqliteStore:
    """Open `sqlite:///relative.db`, `sqlite:////absolute.db` or `sqlite://` (in memory)."""
    return SqliteStore(path_of(rest))


def _text_of(path: object) -> str:
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if isinstance(text, str):
        return text
    raise AdapterError(f"a SQLite store is a file, named by text or a Path, not by {type(path).__name__}")


class SqliteStore:
    """Records in a SQLite file: a table per resource, a column per field."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open or create the file at `path`; ":memory:" keeps nothing. Raises AdapterError."""
        self._sessions = Sessions(_text_of(path))
        self._statements: dict[str, Statements] = {}
        self._tables: dict[str, Table] = {}
        try:
            # A file that is no database shows itself at the first read.
            self._learn()
        except BaseException:
            self.close()
            raise

    def _learn(self) -> None:
        with self._sessions.held() as connection:
            self._tables = stored_tables(connection)
        for resource, table in self._tables.items():
            self._statements.setdefault(resource, Statements(shape_of(table)))

    def prepare(self, tables: Sequence[Table]) -> None:
        """Make the file fit `tables`. See `Store.prepare`; raises StoreMismatchError."""
        shapes = shapes_of(tables)
        with self._sessions.held() as connection:
            if not fits(stored_tables(connection), tables):
                self._migrate(connection, tables)
        self._learn()
        # Columns that the rules no longer name are kept in the file and left out of what is read.
        self._statements.update({resource: Statements(shape) for resource, shape in shapes.items()})

    def _migrate(self, connection: sqlite3.Connection, tables: Sequence[Table]) -> None:
        # SQLite's own recipe for rebuilding a table that others refer to; no effect inside a transaction.
        connection.execute("PRAGMA foreign_keys=OFF")
        try:
            with self._begun(connection):
                migrate(connection, tables, self._sessions.name)
                connection.execute("COMMIT")
        finally:
            connection.execute("PRAGMA foreign_keys=ON")

    @contextmanager
    def _begun(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Hold the write lock for a block that ends with its own COMMIT; roll back if it raises."""
        if _is_open(connection):
            raise AdapterError("a transaction is open already in this thread")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # SQLite has rolled back by itself where the disk is full.
            if _is_open(connection):
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise

    def find(self, resource: str, where: Where, limit: int | None = None) -> Sequence[StoredRecord]:
        """Return the matching records, ordered by key."""
        statements = self._statements.get(resource)
        question = statements.ask(where) if statements else None
        if statements is None or question is None:
            return []
        asked, bound = question
        if limit is not None:
            bound.append(limit)
        return statements.records(self._rows(statements.find(asked, limit is not None), bound))

    def find_each(
        self, resource: str, fields: tuple[str, ...], keys: Sequence[tuple[str | int, ...]]
    ) -> Sequence[StoredRecord]:
        """Return the records that have any of the keys, by one question; see `KeyedRecords.find_each`."""
        statements = self._statements.get(resource)
        columns = statements.key_columns(fields, keys) if statements else []
        if statements is None or not columns:
            return []
        rows = columns[0] if len(columns) == 1 else [*zip(*columns, strict=True)]
        return statements.records(self._rows(statements.find_each(fields), [json.dumps(rows)]))

    def count(self, resource: str, where: Where) -> int:
        """Return how many records match."""
        found = self._aggregate(resource, where, "count(*)")
        return found if isinstance(found, int) else 0

    def extreme(self, resource: str, where: Where, field: str, which: Literal["min", "max"]) -> object:
        """Return the least or greatest non-null value of `field` among the matching records, or None."""
        statements = self._statements.get(resource)
        if statements is None:
            return None
        orderable(statements.shape.type_of(field), resource, field)
        return statements.decoded(field, self._aggregate(resource, where, f"{which}({quoted(field)})"))

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        """Return the largest number that `field` holds after `prefix` (0 where there is none)."""
        statements = self._statements.get(resource)
        if statements is None:
            return 0
        kind = statements.shape.type_of(field)
        if kind == "text":
            found = self._rows(sequence_texts(statements.shape, field, prefix)[0], [])[0][0]
        elif kind == "integer" and not prefix:
            found = self._aggregate(resource, {}, f"max({quoted(field)})")
        else:
            return 0
        return max(found, 0) if isinstance(found, int) else 0

    def _aggregate(self, resource: str, where: Where, what: str) -> object:
        statements = self._statements.get(resource)
        question = statements.ask(where) if statements else None
        if statements is None or question is None:
            return None
        return self._rows(statements.aggregate(question[0], what), question[1])[0][0]

    def _rows(self, text: str, bound: Sequence[object]) -> list[tuple[object, ...]]:
        with self._sessions.held() as connection:
            return connection.execute(text, bound).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open the one writing transaction; it commits when the block ends, else rolls back.

        Waits for other writers; AdapterError after 30 seconds.
        """
        with self._sessions.held() as connection:
            work: SqliteTransaction | None = None
            try:
                with self._begun(connection):
                    # Two new records may name each other: references are judged at the commit.
                    connection.execute("PRAGMA defer_foreign_keys=ON")
                    work = SqliteTransaction(self, connection)
                    yield work
                    work.verify()
                    self._commit(connection)
            finally:
                if work is not None:
                    work.end()

    def _commit(self, connection: sqlite3.Connection) -> None:
        try:
            connection.execute("COMMIT")
        except sqlite3.IntegrityError as error:
            # The transaction is still open, so what is broken can be looked up.
            for resource, key in broken_references(connection, self._tables):
                raise broken(resource, key) from error
            raise

    def progress(self, job: str) -> int:
        """Return the position last kept for `job`, 0 if none."""
        if not self._rows("SELECT 1 FROM sqlite_master WHERE name = '_rulewright_progress'", []):
            return 0
        rows = self._rows('SELECT "position" FROM "_rulewright_progress" WHERE "job" = ?', [job])
        return rows[0][0] if rows and isinstance(rows[0][0], int) else 0

    def close(self) -> None:
        """Release the file and every thread's connection. Closing twice is no error."""
        self._sessions.close()


def _is_open(connection: sqlite3.Connection) -> bool:
    return connection.in_transaction


class SqliteTransaction(KeyedReadingHalf):
    """The one writing transaction of a thread. Reads go through the store, hence see its writes."""

    def __init__(self, store: SqliteStore, connection: sqlite3.Connection) -> None:
        super().__init__(store)
        self._store = store
        self._connection = connection
        # What SQLite can't declare, because the field that is named need not be unique, is judged here.
        tables = store._tables
        self._ledger = ReferenceLedger(undeclared(tables, lambda _, key: can_enforce(tables, key)))
        self._depth = 0

    def _prepare_sequence(self, resource: str, field: str, prefix: str) -> None:
        statements = self._store._statements.get(resource)
        if statements and statements.shape.type_of(field) == "text":
            self._run(sequence_texts(statements.shape, field, prefix)[1])

    def insert(self, resource: str, record: StoredRecord) -> None:
        """Write a new record. Raises UniqueViolationError, and AdapterError where it does not fit."""
        statements = self._writable(resource)
        fitted = statements.shape.keyed(record)
        self._write(resource, statements.insert_text, statements.row(fitted))
        self._ledger.note_new(resource, [fitted])

    def insert_many(self, resource: str, records: Sequence[StoredRecord]) -> None:
        """Write new records, all or none; see `Transaction.insert_many`."""
        statements = self._writable(resource)
        self._write_many(resource, statements.insert_text, statements.rows(records))
        self._ledger.note_new(resource, records)

    def update(self, resource: str, key: object, values: StoredRecord) -> None:
        """Set fields of the record whose key is `key`. Raises as `insert`, and AdapterError if none."""
        statements = self._writable(resource)
        name = statements.shape.table.key
        fitted = statements.shape.fitted(values)
        if name in fitted:
            statements.shape.keyed(fitted)
        found = self._store.find(resource, {name: [key]}, limit=1)
        if not found:
            raise statements.shape.lacking()
        if fitted:
            bound = [*statements.encoded(fitted), *statements.encoded({name: found[0][name]})]
            self._write(resource, statements.update(tuple(fitted)), bound)
        if self._ledger.concerns(resource):
            self._ledger.note(resource, found[0], {**found[0], **fitted})

    def update_many(self, resource: str, updates: Sequence[tuple[object, StoredRecord]]) -> None:
        """Carry out updates in their order, all or none; see `Transaction.update_many`."""
        statements = self._writable(resource)
        fields = tuple(updates[0][1]) if updates else ()
        plain = fields and statements.shape.table.key not in fields and not self._ledger.concerns(resource)
        if not plain or any(tuple(values) != fields for _, values in updates):
            OneByOne.update_many(self, resource, updates)
            return
        rows = [statements.update_row(key, values) for key, values in updates]
        with self.savepoint():
            if self._write_many(resource, statements.update(fields), rows) != len(rows):
                raise statements.shape.lacking()

    def delete(self, resource: str, where: Where) -> int:
        """Remove the matching records; see `Transaction.delete`."""
        statements = self._writable(resource)
        question = statements.ask(where)
        if question is None:
            return 0
        if self._ledger.concerns(resource):
            for record in self._store.find(resource, where):
                self._ledger.note(resource, record, {})
        try:
            return self._connection.execute(statements.delete(question[0]), question[1]).rowcount
        except sqlite3.Error as error:
            raise explained(self._store._sessions.name, error) from error

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what was written inside the block if it raises, and only that."""
        self._check_open()
        self._depth += 1
        name = f"rulewright_{self._depth}"
        self._run(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            # Where the disk is full SQLite has undone the whole transaction, savepoints included.
            if self._connection.in_transaction:
                self._run(f"ROLLBACK TO {name}")
                self._run(f"RELEASE {name}")
            raise
        else:
            self._check_open()
            self._run(f"RELEASE {name}")
        finally:
            self._depth -= 1

    def set_progress(self, job: str, position: int) -> None:
        """Keep how far a batch got, in this very transaction."""
        self._check_open()
        self._run(PROGRESS)
        self._run('INSERT OR REPLACE INTO "_rulewright_progress" VALUES (?, ?)', (job, position))

    def verify(self) -> None:
        """Judge the references before the commit. Raises ReferenceViolationError."""
        self._check_open()
        self._ledger.verify(self)

    def _writable(self, resource: str) -> Statements:
        self._check_open()
        statements = self._store._statements.get(resource)
        if statements is None:
            raise AdapterError(f"{self._store._sessions.name} has no table for {resource}: prepare it first")
        return statements

    def _check_open(self) -> None:
        super()._check_open()
        if not self._connection.in_transaction:
            # Going on would write each record for itself.
            raise AdapterError("SQLite rolled the transaction back; nothing of it is stored")

    def _run(self, text: str, bound: Sequence[object] = ()) -> None:
        try:
            self._connection.execute(text, bound)
        except sqlite3.Error as error:
            raise explained(self._store._sessions.name, error) from error

    def _write(self, resource: str, text: str, bound: Sequence[object]) -> None:
        try:
            self._connection.execute(text, bound)
        except sqlite3.Error as error:
            raise self._refusal(resource, error) from error

    def _write_many(self, resource: str, text: str, rows: Sequence[Sequence[object]]) -> int:
        """Write all rows or none; how many records were written."""
        written = self._connection.total_changes
        with self.savepoint():
            try:
                return self._connection.executemany(text, rows).rowcount
            except sqlite3.Error as error:
                done = self._connection.total_changes - written
                raise self._refusal(resource, error, done) from error

    def _refusal(self, resource: str, error: sqlite3.Error, row: int | None = None) -> AdapterError:
        if isinstance(error, sqlite3.IntegrityError):
            _, _, columns = str(error).partition("UNIQUE constraint failed: ")
            if columns:
                # "UNIQUE constraint failed: table.a, table.b": names hold neither dots nor commas.
                fields = tuple(column.rpartition(".")[2] for column in columns.split(", "))
                return UniqueViolationError(resource, fields, row)
        return explained(self._store._sessions.name, error)

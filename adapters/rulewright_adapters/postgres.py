"""A store in a PostgreSQL database, shared safely by threads, processes and machines.

A table per resource and a column per field, all in one schema. A record whose transaction ended survives
kill -9 of whoever wrote it, and of the server. Needs the extra `[postgres]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Event
from typing import Literal

from rulewright.errors import AdapterError, OversizeError, ReferenceViolationError, UniqueViolationError
from rulewright.ports import Jobs, OneByOne, StoredRecord, Table, Transaction, Where
from rulewright_adapters.postgres_address import address_of, explained
from rulewright_adapters.postgres_connection import Sessions
from rulewright_adapters.postgres_driver import Connection, errors, psycopg, sql
from rulewright_adapters.postgres_schema import (
    PROGRESS,
    TABLES,
    declared,
    is_made,
    migrate,
    reference_errors,
    stored_tables,
)
from rulewright_adapters.postgres_statements import Statements, qualified
from rulewright_adapters.postgres_writer import Writer, row_of
from rulewright_adapters.reading import KeyedReadingHalf
from rulewright_adapters.references import ReferenceLedger, undeclared
from rulewright_adapters.shapes import Shape, shape_of, shapes_of
from rulewright_adapters.table_texts import fits
from rulewright_adapters.values import orderable


def open_url(rest: str) -> PostgresStore:
    """Open `postgresql://user@host:port/database?schema=name`; other parameters are libpq's."""
    return PostgresStore(rest)


class PostgresStore:
    """Records in a schema of a PostgreSQL database."""

    def __init__(self, rest: str) -> None:
        """Connect to what follows "postgresql://" in a URL. Raises AdapterError."""
        self._address = address_of(rest)
        self._sessions = Sessions(self._address)
        self._statements: dict[str, Statements] = {}
        self._tables: dict[str, Table] = {}
        self._references: dict[str, ReferenceViolationError] = {}
        self._prepared: tuple[tuple[Table, ...], object] | None = None
        # The indexes of sequences that are known to be there.
        self._sequences: set[bytes] = set()
        stamp = sql.SQL("SELECT md5(string_agg(shape, ' ' ORDER BY resource)) FROM {}")
        self._stamp = stamp.format(self._named(TABLES)).as_bytes()
        try:
            self._learn()
        except BaseException:
            self.close()
            raise

    def _learn(self) -> None:
        with self._sessions.held() as connection:
            self._tables = stored_tables(connection, self._address.schema)
        self._references = reference_errors(self._tables)
        for resource, table in self._tables.items():
            if resource not in self._statements:
                self._statements[resource] = self._statements_of(shape_of(table))

    def _statements_of(self, shape: Shape) -> Statements:
        return Statements(shape, self._address.schema)

    def prepare(self, tables: Sequence[Table]) -> None:
        """Make the schema fit `tables`. See `Store.prepare`; raises StoreMismatchError."""
        if self._is_prepared(tables):
            return
        shapes = shapes_of(tables)
        stamp = self._fitting(tables)
        if stamp is None:
            with self._sessions.writing() as connection, self._sessions.in_words():
                migrate(connection, tables, self._address)
                stamp = connection.execute(self._stamp).fetchall()
                connection.execute("COMMIT")
        self._learn()
        # Columns that the rules no longer name are kept in the schema and left out of what is read.
        self._statements.update({resource: self._statements_of(shape) for resource, shape in shapes.items()})
        self._prepared = (tuple(tables), stamp)

    def _fitting(self, tables: Sequence[Table]) -> list[tuple[object, ...]] | None:
        """Return what tells whether the schema changes from now on; None where it does not fit yet."""
        schema = self._address.schema
        with self._sessions.held() as connection:
            if not is_made(connection, schema):
                return None
            stamp = connection.execute(self._stamp).fetchall()
            return stamp if fits(stored_tables(connection, schema), tables) else None

    def _is_prepared(self, tables: Sequence[Table]) -> bool:
        """Whether the same was asked last time and nobody changed the schema since."""
        # Another thread may prepare meanwhile: it is read once.
        prepared, self._prepared = self._prepared, None
        if prepared is None or prepared != (tuple(tables), self._sessions.rows(self._stamp)):
            return False
        self._prepared = prepared
        return True

    def find(self, resource: str, where: Where, limit: int | None = None) -> Sequence[StoredRecord]:
        """Return the matching records, ordered by key."""
        statements = self._statements.get(resource)
        question = statements.ask(where) if statements else None
        if statements is None or question is None:
            self._sessions.current()
            return []
        asked, bound = question
        if limit is not None:
            bound.append(str(limit))
        return statements.records(self._sessions.rows(statements.find(asked, limit is not None), bound))

    def find_each(
        self, resource: str, fields: tuple[str, ...], keys: Sequence[tuple[str | int, ...]]
    ) -> Sequence[StoredRecord]:
        """Return the records that have any of the keys, by one question; see `KeyedRecords.find_each`."""
        statements = self._statements.get(resource)
        columns = statements.key_columns(fields, keys) if statements else []
        if statements is None or not columns:
            return []
        return statements.records(self._sessions.rows(statements.find_each(fields), columns))

    def count(self, resource: str, where: Where) -> int:
        """Return how many records match."""
        statements = self._statements.get(resource)
        question = statements.ask(where) if statements else None
        if statements is None or question is None:
            return 0
        found = self._sessions.rows(statements.count(question[0]), question[1])[0][0]
        return found if isinstance(found, int) else 0

    def extreme(self, resource: str, where: Where, field: str, which: Literal["min", "max"]) -> object:
        """Return the least or greatest non-null value of `field` among the matching records, or None."""
        statements = self._statements.get(resource)
        if statements is None:
            return None
        orderable(statements.shape.type_of(field), resource, field)
        question = statements.ask(where)
        if question is None:
            return None
        return self._sessions.rows(statements.extreme(question[0], field, which), question[1])[0][0]

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        """Return the largest number that `field` holds after `prefix` (0 where there is none)."""
        statements = self._statements.get(resource)
        kind = None if statements is None else statements.shape.type_of(field)
        if statements is None or (kind != "text" and (kind != "integer" or prefix)):
            return 0
        is_text = kind == "text"
        text = statements.sequence(field, prefix)[0] if is_text else statements.extreme((), field, "max")
        found = self._sessions.rows(text)[0][0]
        return max(found, 0) if isinstance(found, int) else 0

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open the one writing transaction; it commits when the block ends, else rolls back.

        Waits for other writers of the schema; AdapterError after 30 seconds.
        """
        with self._sessions.writing() as connection:
            work = PostgresTransaction(self, connection)
            try:
                yield work
                work.commit()
            finally:
                work.end()

    def now(self) -> datetime:
        """Tell the time by the server's clock, which all its clients share."""
        found = self._sessions.rows(b"SELECT clock_timestamp()")[0][0]
        assert isinstance(found, datetime)
        return found

    def progress(self, job: str) -> int:
        """Return the position last kept for `job`, 0 if none."""
        with self._sessions.held() as connection:
            if not is_made(connection, self._address.schema):
                return 0
        text = sql.SQL("SELECT position FROM {} WHERE job = %s").format(self._named(PROGRESS))
        rows = self._sessions.rows(text.as_bytes(), [job])
        return rows[0][0] if rows and isinstance(rows[0][0], int) else 0

    def work(self, jobs: Jobs, *, workers: int, patience: float, stop: Event) -> None:
        """Do delivery jobs until `stop` is set; see `JobStore.work`. Needs the extra `[workers]`."""
        from rulewright_adapters.postgres_jobs import install  # noqa: PLC0415 - needs an extra
        from rulewright_adapters.postgres_worker import work  # noqa: PLC0415

        with self._sessions.writing() as connection, self._sessions.in_words():
            install(connection, self._address)
            connection.execute("COMMIT")
        work(self._address, jobs, workers=workers, patience=patience, stop=stop)

    def _named(self, table: str) -> sql.Identifier:
        return qualified(self._address.schema, table)

    def close(self) -> None:
        """Release every connection. Closing twice is no error."""
        self._sessions.close()


class PostgresTransaction(KeyedReadingHalf):
    """The one writing transaction of a thread. Reads go through the store, hence see its writes."""

    def __init__(self, store: PostgresStore, connection: Connection) -> None:
        super().__init__(store)
        self._store = store
        self._writer = Writer(store._sessions, connection)
        # What PostgreSQL can't declare, because the field that is named need not be unique, is judged here.
        tables = store._tables
        self._ledger = ReferenceLedger(undeclared(tables, lambda table, key: declared(tables, table, key)))
        self._new_sequences: set[bytes] = set()

    def _prepare_sequence(self, resource: str, field: str, prefix: str) -> None:
        statements = self._store._statements.get(resource)
        if statements and statements.shape.type_of(field) == "text":
            self._make_index(statements.sequence(field, prefix)[1])

    def _make_index(self, text: bytes) -> None:
        # PostgreSQL indexes no table whose foreign keys wait to be judged: then the next transaction does.
        if text in self._store._sequences or text in self._new_sequences or self._writer.has_written:
            return
        # Whoever may write records but make no index goes without it.
        with self._in_words(), suppress(errors.InsufficientPrivilege), self._writer.savepoint():
            self._writer.write(text)
        self._new_sequences.add(text)

    def insert(self, resource: str, record: StoredRecord) -> None:
        """Write a new record. Raises UniqueViolationError, and AdapterError where it does not fit."""
        statements = self._writable(resource)
        fitted = statements.shape.keyed(record)
        row = statements.row(fitted)
        with self._in_words(statements):
            if not self._writer.write(statements.insert_text, row):
                # Only an error tells the name of the constraint.
                with self._writer.savepoint():
                    self._writer.write(statements.insert_loudly, row)
        self._ledger.note_new(resource, [fitted])

    def insert_many(self, resource: str, records: Sequence[StoredRecord]) -> None:
        """Write new records by COPY, all or none; see `Transaction.insert_many`."""
        statements = self._writable(resource)
        rows = statements.rows(records)
        if not rows:
            return
        with self._in_words(statements), self._writer.savepoint():
            self._writer.copy(statements.copy_text, rows)
        self._ledger.note_new(resource, records)

    def update(self, resource: str, key: object, values: StoredRecord) -> None:
        """Set fields of the record whose key is `key`. Raises as `insert`, and AdapterError if none."""
        statements = self._writable(resource)
        name = statements.shape.table.key
        fitted = statements.shape.fitted(values)
        if name in fitted:
            statements.shape.keyed(fitted)
        judged = self._ledger.concerns(resource)
        before = self._store.find(resource, {name: [key]}, limit=1) if judged or not fitted else ()
        if not (self._set(statements, key, fitted) if fitted else before):
            raise statements.shape.lacking()
        if judged:
            self._ledger.note(resource, before[0], {**before[0], **fitted})

    def update_many(self, resource: str, updates: Sequence[tuple[object, StoredRecord]]) -> None:
        """Carry out updates in their order, all or none; see `Transaction.update_many`."""
        statements = self._writable(resource)
        fields = tuple(updates[0][1]) if updates else ()
        plain = fields and statements.guarded.isdisjoint(fields) and not self._ledger.concerns(resource)
        if not plain or any(tuple(values) != fields for _, values in updates):
            # Which update breaks a constraint is only told by carrying out one after the other.
            OneByOne.update_many(self, resource, updates)
            return
        rows = [statements.update_row(key, values) for key, values in updates]
        with self._in_words(statements), self._writer.savepoint():
            if self._writer.write_many(statements.update(fields), rows) != len(rows):
                raise statements.shape.lacking()

    def _set(self, statements: Statements, key: object, fitted: StoredRecord) -> bool:
        """Update one record; whether it was there."""
        question = statements.ask({statements.shape.table.key: [key]})
        if question is None or question[0][0][1] != "equal":
            return False
        text, bound = statements.update(tuple(fitted)), [*statements.encoded(fitted), *question[1]]
        with self._in_words(statements):
            if statements.guarded.isdisjoint(fitted):
                return self._writer.write(text, bound)
            with self._writer.savepoint():
                return self._writer.write(text, bound)

    def delete(self, resource: str, where: Where) -> int:
        """Remove the matching records; see `Transaction.delete`."""
        statements = self._writable(resource)
        question = statements.ask(where)
        if question is None:
            return 0
        if self._ledger.concerns(resource):
            for record in self._store.find(resource, where):
                self._ledger.note(resource, record, {})
        with self._in_words(statements):
            return self._writer.write_many(statements.delete(question[0]), [question[1]])

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what was written inside the block if it raises, and only that."""
        self._check_open()
        with self._in_words(), self._writer.savepoint():
            yield

    def set_progress(self, job: str, position: int) -> None:
        """Keep how far a batch got, in this very transaction."""
        self._check_open()
        text = sql.SQL(
            "INSERT INTO {} VALUES (%s, %s) ON CONFLICT (job) DO UPDATE SET position = excluded.position"
        )
        with self._in_words():
            self._writer.write(text.format(self._store._named(PROGRESS)).as_bytes(), (job, position))

    def commit(self) -> None:
        """Judge the references that PostgreSQL does not, and commit. Raises ReferenceViolationError."""
        self._check_open()
        self._ledger.verify(self)
        self._writer.commit(self._store._references)
        self._store._sequences |= self._new_sequences

    def _writable(self, resource: str) -> Statements:
        self._check_open()
        statements = self._store._statements.get(resource)
        if statements is None:
            raise AdapterError(f"{self._store._sessions.name} has no table for {resource}: prepare it first")
        return statements

    def _check_open(self) -> None:
        super()._check_open()
        self._writer.check_open()

    @contextmanager
    def _in_words(self, statements: Statements | None = None) -> Iterator[None]:
        """Turn what the driver raises into the port's errors, without its details: they repeat the record."""
        try:
            yield
        except (errors.UniqueViolation, errors.ProgramLimitExceeded) as error:
            name = error.diag.constraint_name or ""
            if statements is None:
                raise explained(self._store._address, error) from None
            resource = statements.shape.table.resource
            if isinstance(error, errors.ProgramLimitExceeded):
                raise OversizeError(resource, statements.indexes.get(name, ()), row_of(error)) from None
            fields = statements.constraints.get(name, (name,))
            raise UniqueViolationError(resource, fields, row_of(error)) from None
        except psycopg.Error as error:
            raise explained(self._store._address, error) from None

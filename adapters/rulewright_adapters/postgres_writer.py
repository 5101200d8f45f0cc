"""The writing half of a transaction: statements, savepoints, the commit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rulewright.errors import AdapterError, ReferenceViolationError
from rulewright_adapters.postgres_address import explained
from rulewright_adapters.postgres_connection import Sessions
from rulewright_adapters.postgres_driver import Connection, TransactionStatus, errors, psycopg

# COPY's own marks, and how they are written where they are meant.
_MARKS = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copied(rows: Sequence[Sequence[Any]]) -> str:
    """Return rows of texts and nulls as COPY reads them; most columns hold none of its marks."""
    columns: list[list[str]] = []
    for values in zip(*rows, strict=True):
        joined = "".join([value for value in values if value is not None])
        if _MARKS.keys().isdisjoint(map(ord, set(joined))):
            columns.append(["\\N" if value is None else value for value in values])
        else:
            columns.append(["\\N" if value is None else value.translate(_MARKS) for value in values])
    return "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"


def row_of(error: psycopg.Error) -> int | None:
    """Return which row of a COPY was refused, from 0."""
    found = re.search(r"COPY .*, line ([0-9]+)", error.diag.context or "")
    return int(found[1]) - 1 if found else None


class Writer:
    """Writes on one connection. Savepoints are sent with the next write, so that idle ones cost nothing."""

    def __init__(self, sessions: Sessions, connection: Connection) -> None:
        self._sessions = sessions
        self._connection = connection
        self._queue: list[bytes] = []
        self._depth = 0
        self.has_written = False

    def write(self, query: bytes, bound: Sequence[object] = ()) -> bool:
        """Run a statement; whether it wrote a record. Raises psycopg's errors, for the caller to read."""
        self._begin()
        return self._connection.execute(query, bound or None).rowcount > 0

    def write_many(self, query: bytes, rows: Sequence[Sequence[object]]) -> int:
        """Run a statement for each row, without waiting for each answer; how many records were written."""
        self._begin()
        with self._connection.cursor() as cursor:
            cursor.executemany(query, rows)
            return cursor.rowcount

    def copy(self, query: bytes, rows: Sequence[Sequence[object]]) -> None:
        """Send rows of texts and nulls to a COPY."""
        self._begin()
        with self._connection.cursor() as cursor, cursor.copy(query) as copy:
            copy.write(_copied(rows))

    def _begin(self) -> None:
        self.check_open()
        if self._queue:
            self._connection.execute(b"; ".join(self._queue))
            self._queue.clear()
        self.has_written = True

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what was written inside the block if it raises, and only that."""
        self.check_open()
        self._depth += 1
        name = b"rulewright_%d" % self._depth
        mark = b"SAVEPOINT " + name
        self._queue.append(mark)
        try:
            yield
        except BaseException:
            self._undo(mark, name)
            raise
        else:
            self.check_open()
            if mark in self._queue:
                # Nothing was written since.
                del self._queue[self._queue.index(mark) :]
            else:
                self._queue.append(b"RELEASE SAVEPOINT " + name)
        finally:
            self._depth -= 1

    def _undo(self, mark: bytes, name: bytes) -> None:
        if mark in self._queue:
            del self._queue[self._queue.index(mark) :]
            return
        # What is queued concerns savepoints inside this one, which go with it.
        self._queue.clear()
        if self._connection.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            with self._sessions.in_words():
                self._connection.execute(b"ROLLBACK TO SAVEPOINT %b; RELEASE SAVEPOINT %b" % (name, name))

    def check_open(self) -> None:
        """Raise AdapterError where nothing that is written now could be kept."""
        status = self._connection.info.transaction_status
        if status == TransactionStatus.INTRANS:
            return
        if status == TransactionStatus.INERROR:
            raise AdapterError("a statement of this transaction failed; it can only be rolled back")
        raise AdapterError("the server ended the transaction; nothing of it is stored")

    def commit(self, references: Mapping[str, ReferenceViolationError]) -> None:
        """Make it last. `references`: what the violation of a foreign key means, by the key's name.

        Raises that error, or AdapterError where nothing could be kept.
        """
        # Committing what has failed would roll back, and call it a success.
        self.check_open()
        try:
            self._connection.execute("COMMIT")
        except errors.ForeignKeyViolation as error:
            known = references.get(error.diag.constraint_name or "")
            raise known or explained(self._sessions.address, error) from None
        except psycopg.Error as error:
            if not self._connection.broken:
                raise explained(self._sessions.address, error) from None
            raise AdapterError(
                f"{self._sessions.name} was lost in the middle of a commit: look whether the record is stored"
            ) from None

"""Connections to PostgreSQL: a small pool for all threads, and one writer at a time.

Writers of one schema take turns, as SQLite's do: each transaction begins by taking an advisory lock that
ends with it. What a transaction reads is then what it writes upon, and no caller has to run again. The
other way, SERIALIZABLE with retries, was measured with 8 writers of CT/OI cases: 27 to 106 cases a second
beside 83 to 138, and up to 66 attempts for one case, because all who number records read the same last one.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import LiteralString

from rulewright.errors import AdapterError
from rulewright.ports import INT64_MAX, INT64_MIN
from rulewright_adapters.postgres_address import PATIENCE, Address, explained, opening_error
from rulewright_adapters.postgres_driver import (
    Connection,
    ConnectionPool,
    Cursor,
    PoolClosed,
    PoolTimeout,
    TransactionStatus,
    psycopg,
    set_json_loads,
    sql,
)

# More connections than that would only wait for each other.
POOL_SIZE = 8
OLDEST_SERVER = 140000
Query = bytes | LiteralString

_SETTINGS: LiteralString = (
    # A statement that hangs, or a client that does so while others wait for its lock, is ended.
    "SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '60s'; "
    # A plan made while a table was small outlives its growth; look-ups go by indexed keys anyway.
    "SET enable_seqscan = off; "
    # Numbers come back exactly, and messages are no business of a server's defaults.
    "SET extra_float_digits = 1; SET client_encoding = 'UTF8'; SET client_min_messages = warning; "
    # An acknowledged record survives a power failure, whatever the server's default is.
    "SET synchronous_commit = on"
)


class Sessions:
    """Lends connections; within a transaction, always the one of its thread."""

    def __init__(self, address: Address) -> None:
        """Connect once, so that a wrong URL is told when the store is opened. Raises AdapterError."""
        self.address = address
        self.name = address.name
        self._process = os.getpid()
        self._local = threading.local()
        self._closed = False
        self._begin = _begin_text(address.schema)
        self._test()
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            address.conninfo,
            kwargs={"autocommit": True},
            configure=_set_up,
            # A command that reads one record needs one connection.
            min_size=0,
            max_size=POOL_SIZE,
            num_workers=1,
            timeout=PATIENCE,
            open=True,
        )
        # A pool that is open when Python ends can't wait for its threads any more, and from 3.14 on says so.
        self._at_exit = partial(_close_left_open, weakref.ref(self))
        atexit.register(self._at_exit)

    def _test(self) -> None:
        """Connect directly: what the pool can't open, it tries again without saying why."""
        try:
            with psycopg.connect(self.address.conninfo, autocommit=True) as connection:
                version = connection.info.server_version
                encoding = connection.info.parameter_status("server_encoding")
        except psycopg.Error as error:
            raise opening_error(self.address, error) from None
        if version < OLDEST_SERVER:
            raise AdapterError(f"{self.name} is too old: Rulewright needs PostgreSQL 14 or later")
        if encoding != "UTF8":
            raise AdapterError(f"{self.name} keeps texts as {encoding}; make a database with encoding UTF8")

    def rows(self, query: Query, bound: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Read, within the transaction of this thread if there is one. Raises AdapterError."""
        connection = self.current()
        with self.in_words():
            if connection is not None:
                return connection.execute(query, bound or None).fetchall()
            with self._asked(query, bound) as cursor:
                return cursor.fetchall()

    @contextmanager
    def held(self) -> Iterator[Connection]:
        """Lend a connection for several statements. Raises AdapterError."""
        connection = self.current()
        with self.in_words():
            if connection is not None:
                yield connection
                return
            with self._asked("SELECT 1") as cursor:
                yield cursor.connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Begin the transaction of this thread, alone among writers; roll back if the block raises.

        The block ends with its own commit. Raises AdapterError after 30 seconds of waiting.
        """
        if self.current() is not None:
            raise AdapterError("a transaction is open already in this thread")
        with self.in_words(), self._asked(self._begin) as cursor:
            self._local.connection = cursor.connection
            try:
                yield cursor.connection
            finally:
                self._local.connection = None

    def current(self) -> Connection | None:
        """Return the connection of this thread's transaction. Raises AdapterError if closed or forked."""
        if self._closed:
            raise AdapterError(f"{self.name} is closed")
        if os.getpid() != self._process:
            # Two processes that speak on one connection hear each other's answers.
            raise AdapterError(f"{self.name} was opened before this process was forked; open it again here")
        connection: Connection | None = getattr(self._local, "connection", None)
        return connection

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """Turn what the driver raises into AdapterError."""
        try:
            yield
        except psycopg.Error as error:
            raise explained(self.address, error) from None

    @contextmanager
    def _asked(self, query: Query, bound: Sequence[object] = ()) -> Iterator[Cursor]:
        """Lend a connection on which a first statement ran, which it does no harm to run twice."""
        with ExitStack() as lent:
            connection = lent.enter_context(self._lent())
            try:
                cursor = connection.execute(query, bound or None)
            except psycopg.OperationalError:
                if not connection.broken:
                    raise
                # The server was started anew since it was last used: the others have gone stale too.
                lent.close()
                self._pool.check()
                cursor = lent.enter_context(self._lent()).execute(query, bound or None)
            yield cursor

    @contextmanager
    def _lent(self) -> Iterator[Connection]:
        connection = self._take()
        try:
            yield connection
        finally:
            if connection.info.transaction_status != TransactionStatus.IDLE:
                with suppress(psycopg.Error):
                    connection.execute("ROLLBACK")
            # The pool drops it if it is broken.
            self._pool.putconn(connection)

    def _take(self) -> Connection:
        try:
            return self._pool.getconn()
        except PoolClosed:
            raise AdapterError(f"{self.name} is closed") from None
        except PoolTimeout:
            self._test()
            raise AdapterError(f"{self.name} is busy: all {POOL_SIZE} connections are in use") from None

    def close(self) -> None:
        """Close every connection. Closing twice is no error."""
        if os.getpid() != self._process or self._closed:
            # After a fork they are the parent's: closing them here would end its sessions.
            return
        self._closed = True
        atexit.unregister(self._at_exit)
        self._pool.close()


def _close_left_open(sessions: weakref.ref[Sessions]) -> None:
    left = sessions()
    if left is not None:
        left.close()


def _begin_text(schema: str) -> bytes:
    """Return what begins a transaction: one message, so that it costs one round trip.

    READ COMMITTED, because a snapshot that was taken before the lock would miss what its last holder wrote.
    """
    digest = hashlib.sha256(f"rulewright writers of {schema}".encode()).digest()
    lock = int.from_bytes(digest[:8], signed=True)
    text = sql.SQL(
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = {}; "
        "SELECT pg_advisory_xact_lock({})"
    )
    return text.format(sql.Literal(f"{PATIENCE:.0f}s"), sql.Literal(lock)).as_bytes()


def _set_up(connection: Connection) -> None:
    connection.execute(_SETTINGS)
    set_json_loads(_decoded, connection)


# Of a whole number of 64 bits, with its sign.
_MOST_DIGITS = len(str(INT64_MIN))


def _whole(digits: str) -> int | float:
    """Return a whole number as what it was: `values.fit` keeps none above 64 bits but floats."""
    if len(digits) > _MOST_DIGITS:
        # A float that the server writes out; Python reads no whole number of thousands of digits.
        return float(digits)
    number = int(digits)
    return number if INT64_MIN <= number <= INT64_MAX else float(digits)


_DECODER = json.JSONDecoder(parse_int=_whole)


def _decoded(text: str | bytes) -> object:
    return _DECODER.decode(text if isinstance(text, str) else text.decode())

"""Connections to a SQLite file: one per thread, safe against power loss, and its errors in words."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rulewright.errors import AdapterError

# How long to wait for another process that writes, in seconds.
PATIENCE = 30.0
MEMORY = ":memory:"
# Of one who only reads: the lock can't be made.
_NO_LOCK = ("SQLITE_CANTOPEN", "SQLITE_READONLY")


class Session:
    """One connection and the lock of whoever uses it."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self.connection = connection
        self.stamp = _stamp_of(connection, path)
        self.lock = threading.RLock()
        self.thread = threading.current_thread()


class Sessions:
    """Gives each thread a connection of its own; a store in memory has one for all of them."""

    def __init__(self, path: str) -> None:
        self.name = "the SQLite store in memory" if path == MEMORY else path
        self._path = path
        self._process = os.getpid()
        self._guard = threading.Lock()
        self._local = threading.local()
        self._closed = False
        self._shared: Session | None = None
        self._all: list[Session] = []
        # A wrong path is told when the store is opened, not at the first look-up.
        self.current()

    def current(self) -> Session:
        """Return the session of this thread. Raises AdapterError if closed, or after a fork."""
        if self._closed:
            raise AdapterError(f"{self.name} is closed")
        if os.getpid() != self._process:
            # SQLite forbids to carry a connection over a fork: locks would be lost.
            raise AdapterError(f"{self.name} was opened before this process was forked; open it again here")
        session: Session | None = self._shared or getattr(self._local, "session", None)
        return session or self._open()

    def _open(self) -> Session:
        with self._guard:
            self._drop_dead()
            session = Session(connect(self._path, self.name), self._path)
            self._all.append(session)
            self._local.session = session
            if self._path == MEMORY:
                self._shared = session
            return session

    def _drop_dead(self) -> None:
        """Close the connections of threads that ended, else a long-lived server piles them up."""
        for session in [each for each in self._all if not each.thread.is_alive()]:
            if session is not self._shared:
                session.connection.close()
                self._all.remove(session)

    @contextmanager
    def held(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection of this thread; what SQLite raises comes out as AdapterError."""
        session = self.current()
        if not session.lock.acquire(timeout=PATIENCE):
            raise AdapterError(_busy(self.name))
        try:
            yield session.connection
            if session.stamp != _stamp_of(session.connection, self._path):
                raise AdapterError(f"{self.name} was written to by somebody else meanwhile; run it again")
        except sqlite3.Error as error:
            raise explained(self.name, error) from error
        finally:
            session.lock.release()

    def close(self) -> None:
        """Close every connection. Closing twice is no error."""
        if os.getpid() != self._process:
            # They belong to the parent process: closing them here would drop its locks.
            return
        self._closed = True
        with self._guard:
            while self._all:
                self._all.pop().connection.close()


def path_of(rest: str) -> str:
    """Return the path in a URL, of which `rest` follows "sqlite://". Raises AdapterError."""
    if rest in ("", f"/{MEMORY}"):
        return MEMORY
    if rest == "/":
        raise AdapterError(
            "sqlite:/// names no file; write sqlite:///records.db, or sqlite:// for one in memory"
        )
    if not rest.startswith("/"):
        raise AdapterError(f"sqlite://{rest} names a host: write sqlite:///{rest} (three slashes) for a file")
    path = rest[1:]
    if "?" in path or "#" in path:
        raise AdapterError(
            f"sqlite://{rest}: the URL of a SQLite file takes no options (? or #); write its path alone, "
            "or sqlite:// for a store in memory"
        )
    if "\0" in rest:
        raise AdapterError("the path of a SQLite file holds a NUL character")
    if os.path.isdir(path):
        raise AdapterError(f"{path} is a directory, not a SQLite file")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise AdapterError(f"{path} can't be opened: there is no folder {folder}")
    if os.path.exists(path) and not os.path.isfile(path):
        raise AdapterError(f"{path} is not a regular file")
    if os.path.exists(path) and not os.access(path, os.R_OK):
        raise AdapterError(f"{path} can't be read: permission denied")
    if not os.path.exists(path) and not os.access(folder, os.W_OK):
        raise AdapterError(f"{path} can't be written: permission denied")
    return path


def _stamp_of(connection: sqlite3.Connection, path: str) -> tuple[int, int] | None:
    """What changes when a file that is read without a lock is written; None where there is a lock."""
    if not isinstance(connection, Unlocked):
        return None
    found = os.stat(path)
    return found.st_mtime_ns, found.st_size


def is_read_only(path: str) -> bool:
    """Whether a file can be read and not written; beside one that is written, SQLite makes two more."""
    if path == MEMORY or not os.path.exists(path):
        return False
    folder = os.path.dirname(path) or "."
    is_closed = not os.access(folder, os.W_OK) and not os.path.exists(f"{path}-wal")
    return is_closed or not os.access(path, os.W_OK)


def connect(path: str, name: str) -> sqlite3.Connection:
    """Open a connection on which an acknowledged record survives kill -9 and power loss; one that only reads
    where the file can't be written. Raises AdapterError.
    """
    if is_read_only(path):
        return _connect_to_read(path, name)
    connection = _opened(path, name)
    try:
        _set_up(connection)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        connection.close()
        raise explained(name, error) from error
    return connection


def _connect_to_read(path: str, name: str) -> sqlite3.Connection:
    from pathlib import Path  # noqa: PLC0415 - a module that takes its time

    address = f"{Path(path).absolute().as_uri()}?mode=ro"
    connection = _opened(address, name)
    try:
        connection.execute("PRAGMA schema_version").fetchone()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        connection.close()
        # Whoever reads a file in WAL mode keeps a lock beside it. Where that can't be made, nobody writes
        # now; what is left in a log beside the file could not be read.
        if _kind(error) not in _NO_LOCK or os.path.exists(f"{path}-wal"):
            raise explained(name, error) from error
        return _opened(f"{address}&immutable=1", name, Unlocked)
    return connection


class Unlocked(sqlite3.Connection):
    """A connection to a file that nobody may write to while it is read: there is no lock against it."""


def _opened(
    address: str, name: str, kind: type[sqlite3.Connection] = sqlite3.Connection
) -> sqlite3.Connection:
    try:
        return sqlite3.connect(
            address,
            uri=address.startswith("file:///"),
            factory=kind,
            timeout=PATIENCE,
            # Transactions are ours: the driver must not open one by itself.
            isolation_level=None,
            # close() is called by another thread than the one that read.
            check_same_thread=False,
            cached_statements=512,
        )
    except sqlite3.Error as error:
        raise explained(name, error) from error


def _set_up(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
            break
        except sqlite3.OperationalError as error:
            # Two processes that create one file: here SQLite gives up without waiting.
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _is_busy(error: sqlite3.Error) -> bool:
    return _kind(error) in ("SQLITE_BUSY", "SQLITE_LOCKED")


def _busy(name: str) -> str:
    return f"{name} is busy: somebody else wrote for more than {PATIENCE:.0f} seconds"


def _kind(error: Exception) -> str:
    """Return the primary code, such as SQLITE_BUSY of SQLITE_BUSY_SNAPSHOT. Empty for the driver's own."""
    name: str = getattr(error, "sqlite_errorname", None) or ""
    return "_".join(name.split("_")[:2])


_WORDS = {
    "SQLITE_NOTADB": "is not a SQLite file",
    "SQLITE_CORRUPT": "is damaged; restore it from a copy",
    "SQLITE_READONLY": "can't be written: it is read-only",
    "SQLITE_CANTOPEN": "can't be opened",
    "SQLITE_PERM": "can't be opened: permission denied",
    "SQLITE_FULL": "can't be written: the disk is full",
    "SQLITE_IOERR": "can't be read or written: the disk failed",
    "SQLITE_TOOBIG": "refused a value: it is too large for SQLite",
    "SQLITE_NOMEM": "ran out of memory",
}


def explained(name: str, error: sqlite3.Error | UnicodeDecodeError) -> AdapterError:
    """Say in words what SQLite's error means for the store `name`."""
    if isinstance(error, UnicodeDecodeError):
        # SQLite's words repeat what is damaged, and the driver can't read them.
        return AdapterError(f"{name} {_WORDS['SQLITE_CORRUPT']}")
    if _is_busy(error):
        return AdapterError(_busy(name))
    text, undecoded, _ = str(error).partition(" with text ")
    if undecoded and text.startswith("Could not decode to UTF-8 "):
        # What follows is the text itself, which may be somebody's secret.
        column = text.removeprefix("Could not decode to UTF-8 ")
        return AdapterError(f"{name} is damaged: a text can't be read ({column}); restore it from a copy")
    words = _WORDS.get(_kind(error))
    return AdapterError(f"{name} {words}" if words else f"{name}: SQLite says {error}")

"""A store in one JSONL file: `jsonl:///relative.jsonl` or `jsonl:////absolute/path.jsonl`.

The first line says which file it is; each other line is one transaction, a list of what it did. It is
appended and synced to the disk before the transaction counts as done; a last line that was not finished
never counted. The records themselves are in memory, in Rulewright's own store there, which judges
constraints, too; whoever reads first takes in what others have appended. A lock file keeps writers apart.
Once most of the file is history, it is written anew.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from rulewright.errors import AdapterError
from rulewright.plugins import StoreScheme
from rulewright.ports import (
    Column,
    ForeignKey,
    OneByOne,
    StoredRecord,
    Table,
    Transaction,
    UniqueConstraint,
    Where,
)
from rulewright_adapters.memory import MemoryStore, MemoryTransaction

# How long to wait for another writer, in seconds.
PATIENCE = 30.0
# The file is written anew once it holds so many steps more than twice as many as there are records.
SLACK = 1000
# How each file starts.
_START = b'{"rulewright_jsonl": 1'


def rulewright_stores() -> list[StoreScheme]:
    """The hook by which Rulewright finds this store."""
    return [StoreScheme("jsonl", open_url, "records in a JSONL file, a line for each transaction")]


def open_url(rest: str) -> JsonlStore:
    """Open what follows "jsonl://". Raises AdapterError."""
    if not rest.startswith("/") or rest.endswith("/"):
        raise AdapterError(
            f"jsonl://{rest} names no file: write jsonl:///records.jsonl or jsonl:////absolute/records.jsonl"
        )
    return JsonlStore(Path(rest[1:]))


class JsonlStore:
    """Records in a JSONL file. What each method does is said by `rulewright.ports.Store`."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the file; the first write makes it. Raises AdapterError where it is damaged or no file."""
        self._path = path = Path(path)
        # Readers take it, too: nobody sees half a transaction of another thread.
        self._lock = threading.RLock()
        self._writing = False
        self._closed = False
        self._forget()
        if not path.parent.is_dir():
            raise AdapterError(f"{path} can't be opened: there is no folder {path.parent}")
        with self._reading():
            pass

    def _forget(self) -> None:
        """Begin with nothing: the next who reads reads the whole file."""
        self._memory = MemoryStore()
        self._tables: dict[str, Table] = {}
        self._jobs: set[str] = set()
        # Which file was read, how far, and how many steps that was.
        self._header, self._read, self._steps, self._most_steps = b"", 0, 0, SLACK
        # What the file system says of it, as long as nobody changes it.
        self._seen: tuple[int, int, int] | None = None

    def prepare(self, tables: Sequence[Table]) -> None:
        """Make the store fit `tables`; only what is new is written."""
        with self._reading():
            if all(self._tables.get(table.resource) == table for table in tables):
                return
        with self._alone():
            self._memory.prepare(tables)
            try:
                self._append([_step("prepare", [asdict(table) for table in tables])])
            except AdapterError:
                self._forget()
                raise
            self._tables |= {table.resource: table for table in tables}

    def find(self, resource: str, where: Where, limit: int | None = None) -> Sequence[StoredRecord]:
        """Return the matching records, ordered by key."""
        with self._reading() as memory:
            return memory.find(resource, where, limit)

    def count(self, resource: str, where: Where) -> int:
        """Return how many records match."""
        with self._reading() as memory:
            return memory.count(resource, where)

    def extreme(self, resource: str, where: Where, field: str, which: Literal["min", "max"]) -> object:
        """Return the least or greatest value of a field."""
        with self._reading() as memory:
            return memory.extreme(resource, where, field, which)

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        """Return the largest number after a prefix."""
        with self._reading() as memory:
            return memory.last_in_sequence(resource, field, prefix)

    def progress(self, job: str) -> int:
        """Return the position last kept for a job."""
        with self._reading() as memory:
            return memory.progress(job)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open the one writing transaction: what it did is in the file before it counts as done."""
        with self._alone():
            self._writing = True
            try:
                with self._memory.transaction() as inner:
                    assert isinstance(inner, MemoryTransaction)
                    work = JsonlTransaction(inner)
                    yield work
                    # What is in the file can't be refused any more. If it can't be written, all is undone.
                    inner.verify()
                    self._append(work.steps)
                    self._jobs |= work.jobs
            finally:
                self._writing = False
            self._compact()

    def close(self) -> None:
        """Refuse whatever is asked from now on. Closing twice is no error."""
        self._closed = True

    # Who may read and write

    @contextmanager
    def _held(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=PATIENCE):
            raise AdapterError(f"{self._path} is busy: another thread wrote for {PATIENCE:.0f} s")
        try:
            if self._closed:
                raise AdapterError(f"{self._path} is closed")
            yield
        finally:
            self._lock.release()

    @contextmanager
    def _reading(self) -> Iterator[MemoryStore]:
        """Lend the records, with what others have appended; in a transaction, with what it did itself."""
        with self._held():
            if not self._writing:
                self._catch_up()
            yield self._memory

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only writer among all threads and processes, and know what all others wrote."""
        with self._held():
            if self._writing:
                raise AdapterError("a transaction is open already in this thread")
            with self._locked():
                self._catch_up()
                yield

    @contextmanager
    def _locked(self) -> Iterator[None]:
        deadline = time.monotonic() + PATIENCE
        # The records' own file gives way to another when it is written anew.
        with self._opened(f"{self._path}.lock", os.O_RDWR | os.O_CREAT) as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise AdapterError(
                            f"{self._path} is busy: somebody else wrote for {PATIENCE:.0f} s"
                        ) from None
                    time.sleep(0.002)
            # Closing it lets the next one in.
            yield

    @contextmanager
    def _opened(self, path: str | Path, flags: int) -> Iterator[int]:
        try:
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise AdapterError(f"{self._path} can't be opened: {error.strerror}") from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    # The file

    def _catch_up(self) -> None:
        """Read the lines that others have appended, or all of them where the file is another one."""
        try:
            if self._seen == _look(os.stat(self._path)):
                return
        except FileNotFoundError:
            return
        with self._opened(self._path, os.O_RDONLY) as file, open(file, "rb", closefd=False) as stream:
            seen = _look(os.fstat(file))
            header = stream.readline()
            if header[: len(_START)] != _START[: len(header)]:
                # Nobody's notes are to be written over.
                raise AdapterError(f"{self._path} is no file of this store")
            if header != self._header or seen[1] < self._read:
                self._forget()
            stream.seek(self._read)
            # What has no end yet is being written, or was when its writer was killed.
            lines = stream.read().rpartition(b"\n")[0]
        if lines:
            fresh = lines.split(b"\n")
            self._replay(fresh if self._read else fresh[1:])
            self._header, self._read = header, self._read + len(lines) + 1
        self._seen = seen

    def _replay(self, lines: Sequence[bytes]) -> None:
        try:
            steps = [step for line in lines for step in json.loads(line)]
            while steps:
                if steps[0][0] == "prepare":
                    tables = [_table(given) for given in steps.pop(0)[1]]
                    self._memory.prepare(tables)
                    self._tables |= {table.resource: table for table in tables}
                    continue
                # References are judged in the end: in a file that was written anew, all at once.
                with self._memory.transaction() as transaction:
                    while steps and steps[0][0] != "prepare":
                        self._redo(transaction, *steps.pop(0))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, AdapterError) as error:
            self._forget()
            raise AdapterError(
                f"{self._path} is damaged ({type(error).__name__}): restore it from a copy"
            ) from None

    def _redo(self, transaction: Transaction, name: str, *given: Any) -> None:
        if name not in ("insert", "insert_many", "update", "delete", "set_progress"):
            raise ValueError(name)
        getattr(transaction, name)(*given)
        self._steps += len(given[1]) if name == "insert_many" else 1
        if name == "set_progress":
            self._jobs.add(given[0])

    def _append(self, steps: Sequence[str]) -> None:
        """Write a line and wait for the disk. Raises AdapterError; the file is then as it was."""
        if not steps:
            return
        line = f"[{','.join(steps)}]\n".encode()
        is_new = not self._read
        if is_new:
            self._header = _header()
            line = self._header + line
        with self._opened(self._path, os.O_RDWR | os.O_CREAT) as file:
            try:
                # What a killed writer left unfinished makes room.
                os.ftruncate(file, self._read)
                _write(file, line, self._read)
            except OSError as error:
                with suppress(OSError):
                    os.ftruncate(file, self._read)
                raise AdapterError(f"{self._path} can't be written: {error.strerror}") from None
            self._seen = _look(os.fstat(file))
        if is_new:
            _sync_folder(self._path.parent)
        self._read += len(line)
        self._steps += len(steps)

    def _compact(self) -> None:
        """Write the file anew where most of it is history; where that fails, it stays as it is."""
        if self._steps <= self._most_steps:
            return
        records = {resource: list(self._memory.find(resource, {})) for resource in self._tables}
        live = sum(map(len, records.values()))
        self._most_steps = 2 * live + SLACK
        if self._steps <= self._most_steps:
            return
        steps = [_step("insert_many", resource, found) for resource, found in records.items()]
        steps += [_step("set_progress", job, self._memory.progress(job)) for job in sorted(self._jobs)]
        tables = _step("prepare", [asdict(table) for table in self._tables.values()])
        header = _header()
        text = header + f"[{tables}]\n[{','.join(steps)}]\n".encode()
        other = Path(f"{self._path}.new")
        with suppress(OSError, AdapterError):
            with self._opened(other, os.O_RDWR | os.O_CREAT | os.O_TRUNC) as file:
                _write(file, text, 0)
                seen = _look(os.fstat(file))
            os.replace(other, self._path)
            self._header, self._read, self._steps, self._seen = header, len(text), live, seen
            _sync_folder(self._path.parent)


class JsonlTransaction(OneByOne):
    """One transaction: carried out in memory, and noted step by step."""

    def __init__(self, inner: MemoryTransaction) -> None:
        self._inner = inner
        self.steps: list[str] = []
        self.jobs: set[str] = set()
        # Reading goes to the records in memory, which hold what was written here.
        self.find, self.count = inner.find, inner.count
        self.extreme, self.last_in_sequence = inner.extreme, inner.last_in_sequence

    def insert(self, resource: str, record: StoredRecord) -> None:
        """Write a new record. Raises UniqueViolationError, and AdapterError where it does not fit."""
        self._inner.insert(resource, record)
        self.steps.append(_step("insert", resource, dict(record)))

    def update(self, resource: str, key: object, values: StoredRecord) -> None:
        """Set fields of a record. Raises as `insert`, and AdapterError if there is none."""
        self._inner.update(resource, key, values)
        self.steps.append(_step("update", resource, key, dict(values)))

    def delete(self, resource: str, where: Where) -> int:
        """Remove the matching records; return how many."""
        removed = self._inner.delete(resource, where)
        self.steps.append(_step("delete", resource, dict(where)))
        return removed

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what was written inside the block if it raises, and only that."""
        mark = len(self.steps)
        try:
            with self._inner.savepoint():
                yield
        except BaseException:
            del self.steps[mark:]
            raise

    def set_progress(self, job: str, position: int) -> None:
        """Keep how far a batch got."""
        self._inner.set_progress(job, position)
        self.steps.append(_step("set_progress", job, position))
        self.jobs.add(job)


def _step(name: str, *given: object) -> str:
    """What was done, as text: what was given may be changed by its owner afterwards."""
    return json.dumps([name, *given], separators=(",", ":"))


def _header() -> bytes:
    """The first line of a file that is like no other: its inode may have been another's before."""
    return _START + b', "file": "%b"}\n' % secrets.token_hex(16).encode()


def _look(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _table(given: Mapping[str, Any]) -> Table:
    return Table(
        resource=given["resource"],
        key=given["key"],
        columns=tuple(Column(**column) for column in given["columns"]),
        uniques=tuple(UniqueConstraint(tuple(one["fields"]), one["where"]) for one in given["uniques"]),
        indexes=tuple(map(tuple, given["indexes"])),
        foreign_keys=tuple(ForeignKey(**key) for key in given["foreign_keys"]),
    )


def _write(file: int, content: bytes, place: int) -> None:
    """Write all of it, and wait until it is on the disk."""
    while content:
        written = os.pwrite(file, content, place)
        content, place = content[written:], place + written
    os.fsync(file)


def _sync_folder(folder: Path) -> None:
    """A file's name must survive, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

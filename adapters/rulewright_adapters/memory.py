"""A whole store in memory: for given records, tests and dry runs. Nothing outlives the process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import Literal

from rulewright.errors import AdapterError, StoreMismatchError, UniqueViolationError
from rulewright.ports import OneByOne, StoredRecord, Table, Transaction, UniqueConstraint, Where
from rulewright_adapters.memory_records import RecordSet
from rulewright_adapters.reading import ReadingHalf
from rulewright_adapters.references import ReferenceLedger
from rulewright_adapters.shapes import Shape, clash, differences, merged, shape_of, shapes_of
from rulewright_adapters.values import alternatives, identity, order, orderable

# How long a writer waits for another one, in seconds; the same as SQLite's.
PATIENCE = 30.0
_TOO_DEEP = "a value is nested too deeply to be looked up"


def open_url(rest: str) -> MemoryStore:
    """Open `memory://`: an empty store. Raises AdapterError where anything follows."""
    if rest:
        raise AdapterError(f"memory://{rest}: a store in memory has no name; write memory://")
    return MemoryStore()


class MemoryStore:
    """A store in memory. Resources that were not named are empty.

    `records` are taken as they are: no constraint and no type is judged on them, only on what is
    written later. Only resources with a table can be written.
    """

    def __init__(
        self,
        records: Mapping[str, Sequence[StoredRecord]] = MappingProxyType({}),
        tables: Sequence[Table] = (),
    ) -> None:
        self._sets = {resource: RecordSet(given) for resource, given in records.items()}
        self._shapes: dict[str, Shape] = {}
        # The tables of the last `prepare`, where nobody can have changed them since.
        self._prepared: tuple[Table, ...] | None = None
        self._progress: dict[str, int] = {}
        # Readers take it too, so that nobody sees half a transaction of another thread.
        self._lock = threading.RLock()
        self._hold = _Hold(self)
        self._writing = False
        self._closed = False
        if tables:
            self.prepare(tables)

    def prepare(self, tables: Sequence[Table]) -> None:
        """Keep the tables: from now on they are enforced. See `Store.prepare`; raises StoreMismatchError."""
        with self._hold:
            if tables is self._prepared:
                return
            wanted = shapes_of(tables)
            found = [sentence for shape in wanted.values() for sentence in self._mismatches(shape)]
            if found:
                raise StoreMismatchError("the store in memory", found)
            for resource, shape in wanted.items():
                old = self._shapes.get(resource)
                kept = shape_of(merged(old.table, shape.table)) if old else shape
                self._shapes[resource] = kept
                self._set(resource).shape_as(kept)
            # A program prepares its tables at each call. A list may be another one by then.
            self._prepared = tables if isinstance(tables, tuple) else None

    def _mismatches(self, wanted: Shape) -> Iterator[str]:
        old = self._shapes.get(wanted.table.resource)
        if old is None:
            # Given records are taken as they are, also where they break a constraint.
            return
        yield from differences(old.table, wanted.table)
        records = self._set(wanted.table.resource)
        for unique in wanted.table.uniques:
            pair = records.first_clash(unique) if unique not in old.table.uniques else None
            if pair:
                yield clash(wanted.table, unique, pair[0], pair[1])

    def find(self, resource: str, where: Where, limit: int | None = None) -> Sequence[StoredRecord]:
        """Return the matching records, ordered by key."""
        # As `with self._hold`, in three quarters of the time that a look-up takes with it.
        self._hold.take()
        try:
            return self._set(resource).find(where, limit)
        except RecursionError:
            raise AdapterError(_TOO_DEEP) from None
        finally:
            self._lock.release()

    def count(self, resource: str, where: Where) -> int:
        """Return how many records match."""
        with self._hold:
            return len(self._set(resource).matching(where))

    def extreme(self, resource: str, where: Where, field: str, which: Literal["min", "max"]) -> object:
        """Return the least or greatest non-null value of `field` among the matching records, or None."""
        with self._hold:
            records, shape = self._set(resource), self._shapes.get(resource)
            records.check_fields((field,))
            orderable(shape.types[field] if shape else None, resource, field)
            values = [value for value in records.values(where, field) if value is not None]
            return (min if which == "min" else max)(values, key=order, default=None)

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        """Return the largest number that `field` holds after `prefix` (0 where there is none)."""
        with self._hold:
            return self._set(resource).last_in_sequence(field, prefix)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open the one writing transaction; it commits when the block ends, else rolls back."""
        with self._hold:
            if self._writing:
                raise AdapterError("a transaction is open already in this thread")
            self._writing = True
            work = MemoryTransaction(self)
            try:
                yield work
                work.verify()
            except BaseException:
                work.undo_to(0)
                raise
            finally:
                work.end()
                self._writing = False

    def progress(self, job: str) -> int:
        """Return the position last kept for `job`, 0 if none."""
        with self._hold:
            return self._progress.get(job, 0)

    def close(self) -> None:
        """Forget the records. Closing twice is no error."""
        self._closed = True
        self._sets.clear()

    def _set(self, resource: str) -> RecordSet:
        found = self._sets.get(resource)
        return found if found is not None else self._sets.setdefault(resource, RecordSet(()))


class _Hold:
    """Holds a store for one thread. A class of its own, because a generator takes longer than a look-up."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._lock = store._lock
        self._acquire = store._lock.acquire

    def take(self) -> None:
        """Wait for the store. Raises AdapterError where it is busy for too long, or closed."""
        # Asked first without a patience, which takes half the time.
        if not self._acquire(False) and not self._acquire(timeout=PATIENCE):
            raise AdapterError(f"the store in memory is busy: another thread wrote for {PATIENCE:.0f} s")
        if self._store._closed:
            self._lock.release()
            raise AdapterError("the store in memory is closed")

    __enter__ = take

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        self._lock.release()
        if kind is not None and issubclass(kind, RecursionError):
            raise AdapterError(_TOO_DEEP) from None


class MemoryTransaction(OneByOne, ReadingHalf):
    """What is written can be undone to any point, step by step backwards."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self._store = store
        self._undo: list[Callable[[], object]] = []
        tables = {resource: shape.table for resource, shape in store._shapes.items()}
        self._ledger = ReferenceLedger({resource: t.foreign_keys for resource, t in tables.items()})

    def insert(self, resource: str, record: StoredRecord) -> None:
        """Write a new record. Raises UniqueViolationError, and AdapterError where it does not fit."""
        with self._open()._hold:
            shape, records = self._writable(resource)
            fitted = shape.keyed(record)
            self._refuse_same(shape, records, {}, fitted, None)
            row = records.insert(fitted)
            self._undo.append(partial(records.remove, row))
            self._ledger.note(resource, {}, fitted)

    def update(self, resource: str, key: object, values: StoredRecord) -> None:
        """Set fields of the record whose key is `key`. Raises as `insert`, and AdapterError if none."""
        with self._open()._hold:
            shape, records = self._writable(resource)
            fitted = shape.fitted(values)
            rows = records.matching({shape.table.key: [key]})
            if not rows:
                raise shape.lacking()
            before = records[rows[0]]
            after = shape.keyed({**before, **fitted})
            self._refuse_same(shape, records, before, after, rows[0])
            records.replace(rows[0], after)
            self._undo.append(partial(records.replace, rows[0], before))
            self._ledger.note(resource, before, after)

    def delete(self, resource: str, where: Where) -> int:
        """Remove the matching records; see `Transaction.delete`."""
        with self._open()._hold:
            shape, records = self._writable(resource)
            for field in where:
                shape.type_of(field)
            rows = list(records.matching(where))
            for row in rows:
                before = records[row]
                records.remove(row)
                self._undo.append(partial(records.restore, row, before))
                self._ledger.note(resource, before, {})
            return len(rows)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what was written inside the block if it raises, and only that."""
        self._open()
        mark = len(self._undo)
        try:
            yield
        except BaseException:
            self.undo_to(mark)
            raise

    def set_progress(self, job: str, position: int) -> None:
        """Keep how far a batch got, in this very transaction."""
        kept = self._open()._progress
        before = kept.get(job)
        self._undo.append(partial(kept.pop, job) if before is None else partial(kept.update, {job: before}))
        kept[job] = position

    def verify(self) -> None:
        """Judge the references that were written. Raises ReferenceViolationError."""
        self._ledger.verify(self)

    def undo_to(self, mark: int) -> None:
        """Undo every step after the first `mark`."""
        while len(self._undo) > mark:
            self._undo.pop()()

    def _open(self) -> MemoryStore:
        self._check_open()
        return self._store

    def _writable(self, resource: str) -> tuple[Shape, RecordSet]:
        shape = self._store._shapes.get(resource)
        if shape is None:
            raise AdapterError(f"the store in memory has no table for {resource}: prepare it first")
        return shape, self._store._set(resource)

    def _refuse_same(
        self, shape: Shape, records: RecordSet, before: StoredRecord, after: StoredRecord, own: int | None
    ) -> None:
        """Raise UniqueViolationError where another record has the same values as `after`."""
        table = shape.table
        for unique in (UniqueConstraint((table.key,), {}), *table.uniques):
            concerned = (*unique.fields, *unique.where)
            if all(identity(before.get(name)) == identity(after.get(name)) for name in concerned):
                continue
            if _collides(unique, records, after, own):
                raise UniqueViolationError(table.resource, unique.fields)


def _collides(unique: UniqueConstraint, records: RecordSet, record: StoredRecord, own: int | None) -> bool:
    if any(record.get(field) is None for field in unique.fields):
        return False
    for field, wanted in unique.where.items():
        if identity(record.get(field)) not in map(identity, alternatives(wanted)):
            return False
    same = {**unique.where, **{field: [record.get(field)] for field in unique.fields}}
    return any(row != own for row in records.matching(same))

"""A transaction that writes behind: reads see what was written, the store gets it by the many.

Whether a write breaks a constraint shows only when it is flushed. Then nothing of the chunk may stay; the
one whose buffer it is decides it again, without the guilty payload.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Literal

from rulewright.batch.pending import Pending, identity
from rulewright.errors import AdapterError, RulewrightError, UniqueViolationError
from rulewright.evaluation.overlay import _sort_key, matches
from rulewright.ports import StoredRecord, Table, Transaction, Where

_PLAIN = (str, int)


class Collision(Exception):  # noqa: N818 - it tells whom to decide anew, and is never seen outside
    """The store refused what a payload of the chunk wrote.

    `payload` is its number in the chunk, None where the store does not tell.
    """

    def __init__(self, payload: int | None) -> None:
        super().__init__(payload)
        self.payload = payload


class Buffer:
    """The port's Transaction for the payloads of one chunk. `payload` is the number of the current one."""

    def __init__(self, base: Transaction, tables: Mapping[str, Table]) -> None:
        self._base = base
        self._tables = tables
        self._pending: dict[str, Pending] = {}
        self._known: dict[tuple[str, str], dict[Hashable, Sequence[StoredRecord]]] = {}
        self._answers: dict[str, dict[Hashable, Sequence[StoredRecord]]] = {}
        self._counts: dict[str, dict[Hashable, int]] = {}
        self._last: dict[tuple[str, str, str], int] = {}
        self._greatest: dict[tuple[str, str], object] = {}
        self._block = _Block(self)
        self.payload = 0

    # Reads

    def know(self, resource: str, field: str, values: Sequence[Hashable]) -> None:
        """Read by one question what will be asked one by one: the records with `values` in `field`."""
        table = self._tables.get(resource)
        kinds = [column.type for column in table.columns if column.name == field] if table is not None else []
        places: dict[Hashable, list[StoredRecord]] = {value: [] for value in values}
        if not places or not set(kinds) & {"text", "integer"}:
            return
        for record in self._base.find(resource, {field: list(values)}):
            places[record[field]].append(record)
        self._known.setdefault((resource, field), {}).update(places)

    def find(self, resource: str, where: Where, limit: int | None = None) -> Sequence[StoredRecord]:
        """See Records.find."""
        pending = self._pending.get(resource)
        if pending is None:
            return self._stored(resource, where, limit)
        written = pending.matching(where)
        if not pending.replaced:
            stored = self._stored(resource, where, limit)
            if not written:
                return stored
            found = [*stored, *written]
        else:
            replaced, key = pending.replaced, pending.key
            stored = self._stored(resource, where, None)
            found = [record for record in stored if identity(record.get(key)) not in replaced]
            found += written
        if len(found) > 1:
            name = pending.key
            found.sort(key=lambda record: _sort_key(record.get(name)))
        return found if limit is None else found[:limit]

    def count(self, resource: str, where: Where) -> int:
        """See Records.count."""
        pending = self._settled(resource)
        place = _place(where)
        counts = self._counts.setdefault(resource, {})
        stored = counts.get(place) if place is not None else None
        if stored is None:
            stored = self._base.count(resource, where)
            if place is not None:
                counts[place] = stored
        return stored if pending is None else stored + len(pending.matching(where))

    def extreme(self, resource: str, where: Where, field: str, which: Literal["min", "max"]) -> object:
        """See Records.extreme."""
        pending = self._settled(resource)
        stored = self._base.extreme(resource, where, field, which)
        if pending is None:
            return stored
        values = [value for one in pending.matching(where) if (value := one.get(field)) is not None]
        if stored is not None:
            values.append(stored)
        return (min if which == "min" else max)(values, key=_sort_key) if values else None

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        """See Records.last_in_sequence."""
        pending = self._pending.get(resource)
        if pending is not None and field not in pending.changed:
            known = pending.numbers.get((field, prefix))
            if known is not None:
                return known
        if pending is not None and field in pending.changed:
            # The largest may have become smaller.
            self._flush_table(resource)
            pending = None
        place = (resource, field, prefix)
        stored = self._last.get(place)
        if stored is None:
            stored = self._last[place] = self._base.last_in_sequence(resource, field, prefix)
        return stored if pending is None else pending.last(field, prefix, stored)

    def _stored(self, resource: str, where: Where, limit: int | None) -> Sequence[StoredRecord]:
        """What the store holds, from memory where it was asked before."""
        for field, value in where.items():
            if value.__class__ in _PLAIN:
                known = self._known.get((resource, field))
                found = known.get(value) if known is not None else None
                if found is not None:
                    return found if len(where) == 1 else [one for one in found if matches(one, where)]
        place = _place(where)
        if place is None:
            return self._base.find(resource, where, limit)
        answers = self._answers.setdefault(resource, {})
        found = answers.get((place, limit))
        if found is None:
            found = [] if self._is_above(resource, where) else self._base.find(resource, where, limit)
            answers[place, limit] = found
        return found

    def _is_above(self, resource: str, where: Where) -> bool:
        """Whether a value is above all that are stored, as what was numbered in this chunk is."""
        table = self._tables.get(resource)
        for field, value in where.items():
            if value.__class__ not in _PLAIN or table is None or not _leads_an_index(table, field):
                continue
            place = (resource, field)
            if place not in self._greatest:
                self._greatest[place] = self._base.extreme(resource, {}, field, "max")
            if _is_greater(value, self._greatest[place]):
                return True
        return False

    # Writes

    def insert(self, resource: str, record: StoredRecord) -> None:
        """See Transaction.insert; a violation shows when it is flushed."""
        pending = self._pending.get(resource)
        if pending is None:
            pending = self._begin(resource)
        pending.add(record, self.payload)

    def insert_many(self, resource: str, records: Sequence[StoredRecord]) -> None:
        """See Transaction.insert_many."""
        for record in records:
            self.insert(resource, record)

    def update(self, resource: str, key: object, values: StoredRecord) -> None:
        """See Transaction.update; a violation shows when it is flushed."""
        pending = self._pending.get(resource) or self._begin(resource)
        name = pending.key
        found = self.find(resource, {name: key}, 1)
        if not found:
            raise AdapterError(f"{resource}: there is no record with the {name} to update")
        if not values:
            return
        if name in values:
            # It is another record then: the store knows best.
            self._flush_table(resource)
            self._written_by_store(resource, key, values)
            return
        pending.change(found[0][name], values, {**found[0], **values}, self.payload)

    def _written_by_store(self, resource: str, key: object, values: StoredRecord) -> None:
        try:
            self._base.update(resource, key, values)
        except UniqueViolationError:
            raise Collision(self.payload) from None
        self._forget(resource)

    def update_many(self, resource: str, updates: Sequence[tuple[object, StoredRecord]]) -> None:
        """See Transaction.update_many."""
        for key, values in updates:
            self.update(resource, key, values)

    def delete(self, resource: str, where: Where) -> int:
        """See Transaction.delete."""
        self._flush_table(resource)
        self._forget(resource)
        return self._base.delete(resource, where)

    def savepoint(self) -> AbstractContextManager[None]:
        """A block whose writes would have to be undone sends its payload to be decided without a buffer."""
        return self._block

    def set_progress(self, job: str, position: int) -> None:
        """See Transaction.set_progress."""
        self._base.set_progress(job, position)

    def flush(self) -> None:
        """Write everything. Raises Collision where the store refuses a write of some payload."""
        for resource in list(self._pending):
            self._flush_table(resource)

    def _begin(self, resource: str) -> Pending:
        table = self._tables.get(resource)
        if table is None:
            raise AdapterError(f"the store has no table for {resource}: prepare it first")
        pending = self._pending[resource] = Pending(table)
        return pending

    def _settled(self, resource: str) -> Pending | None:
        """What is pending of a table, new records only: for updates the store is to be asked anew."""
        pending = self._pending.get(resource)
        if pending is not None and pending.replaced:
            self._flush_table(resource)
            return None
        return pending

    def _flush_table(self, resource: str) -> None:
        pending = self._pending.get(resource)
        if pending is None:
            return
        while pending.runs:
            run = pending.runs[0]
            write = self._base.update_many if run.is_update else self._base.insert_many
            try:
                write(resource, run.writes)
            except UniqueViolationError as error:
                raise Collision(run.owners[error.row] if error.row is not None else None) from None
            del pending.runs[0]
        self._forget(resource)

    def _forget(self, resource: str) -> None:
        """Ask the store anew about a table that it has written."""
        self._pending.pop(resource, None)
        self._answers.pop(resource, None)
        self._counts.pop(resource, None)
        self._known = {place: kept for place, kept in self._known.items() if place[0] != resource}
        self._greatest = {place: kept for place, kept in self._greatest.items() if place[0] != resource}
        self._last = {place: kept for place, kept in self._last.items() if place[0] != resource}


class _Block:
    """What `savepoint` gives: it undoes nothing."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, RulewrightError):
            raise Collision(self._buffer.payload) from error


def _place(where: Where) -> Hashable | None:
    """Return a key under which an answer is kept; None for what is asked too rarely to keep."""
    values: list[Hashable] = []
    for value in where.values():
        if value.__class__ in _PLAIN or value is None:
            values.append(value)
        elif value.__class__ is bool:
            values.append((value,))
        else:
            return None
    return (*where, *values)


def _is_greater(value: Any, greatest: Any) -> bool:
    """Whether a value is above the greatest that is stored, None where there is none."""
    return greatest is None or (greatest.__class__ is value.__class__ and value > greatest)


def _leads_an_index(table: Table, field: str) -> bool:
    return field == table.key or any(fields[0] == field for fields in table.indexes)

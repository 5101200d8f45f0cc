"""A transaction that writes behind: reads see what was written, the store gets it by the many.

Whether a write breaks a constraint shows only when it is flushed. Then nothing of the chunk may stay; the
one whose buffer it is decides it again, without the guilty payload.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Literal

from rulewright.batch.kept import Kept, place_of
from rulewright.batch.pending import Pending, identity
from rulewright.batch.view import Fresh, View, Waiting, settled, types_of
from rulewright.errors import AdapterError, RecordRefusedError, RulewrightError
from rulewright.evaluation.overlay import sort_key
from rulewright.ports import StoredRecord, Table, Transaction, Where


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
        self._kept: dict[str, Kept] = {}
        # Of each table: fields, in each order that was asked for -> the view by them.
        self._views: dict[str, dict[tuple[str, ...], View]] = {}
        self._distinct: dict[str, list[View]] = {}
        self.payload = 0

    # Reads

    def read_ahead(
        self, resource: str, fields: tuple[str, ...], keys: Sequence[tuple[str | int, ...]]
    ) -> None:
        """Read by one question what will be asked one by one: the records with these values in `fields`."""
        kept = self._kept_of(resource)
        if kept is None:
            return
        read = kept.read_ahead(fields, keys)
        view = self._view_of(resource, fields) if read else None
        if view is not None:
            view.learn_many(fields, read)

    def find(self, resource: str, where: Where, limit: int | None = None) -> Sequence[StoredRecord]:
        """See Records.find."""
        views = self._views.get(resource)
        view = views.get(tuple(where)) if views is not None else None
        if view is None:
            view = self._view_of(resource, tuple(where))
            if view is None:
                return self._find_rarer(resource, where, limit)
        value = view.pick(where)
        types = view.types
        if value.__class__ is not types and (
            value.__class__ is not tuple or tuple(map(type, value)) != types
        ):
            return self._find_rarer(resource, where, limit)
        found = view.known.get(value)
        if found is None or (found.__class__ is not tuple and found.__class__ is not list):
            found = self._answer(resource, where, limit, view, value)
        if limit is not None and len(found) > limit:
            return found[:limit]
        return found

    def _answer(
        self, resource: str, where: Where, limit: int | None, view: View, value: Any
    ) -> Sequence[StoredRecord]:
        """What is not known yet, or was written since."""
        found = view.known.get(value)
        if found is None or found.__class__ is Waiting:
            found = self._learn(resource, where, limit, view, value)
        if found.__class__ is Fresh:
            pending = self._pending[resource]
            found = view.known[value] = settled(found, pending.key, pending.as_kept)
        return found

    def _learn(
        self, resource: str, where: Where, limit: int | None, view: View, value: Any
    ) -> Sequence[StoredRecord]:
        """Ask the store about a value for the first time."""
        kept = self._kept[resource]
        if _is_above(kept, where):
            return view.learn(value, ())
        fields, place = tuple(where), place_of(where.values())
        pending = self._pending.get(resource)
        replaced = pending.replaced if pending is not None else {}
        asked = None if replaced else limit
        stored = kept.find(where, fields, place, asked)
        if asked is None or len(stored) < asked or kept.is_single(fields):
            if replaced:
                stored = [record for record in stored if identity(record.get(kept.key)) not in replaced]
            return view.learn(value, stored)
        return self._find_rarer(resource, where, limit)

    def _view_of(self, resource: str, fields: tuple[str, ...]) -> View | None:
        """The view by some fields; None where there can be none."""
        views = self._views.get(resource)
        view = views.get(fields) if views is not None else None
        if view is not None:
            return view
        kept = self._kept_of(resource)
        if kept is None:
            return None
        views = self._views.setdefault(resource, {})
        for other in views.values():
            if len(fields) == len(other.fields) and {*fields} == {*other.fields}:
                views[fields] = other
                return other
        types = types_of(fields, kept.kinds)
        if types is None:
            return None
        pending = self._pending.get(resource)
        parts = (pending.current(), pending.replaced.values()) if pending is not None else ((), ())
        view = views[fields] = View(fields, types, *parts)
        self._distinct.setdefault(resource, []).append(view)
        return view

    def _find_rarer(self, resource: str, where: Where, limit: int | None) -> Sequence[StoredRecord]:
        """As `find` where no view answers: values of other types, or a limit that may cut records off."""
        kept = self._kept_of(resource)
        if kept is None:
            return self._base.find(resource, where, limit)
        fields, values = tuple(where), tuple(where.values())
        place = place_of(values)
        pending = self._pending.get(resource)
        if pending is None:
            return kept.find(where, fields, place, limit)
        written = pending.matching(where, fields, place)
        if not pending.replaced:
            stored = kept.find(where, fields, place, limit)
            if not written:
                return stored
            found = [*stored, *written]
        else:
            replaced, key = pending.replaced, pending.key
            stored = kept.find(where, fields, place, None)
            found = [record for record in stored if identity(record.get(key)) not in replaced]
            found += written
        if len(found) > 1:
            name = pending.key
            found.sort(key=lambda record: sort_key(record.get(name)))
        return found if limit is None else found[:limit]

    def find_each(
        self, resource: str, fields: tuple[str, ...], keys: Sequence[tuple[str | int, ...]]
    ) -> Sequence[StoredRecord]:
        """See Transaction.find_each."""
        return [record for key in keys for record in self.find(resource, dict(zip(fields, key, strict=True)))]

    def count(self, resource: str, where: Where) -> int:
        """See Records.count."""
        view = self._view_of(resource, tuple(where))
        counted = self._counted(resource, where, view) if view is not None else None
        if counted is not None:
            return counted
        pending = self._settled(resource)
        kept = self._kept_of(resource)
        if kept is None:
            return self._base.count(resource, where)
        fields, place = tuple(where), place_of(where.values())
        stored = kept.count(where, fields, place)
        return stored if pending is None else stored + len(pending.matching(where, fields, place))

    def _counted(self, resource: str, where: Where, view: View) -> int | None:
        """How many records match, by a view; None where it is not asked by values of its types."""
        value, types = view.pick(where), view.types
        kind = value.__class__
        if kind is not types and (kind is not tuple or tuple(map(type, value)) != types):
            return None
        found = view.known.get(value)
        if found is None or found.__class__ is Waiting:
            kept = self._kept[resource]
            if not _is_above(kept, where):
                stored = kept.count(where, tuple(where), place_of(where.values()))
                return stored - view.gone[value] + len(found or ())
            found = view.learn(value, ())
        return len(found)

    def extreme(self, resource: str, where: Where, field: str, which: Literal["min", "max"]) -> object:
        """See Records.extreme."""
        pending, kept = self._settled(resource), self._kept_of(resource)
        if kept is None:
            stored = self._base.extreme(resource, where, field, which)
        else:
            stored = kept.extreme(where, field, which)
        if pending is None:
            return stored
        written = pending.matching(where, tuple(where), place_of(where.values()))
        values = [value for one in written if (value := one.get(field)) is not None]
        if stored is not None:
            values.append(stored)
        return (min if which == "min" else max)(values, key=sort_key) if values else None

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        """See Records.last_in_sequence."""
        pending = self._pending.get(resource)
        if pending is None:
            return self._last_stored(resource, field, prefix)
        if field in pending.changed:
            # The largest may have become smaller.
            self._flush_table(resource)
            return self._last_stored(resource, field, prefix)
        last = pending.last(field, prefix)
        if last is None:
            return pending.count_on(field, prefix, self._last_stored(resource, field, prefix))
        return last

    def _last_stored(self, resource: str, field: str, prefix: str) -> int:
        kept = self._kept_of(resource)
        last = kept.last.get((field, prefix)) if kept is not None else None
        if last is None:
            last = self._base.last_in_sequence(resource, field, prefix)
            if kept is not None:
                kept.last[field, prefix] = last
        return last

    def _kept_of(self, resource: str) -> Kept | None:
        kept = self._kept.get(resource)
        if kept is None and resource in self._tables:
            kept = self._kept[resource] = Kept(self._base, self._tables[resource])
        return kept

    # Writes

    def insert(self, resource: str, record: StoredRecord) -> None:
        """See Transaction.insert; a violation shows when it is flushed."""
        pending = self._pending.get(resource)
        if pending is None:
            pending = self._begin(resource)
        pending.add(record, self.payload)
        for view in self._distinct.get(resource, ()):
            view.add(record)

    def insert_many(self, resource: str, records: Sequence[StoredRecord]) -> None:
        """See Transaction.insert_many."""
        self.insert_owned(resource, records, [self.payload] * len(records))

    def insert_owned(self, resource: str, records: Sequence[StoredRecord], owners: Sequence[int]) -> None:
        """Insert what several payloads write, whose numbers are `owners`."""
        if records:
            (self._pending.get(resource) or self._begin(resource)).add_many(records, owners)
            self._views.pop(resource, None)
            self._distinct.pop(resource, None)

    def update(self, resource: str, key: object, values: StoredRecord) -> None:
        """See Transaction.update; a violation shows when it is flushed. AdapterError for a missing record."""
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
        before = found[0]
        after = {**before, **values}
        is_stored = pending.change(before, values, after, self.payload)
        for view in self._distinct.get(resource, ()):
            view.change(before, after, name, is_stored=is_stored)

    def _written_by_store(self, resource: str, key: object, values: StoredRecord) -> None:
        try:
            self._base.update(resource, key, values)
        except RecordRefusedError:
            raise Collision(self.payload) from None
        self._forget(resource)

    def update_many(self, resource: str, updates: Sequence[tuple[object, StoredRecord]]) -> None:
        """See Transaction.update_many."""
        for key, values in updates:
            self.update(resource, key, values)

    def delete(self, resource: str, where: Where) -> int:
        """See Transaction.delete."""
        self._flush_table(resource)
        deleted = self._base.delete(resource, where)
        self._forget(resource)
        return deleted

    def savepoint(self) -> AbstractContextManager[None]:
        """A block whose writes would have to be undone sends its payload to be decided without a buffer."""
        # Made anew each time: kept here it would be a circle, and all that a chunk read would stay in memory.
        return _Block(self)

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
            except RecordRefusedError as error:
                raise Collision(run.owners[error.row] if error.row is not None else None) from None
            del pending.runs[0]
        self._forget(resource)

    def _forget(self, resource: str) -> None:
        """Ask the store anew about a table that it has written."""
        self._pending.pop(resource, None)
        self._kept.pop(resource, None)
        self._views.pop(resource, None)
        self._distinct.pop(resource, None)


def _is_above(kept: Kept, where: Where) -> bool:
    """Whether the store surely has no match: a value is above all that are stored, as new numbers are."""
    for field, value in where.items():  # noqa: SIM110 - a generator takes three times as long
        if value.__class__ is not bool and kept.is_above(field, value):
            return True
    return False


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

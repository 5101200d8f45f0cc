"""What a chunk wrote to one table and the store does not hold yet: read here, written by the many."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType
from typing import Any

from rulewright.batch.kept import PLAIN, Place
from rulewright.evaluation.overlay import matches, sequence_number
from rulewright.ports import ColumnType, StoredRecord, Table, Where

_NOTHING: Mapping[Hashable, StoredRecord] = MappingProxyType({})
_NESTED = ("nested",)
_PLAIN_OR_NULL = frozenset({str, int, type(None)})
_Index = dict[Place, dict[Hashable, StoredRecord]]


@dataclass(slots=True)
class Run:
    """Writes of one kind that came one after the other. `owners` are the payloads that they belong to."""

    is_update: bool
    writes: list[Any] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)


class Pending:
    """The unwritten records of one table, in the order of their writing."""

    def __init__(self, table: Table) -> None:
        self.key = table.key
        self._key_alone = (table.key,)
        self._kinds = {column.name: column.type for column in table.columns if column.type in _CHANGING}
        self.runs: list[Run] = []
        # The run that new records are added to.
        self._open: Run | None = None
        # Stored records that are updated, by key: what the store says of them is out of date.
        self.replaced: dict[Hashable, StoredRecord] = {}
        # The fields that updates set.
        self.changed: set[str] = set()
        # The new records. They are looked at only when somebody reads: most tables of a chunk never are.
        self.made: list[StoredRecord] = []
        self._read = 0
        self._current: dict[Hashable, StoredRecord] = {}
        self._indexes: dict[tuple[str, ...], _Index] = {}
        # The largest number of each sequence that was asked for, and how many of the new it takes in.
        self._numbers: dict[tuple[str, str], tuple[int, int]] = {}

    def add(self, record: StoredRecord, owner: int) -> None:
        """Note a new record."""
        run = self._open or self._begin()
        run.writes.append(record)
        run.owners.append(owner)
        self.made.append(record)

    def add_many(self, records: Sequence[StoredRecord], owners: Sequence[int]) -> None:
        """Note new records."""
        run = self._open or self._begin()
        run.writes += records
        run.owners += owners
        self.made += records

    def _begin(self) -> Run:
        run = self._open = Run(is_update=False)
        self.runs.append(run)
        return run

    def current(self) -> list[StoredRecord]:
        """The records as they will be."""
        self._catch_up()
        return list(self._current.values())

    def change(self, before: StoredRecord, values: StoredRecord, after: StoredRecord, owner: int) -> bool:
        """Note an update; whether the record was, `before`, as it is stored."""
        self._catch_up()
        key = before[self.key]
        self._open = None
        if not self.runs or not self.runs[-1].is_update:
            self.runs.append(Run(is_update=True))
        self.runs[-1].writes.append((key, values))
        self.runs[-1].owners.append(owner)
        same = identity(key)
        is_stored = same not in self._current
        if is_stored:
            self.replaced[same] = before
        self.changed.update(values)
        self._put(after)
        return is_stored

    def matching(self, where: Where, fields: tuple[str, ...], place: Place | None) -> Sequence[StoredRecord]:
        """Return the records that match, as the store will give them back.

        `fields` and `place` are those of `where`: see `place_of`.
        """
        if self._read < len(self.made):
            self._catch_up()
        found = self._found(where, fields, place)
        return [self.as_kept(record) for record in found] if found and self._kinds else found

    def _found(self, where: Where, fields: tuple[str, ...], place: Place | None) -> Sequence[StoredRecord]:
        if not where:
            return list(self._current.values())
        if fields == self._key_alone and where[self.key].__class__ in PLAIN:
            record = self._current.get(where[self.key])
            return (record,) if record is not None else ()
        index = self._indexes.get(fields)
        if index is None:
            index = self._indexes[fields] = {}
            for same, record in self._current.items():
                _enter(index, fields, same, record)
        if place is not None:
            held = index.get(place)
            return [*held.values()] if held is not None else ()
        try:
            options = [_options(value) for value in where.values()]
        except TypeError:
            return [record for record in self._current.values() if matches(record, where)]
        return [record for entry in product(*options) for record in index.get(entry, _NOTHING).values()]

    def last(self, field: str, prefix: str) -> int | None:
        """Return the largest number of a sequence, None while it is not known: see `count_on`."""
        known = self._numbers.get((field, prefix))
        if known is None:
            return None
        last, counted = known
        made = self.made
        if counted == len(made):
            return last
        for record in made[counted:]:
            value = record.get(field)
            number = value if value.__class__ is int and not prefix else sequence_number(value, prefix)
            last = max(last, number)
        self._numbers[field, prefix] = (last, len(made))
        return last

    def count_on(self, field: str, prefix: str, stored: int) -> int:
        """Return the largest number of a sequence, of which the store holds `stored`."""
        self._numbers[field, prefix] = (stored, 0)
        last = self.last(field, prefix)
        assert last is not None
        return last

    def _catch_up(self) -> None:
        made = self.made[self._read :]
        self._read = len(self.made)
        for record in made:
            self._put(record)

    def _put(self, record: StoredRecord) -> None:
        key = record.get(self.key)
        same: Hashable = key if key.__class__ in PLAIN else identity(key)
        current = self._current
        if self._indexes:
            before = current.get(same)
            for fields, index in self._indexes.items():
                if before is not None:
                    index[_entry(fields, before)].pop(same)
                _enter(index, fields, same, record)
        current[same] = record

    def as_kept(self, record: StoredRecord) -> StoredRecord:
        """Return a record as the store will give it back."""
        if not self._kinds:
            return record
        changed = {
            name: kept
            for name, kind in self._kinds.items()
            if (value := record.get(name)) is not None and (kept := _kept(kind, value)) is not value
        }
        return {**record, **changed} if changed else record


_CHANGING: Sequence[ColumnType] = ("number", "json")


def _kept(kind: ColumnType, value: object) -> object:
    if kind == "number":
        return (float(value) or 0.0) if isinstance(value, int | float) else value
    return _nested(value)


def _nested(value: object) -> object:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**63 else value
    if isinstance(value, list | tuple):
        return [_nested(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _nested(item) for name, item in value.items()}
    return value


def identity(value: object) -> Hashable:
    """Return a key that two values share exactly if they are equal in a store: true is not 1.

    Raises TypeError for a nested value.
    """
    if value.__class__ is bool:
        # To a dict true is 1.
        return (value,)
    hash(value)
    return value


def _options(wanted: object) -> list[Hashable]:
    options = wanted if isinstance(wanted, list | tuple) else (wanted,)
    return list(dict.fromkeys(map(identity, options)))


def _entry(fields: tuple[str, ...], record: StoredRecord) -> Place:
    """Where an index has a record; nested values are never asked for by it."""
    values = tuple([record.get(name) for name in fields])
    if _PLAIN_OR_NULL.issuperset(map(type, values)):
        return values
    return tuple([_NESTED if isinstance(value, list | dict) else identity(value) for value in values])


def _enter(index: _Index, fields: tuple[str, ...], same: Hashable, record: StoredRecord) -> None:
    index.setdefault(_entry(fields, record), {})[same] = record

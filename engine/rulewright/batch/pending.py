"""What a chunk wrote to one table and the store does not hold yet: read here, written by the many."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType
from typing import Any

from rulewright.batch.kept import PLAIN, PLAIN_TYPES
from rulewright.evaluation.overlay import matches
from rulewright.ports import ColumnType, StoredRecord, Table, Where

_NOTHING: Mapping[Hashable, StoredRecord] = MappingProxyType({})
_NESTED = ("nested",)
_Index = dict[tuple[Hashable, ...], dict[Hashable, StoredRecord]]
# As stores have it: longer ones are no sequence of ours.
_DIGITS = 18


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
        self._kinds = {column.name: column.type for column in table.columns if column.type in _CHANGING}
        self.runs: list[Run] = []
        # Keys of stored records that are updated: what the store says of them is out of date.
        self.replaced: set[Hashable] = set()
        # The fields that updates set.
        self.changed: set[str] = set()
        # The largest number of each sequence that was asked for, what is stored included.
        self.numbers: dict[tuple[str, str], int] = {}
        # What is written is looked at only when somebody reads: most tables of a chunk are never read.
        self._unread: list[StoredRecord] = []
        self._current: dict[Hashable, StoredRecord] = {}
        self._indexes: dict[tuple[str, ...], _Index] = {}

    def add(self, record: StoredRecord, owner: int) -> None:
        """Note a new record."""
        run = self.runs[-1] if self.runs else None
        if run is None or run.is_update:
            run = Run(is_update=False)
            self.runs.append(run)
        run.writes.append(record)
        run.owners.append(owner)
        if self.numbers:
            self._count(record)
        self._unread.append(record)

    def add_many(self, records: Sequence[StoredRecord], owners: Sequence[int]) -> None:
        """Note new records."""
        for record, owner in zip(records, owners, strict=True):
            self.add(record, owner)

    def change(self, key: object, values: StoredRecord, after: StoredRecord, owner: int) -> None:
        """Note an update of the record with `key`, which then is `after`."""
        self._catch_up()
        if not self.runs or not self.runs[-1].is_update:
            self.runs.append(Run(is_update=True))
        self.runs[-1].writes.append((key, values))
        self.runs[-1].owners.append(owner)
        same = identity(key)
        if same not in self._current:
            self.replaced.add(same)
        self.changed.update(values)
        self._count(after)
        self._put(after)

    def matching(self, where: Where) -> Sequence[StoredRecord]:
        """Return the records that match, as the store will give them back."""
        self._catch_up()
        found = self._found(where)
        return [self._as_kept(record) for record in found] if found and self._kinds else found

    def _found(self, where: Where) -> Sequence[StoredRecord]:
        if not where:
            return list(self._current.values())
        fields = tuple(where)
        if fields == (self.key,) and where[self.key].__class__ in PLAIN:
            record = self._current.get(where[self.key])
            return [record] if record is not None else []
        index = self._indexes.get(fields)
        if index is None:
            index = self._indexes[fields] = {}
            for same, record in self._current.items():
                _enter(index, fields, same, record)
        values = tuple(where.values())
        if PLAIN_TYPES.issuperset(map(type, values)):
            return list(index.get(values, _NOTHING).values())
        try:
            if not any(isinstance(value, list | tuple) for value in values):
                return list(index.get(tuple(map(identity, values)), _NOTHING).values())
            options = [_options(value) for value in values]
        except TypeError:
            return [record for record in self._current.values() if matches(record, where)]
        return [record for entry in product(*options) for record in index.get(entry, _NOTHING).values()]

    def last(self, field: str, prefix: str, stored: int) -> int:
        """Return the largest number of a sequence, of which the store holds `stored`."""
        numbers = (number_after(prefix, record.get(field)) for record in self._written())
        last = self.numbers[field, prefix] = max(stored, max(numbers, default=0))
        return last

    def _written(self) -> Iterator[StoredRecord]:
        for run in self.runs:
            yield from ([values for _, values in run.writes] if run.is_update else run.writes)

    def _count(self, record: StoredRecord) -> None:
        for place, last in self.numbers.items():
            number = number_after(place[1], record.get(place[0]))
            if number > last:
                self.numbers[place] = number

    def _catch_up(self) -> None:
        if self._unread:
            unread, self._unread = self._unread, []
            for record in unread:
                self._put(record)

    def _put(self, record: StoredRecord) -> None:
        same = identity(record.get(self.key))
        before = self._current.get(same) if self._indexes else None
        self._current[same] = record
        for fields, index in self._indexes.items():
            if before is not None:
                index[_entry(fields, before)].pop(same)
            _enter(index, fields, same, record)

    def _as_kept(self, record: StoredRecord) -> StoredRecord:
        """Return a record as the store will give it back."""
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
        return ("bool", value)
    if isinstance(value, Hashable):
        hash(value)
        return value
    raise TypeError


def _options(wanted: object) -> list[Hashable]:
    options = wanted if isinstance(wanted, list | tuple) else (wanted,)
    return list(dict.fromkeys(map(identity, options)))


def _entry(fields: tuple[str, ...], record: StoredRecord) -> tuple[Hashable, ...]:
    """Where an index has a record; nested values are never asked for by it."""
    values = tuple([record.get(name) for name in fields])
    for value in values:
        if value.__class__ not in PLAIN and value is not None:
            return tuple([_NESTED if isinstance(value, list | dict) else identity(value) for value in values])
    return values


def _enter(index: _Index, fields: tuple[str, ...], same: Hashable, record: StoredRecord) -> None:
    index.setdefault(_entry(fields, record), {})[same] = record


def number_after(prefix: str, value: object) -> int:
    """Return the number that a sequence's value holds after `prefix`, 0 if it is none of the sequence."""
    if not prefix:
        return value if value.__class__ is int else 0
    if not isinstance(value, str) or not value.startswith(prefix):
        return 0
    digits = value[len(prefix) :]
    return int(digits) if len(digits) <= _DIGITS and digits.isascii() and digits.isdigit() else 0

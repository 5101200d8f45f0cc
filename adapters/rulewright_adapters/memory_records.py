"""The records of one resource in memory, with indexes built when first needed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Final

from rulewright_adapters.values import alternatives, identity, number_after, order

if TYPE_CHECKING:
    from rulewright.ports import StoredRecord, UniqueConstraint, Where
    from rulewright_adapters.shapes import Shape

# Values that are their own identity, and those that have no parts.
_PLAIN: Final = frozenset({str, int, float})
_FLAT: Final = _PLAIN | {bool, type(None)}
_Index = dict[tuple[Hashable, ...], dict[int, None]]


class RecordSet:
    """Records under row numbers of their own, since given records may lack a key or share one."""

    def __init__(self, records: Iterable[StoredRecord]) -> None:
        # The fields that may be asked for; any, of records that were given without a table.
        self._shape: Shape | None = None
        self.key: str | None = None
        self._rows: dict[int, dict[str, object]] = dict(enumerate(map(copied, records)))
        # Rows that hold lists or maps: only these are copied value by value.
        self._deep = {row for row, record in self._rows.items() if not _is_flat(record)}
        self._next = len(self._rows)
        self._indexes: dict[tuple[str, ...], _Index] = {}
        # The largest number of a sequence: else every generated key would cost a look at every record.
        self._last: dict[tuple[str, str], int] = {}

    def __getitem__(self, row: int) -> dict[str, object]:
        return self._rows[row]

    def shape_as(self, shape: Shape) -> None:
        """Hold what is asked for from now on to the fields of a table."""
        self._shape, self.key = shape, shape.table.key
        # Made of fields that nobody judged.
        self._indexes.clear()
        self._last.clear()

    def check_fields(self, fields: Iterable[str]) -> None:
        """Raise AdapterError for a field that the table doesn't have."""
        if self._shape is not None:
            for field in fields:
                self._shape.type_of(field)

    def find(self, where: Where, limit: int | None) -> list[StoredRecord]:
        """Return copies of the matching records, by key where there is one."""
        found = self.matching(where)
        if not found:
            return []
        if len(found) == 1 and limit != 0:
            return [self._copy(found[0])]
        if self.key is not None:
            found = self._in_order(found, self.key)
        return [*map(self._copy, found[:limit])]

    def _copy(self, row: int) -> dict[str, object]:
        record = self._rows[row]
        return copied(record) if row in self._deep else record.copy()

    def _in_order(self, found: Sequence[int], key: str) -> list[int]:
        return sorted(found, key=lambda row: order(self._rows[row].get(key)))

    def matching(self, where: Where) -> Sequence[int]:
        """Return the row numbers of the matching records. Raises AdapterError for an unknown field."""
        # By the fields in the order in which they were asked for: few ask for the same ones in two.
        fields = (*where,)
        index = self._indexes.get(fields)
        if index is None:
            if not fields:
                return [*self._rows]
            index = self._index(fields)
        wanted: tuple[Hashable, ...] = (*where.values(),)
        for value in wanted:
            if value.__class__ not in _PLAIN:
                break
        else:
            # Nearly all: one value each, its own identity.
            rows = index.get(wanted)
            return [*rows] if rows else []
        if _FLAT.issuperset(map(type, wanted)):
            return [*index.get((*map(identity, wanted),), ())]
        options = [dict.fromkeys(map(identity, alternatives(value))) for value in wanted]
        return [row for values in product(*options) for row in index.get(values, ())]

    def values(self, where: Where, field: str) -> Iterator[object]:
        """Yield what the matching records hold in `field`."""
        return (self._rows[row].get(field) for row in self.matching(where))

    def last_in_sequence(self, field: str, prefix: str) -> int:
        """Return the largest number that `field` holds after `prefix`, 0 if none."""
        last = self._last.get((field, prefix))
        if last is None:
            self.check_fields((field,))
            numbers = (number_after(prefix, record.get(field)) for record in self._rows.values())
            last = self._last[field, prefix] = max(numbers, default=0)
        return max(last, 0)

    def first_clash(self, unique: UniqueConstraint) -> tuple[object, object] | None:
        """Return the keys of two records that break `unique`, or None."""
        seen: dict[Hashable, object] = {}
        # Not by an index: the condition may be about a field that the table gains just now.
        wanted = {name: {*map(identity, alternatives(value))} for name, value in unique.where.items()}
        for record in self._rows.values():
            if any(identity(record.get(name)) not in options for name, options in wanted.items()):
                continue
            values = tuple(identity(record.get(field)) for field in unique.fields)
            if None in values:
                continue
            key = record.get(self.key or "")
            if values in seen:
                return seen[values], key
            seen[values] = key
        return None

    def insert(self, record: dict[str, object]) -> int:
        """Add a record and return its row number."""
        row, self._next = self._next, self._next + 1
        self._put(row, record)
        return row

    def replace(self, row: int, record: dict[str, object]) -> None:
        """Put another record in the place of one."""
        self.remove(row)
        self._put(row, record)

    def remove(self, row: int) -> None:
        """Take a record away."""
        record = self._rows.pop(row)
        self._deep.discard(row)
        for fields, index in self._indexes.items():
            entry = _entry(fields, record)
            index[entry].pop(row)
            if not index[entry]:
                del index[entry]
        for field, prefix in list(self._last):
            if number_after(prefix, record.get(field)) >= self._last[field, prefix]:
                del self._last[field, prefix]

    def restore(self, row: int, record: dict[str, object]) -> None:
        """Put a record back that was taken away."""
        self._put(row, record)

    def _put(self, row: int, record: dict[str, object]) -> None:
        self._rows[row] = record
        if not _is_flat(record):
            self._deep.add(row)
        for fields, index in self._indexes.items():
            index.setdefault(_entry(fields, record), {})[row] = None
        for (field, prefix), last in self._last.items():
            self._last[field, prefix] = max(last, number_after(prefix, record.get(field)))

    def _index(self, fields: tuple[str, ...]) -> _Index:
        self.check_fields(fields)
        index: _Index = {}
        for row, record in self._rows.items():
            index.setdefault(_entry(fields, record), {})[row] = None
        self._indexes[fields] = index
        return index


def _entry(fields: tuple[str, ...], record: StoredRecord) -> tuple[Hashable, ...]:
    return tuple(identity(record.get(field)) for field in fields)


def _is_flat(record: StoredRecord) -> bool:
    return _FLAT.issuperset(map(type, record.values()))


def copied(record: StoredRecord) -> dict[str, object]:
    """Copy a record, nested values too: nobody changes what is stored by changing what was read."""
    if _is_flat(record):
        return {**record}
    return {field: _copied_value(value) for field, value in record.items()}


def _copied_value(value: object) -> object:
    if isinstance(value, dict):
        return copied(value)
    if isinstance(value, list):
        return [_copied_value(item) for item in value]
    return value

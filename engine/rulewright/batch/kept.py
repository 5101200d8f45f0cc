"""What is known of the stored records of one table, so that most questions of a chunk are asked once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, Literal

from rulewright.evaluation.overlay import matches, sort_key
from rulewright.ports import KeyedRecords, StoredRecord, Table, Where

PLAIN: Final = (str, int)
PLAIN_TYPES: Final = frozenset(PLAIN)
_PLAIN_OR_NULL: Final = frozenset({*PLAIN, type(None)})
# The values of a Where, as a key of a dict.
Place = tuple[Hashable, ...]
_Answer = Sequence[StoredRecord]
# In place of the greatest value of a field that has no index: of no type that a value may have.
_UNASKED: Final = object()


class Kept:
    """Answers about one table as it was when the chunk began, or was flushed last."""

    def __init__(self, base: KeyedRecords, table: Table) -> None:
        self._base = base
        self._resource = table.resource
        self.key = table.key
        self.kinds = {column.name: column.type for column in table.columns}
        uniques = [one.fields for one in table.uniques if not one.where]
        self._singles = {frozenset(fields) for fields in ((table.key,), *uniques)}
        # The fields by which an index can be entered.
        self._leading = {fields[0] for fields in ((table.key,), *uniques, *table.indexes)}
        # Fields -> their value, or a tuple of their values -> all records that have them.
        self._ahead: dict[tuple[str, ...], dict[Any, _Answer]] = {}
        self._answers: dict[Hashable, _Answer] = {}
        self._greatest: dict[str, Any] = {}
        self._extremes: dict[Hashable, object] = {}
        self._counts: dict[Hashable, int] = {}
        self.last: dict[tuple[str, str], int] = {}

    def read_ahead(
        self, fields: tuple[str, ...], keys: Sequence[tuple[str | int, ...]]
    ) -> Mapping[Any, _Answer]:
        """Read by one question what will be asked one by one: the records with these values in `fields`.

        Gives them by their values, a single one as it is; nothing where that question would take too long,
        and none that were read before.
        """
        kinds = {self.kinds.get(field) for field in fields}
        known = self._ahead.get(fields)
        if known:
            keys = [key for key in keys if (key if len(key) > 1 else key[0]) not in known]
        if not keys or not kinds <= {"text", "integer"} or fields[0] not in self._leading:
            return {}
        asked = keys if len(fields) > 1 else [key for (key,) in keys]
        found = self._base.find_each(self._resource, fields, keys)
        read = self._by_value(found, itemgetter(*fields), asked)
        self._ahead.setdefault(fields, {}).update(read)
        return read

    def _by_value(
        self, records: Iterable[StoredRecord], pick: Callable[[StoredRecord], Any], asked: Iterable[Any]
    ) -> dict[Any, _Answer]:
        """The records of each value that was asked for, by key; nearly always one or none."""
        read: dict[Any, _Answer] = dict.fromkeys(asked, ())
        several = set()
        for record in records:
            value = pick(record)
            others = read.get(value)
            if others:
                several.add(value)
                read[value] = [*others, record]
            elif others is not None:
                read[value] = [record]
        for value in several:
            read[value] = self._by_key(read[value])
        return read

    def _by_key(self, records: Iterable[StoredRecord]) -> list[StoredRecord]:
        return sorted(records, key=lambda record: sort_key(record.get(self.key)))

    def find(self, where: Where, fields: tuple[str, ...], place: Place | None, limit: int | None) -> _Answer:
        """Return the matching records; `fields` and `place` are those of `where`. See Records.find."""
        if place is None:
            found = self._listed(where)
            return self._base.find(self._resource, where, limit) if found is None else found[:limit]
        ahead = self.find_ahead(fields, place)
        if ahead is not None:
            return ahead if limit is None else ahead[:limit]
        answer = self._answers.get((fields, place, limit))
        if answer is None:
            answer = self._answers[fields, place, limit] = self._ask(where, limit)
        return answer

    def find_ahead(self, fields: tuple[str, ...], place: Place) -> _Answer | None:
        """What was read ahead by these very fields."""
        known = self._ahead.get(fields)
        return None if known is None else known.get(place if len(place) > 1 else place[0])

    def is_single(self, fields: tuple[str, ...]) -> bool:
        """Whether no two records have the same values in these fields."""
        return frozenset(fields) in self._singles

    def _listed(self, where: Where) -> _Answer | None:
        """Put together what was read ahead for each item of a list."""
        known = self._ahead.get(tuple(where))
        if known is None or len(where) > 1:
            return None
        (wanted,) = where.values()
        items = wanted if isinstance(wanted, list) else []
        if not items or not PLAIN_TYPES.issuperset(map(type, items)):
            return None
        found = [known.get(item) for item in dict.fromkeys(items)]
        if None in found:
            return None
        return self._by_key(record for each in found for record in each or ())

    def extreme(self, where: Where, field: str, which: Literal["min", "max"]) -> object:
        """Return the least or greatest value. See Records.extreme."""
        at = place_of(where.values())
        if at is None:
            return self._base.extreme(self._resource, where, field, which)
        place = (*where, *at)
        if (place, field, which) not in self._extremes:
            is_empty = bool(where) and self._is_above(where)
            found = None if is_empty else self._base.extreme(self._resource, where, field, which)
            self._extremes[place, field, which] = found
        return self._extremes[place, field, which]

    def count(self, where: Where, fields: tuple[str, ...], place: Place | None) -> int:
        """Return how many records match; see `find`, and Records.count."""
        if place is None:
            return self._base.count(self._resource, where)
        count = self._counts.get((fields, place))
        if count is None:
            count = self._counts[fields, place] = self._count(where, fields, place)
        return count

    def _count(self, where: Where, fields: tuple[str, ...], place: Place) -> int:
        found = self.find_ahead(fields, place)
        if found is None:
            found = self._among_known(where)
        if found is not None:
            return len(found)
        return 0 if self._is_above(where) else self._base.count(self._resource, where)

    def _ask(self, where: Where, limit: int | None) -> _Answer:
        if len(where) > 1 and (found := self._among_known(where)) is not None:
            return found if limit is None else found[:limit]
        return () if self._is_above(where) else self._base.find(self._resource, where, limit)

    def _among_known(self, where: Where) -> _Answer | None:
        """Pick from what was read ahead by one of the fields."""
        for field, value in where.items():
            known = self._ahead.get((field,)) if value.__class__ in PLAIN else None
            found = known.get(value) if known is not None else None
            if found is not None:
                return [record for record in found if matches(record, where)]
        return None

    def _is_above(self, where: Where) -> bool:
        """Whether a value is above all that are stored, as what was numbered in this chunk is."""
        return any(self.is_above(field, value) for field, value in where.items() if value.__class__ in PLAIN)

    def is_above(self, field: str, value: Any) -> bool:
        """Whether a text or a number is above all that are stored, where an index tells that at once."""
        if field not in self._greatest:
            is_asked = field in self._leading
            greatest = self._base.extreme(self._resource, {}, field, "max") if is_asked else _UNASKED
            self._greatest[field] = greatest
        greatest = self._greatest[field]
        return greatest is None or (greatest.__class__ is value.__class__ and value > greatest)


def place_of(values: Iterable[object]) -> Place | None:
    """Return what an answer about a Where's values is kept under; None for what is asked too rarely to keep.

    Texts and whole numbers stand for themselves.
    """
    place: list[Hashable] = []
    for value in values:
        if value.__class__ in PLAIN or value is None:
            place.append(value)
        elif value.__class__ is bool:
            # True is 1 to a dict.
            place.append((value,))
        else:
            return None
    return tuple(place)


def keys_in(records: Sequence[Mapping[str, object]], fields: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return what is looked up by `fields`, each once; a list stands for each of its items."""
    columns = [[record.get(field) for record in records] for field in fields]
    if all(_PLAIN_OR_NULL.issuperset(map(type, column)) for column in columns):
        return [key for key in dict.fromkeys(zip(*columns, strict=True)) if None not in key]
    keys: dict[tuple[Any, ...], None] = {}
    for values in zip(*columns, strict=True):
        if len(values) == 1 and values[0].__class__ is list:
            keys.update(dict.fromkeys((one,) for one in values[0] if one.__class__ in PLAIN))
        elif PLAIN_TYPES.issuperset(map(type, values)):
            keys[values] = None
    return list(keys)

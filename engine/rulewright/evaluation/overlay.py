"""Reading through changes that are planned but not carried out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Literal

from rulewright import cel
from rulewright.ports import Records, StoredRecord, Where

# Eighteen digits keep every number within 64 bits; longer ones are no sequence of ours, as stores have it.
_MOST_DIGITS: Final = 18


class NoStoreError(cel.EvaluationError):
    """Something is to be looked up and there is nowhere to look. Its words quote no value."""


def needs_store(reader: str) -> str:
    """Say that something has to be looked up and there is no store."""
    return f"{reader} needs a store, and none was given"


class Overlay:
    """`Records` as they will be after the planned changes.

    Holds the whole record of every planned create and update, by resource and key. One record may be hidden
    (an effect's `where` never matches the own record).
    """

    def __init__(self, base: Records, keys: Mapping[str, str]) -> None:
        self._base = base
        self._keys = keys
        self._planned: dict[str, dict[object, StoredRecord]] = {}
        self._hidden: tuple[str, object] | None = None

    def plan(self, resource: str, key: object, record: StoredRecord) -> None:
        """Let reads see `record` in place of what is stored under `key`."""
        self._planned.setdefault(resource, {})[key] = record

    @contextmanager
    def hiding(self, resource: str, key: object) -> Iterator[None]:
        """Let no read within the block find this record."""
        before, self._hidden = self._hidden, (resource, key)
        try:
            yield
        finally:
            self._hidden = before

    @contextmanager
    def hiding_none(self) -> Iterator[None]:
        """Let the reads within the block find what `hiding` hides around it."""
        before, self._hidden = self._hidden, None
        try:
            yield
        finally:
            self._hidden = before

    def find(self, resource: str, where: Where, limit: int | None = None) -> Sequence[StoredRecord]:
        """See Records.find."""
        planned = self._planned.get(resource)
        if not planned and self._hidden is None:
            return self._base.find(resource, where, limit)
        found = sorted(
            self._matching(resource, where), key=lambda record: sort_key(self._key_of(resource, record))
        )
        return found if limit is None else found[:limit]

    def count(self, resource: str, where: Where) -> int:
        """See Records.count."""
        if resource not in self._planned and self._hidden is None:
            return self._base.count(resource, where)
        return sum(1 for _ in self._matching(resource, where))

    def extreme(self, resource: str, where: Where, field: str, which: Literal["min", "max"]) -> object:
        """See Records.extreme."""
        if resource not in self._planned and self._hidden is None:
            return self._base.extreme(resource, where, field, which)
        values = [
            record[field] for record in self._matching(resource, where) if record.get(field) is not None
        ]
        choose = min if which == "min" else max
        return choose(values, key=sort_key) if values else None

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        """See Records.last_in_sequence."""
        last = self._base.last_in_sequence(resource, field, prefix)
        for record in self._planned.get(resource, {}).values():
            last = max(last, sequence_number(record.get(field), prefix))
        return last

    def _matching(self, resource: str, where: Where) -> Iterator[StoredRecord]:
        planned = self._planned.get(resource, {})
        for record in self._base.find(resource, where):
            key = self._key_of(resource, record)
            if key not in planned and (resource, key) != self._hidden:
                yield record
        for key, record in planned.items():
            if (resource, key) != self._hidden and matches(record, where):
                yield record

    def _key_of(self, resource: str, record: StoredRecord) -> object:
        return record.get(self._keys[resource])


def matches(record: StoredRecord, where: Where) -> bool:
    """Whether a record fits an equality map; a list as value means any of them."""
    return all(_equals_any(record.get(name), wanted) for name, wanted in where.items())


def _equals_any(value: object, wanted: object) -> bool:
    if isinstance(wanted, list | tuple):
        return any(same(value, option) for option in wanted) or value == wanted
    return same(value, wanted)


def same(one: object, other: object) -> bool:
    """Whether two values of one field are equal; true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def sequence_number(value: object, prefix: str) -> int:
    """Return the number that a generated value carries after its prefix, 0 if it is none."""
    if isinstance(value, int) and not isinstance(value, bool) and not prefix:
        return value
    if not isinstance(value, str) or not value.startswith(prefix):
        return 0
    digits = value[len(prefix) :]
    is_number = len(digits) <= _MOST_DIGITS and digits.isascii() and digits.isdigit()
    return int(digits) if is_number else 0


def sort_key(value: object) -> tuple[str, object]:
    """What values of any types are put in order by, the same everywhere."""
    return (type(value).__name__, value)

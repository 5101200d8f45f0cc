"""The reading half of a transaction: its reads go through the store, hence see what it wrote; and its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rulewright.errors import AdapterError
from rulewright.ports import KeyedRecords, Records, StoredRecord, Where


class ReadingHalf:
    """Reads for as long as the transaction is open."""

    def __init__(self, reader: Records) -> None:
        """`reader`: the store, which knows the transaction of the thread."""
        self._reader = reader
        self._over = False

    def end(self) -> None:
        """Refuse whatever is asked from now on."""
        self._over = True

    def _check_open(self) -> None:
        """Raise AdapterError where the transaction is over."""
        if self._over:
            raise AdapterError("the transaction is over")

    def find(self, resource: str, where: Where, limit: int | None = None) -> Sequence[StoredRecord]:
        """Return the matching records, ordered by key."""
        self._check_open()
        return self._reader.find(resource, where, limit)

    def count(self, resource: str, where: Where) -> int:
        """Return how many records match."""
        self._check_open()
        return self._reader.count(resource, where)

    def extreme(self, resource: str, where: Where, field: str, which: Literal["min", "max"]) -> object:
        """Return the least or greatest non-null value of `field` among the matching records, or None."""
        self._check_open()
        return self._reader.extreme(resource, where, field, which)

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        """Return the largest number that `field` holds after `prefix` (0 where there is none)."""
        self._check_open()
        self._prepare_sequence(resource, field, prefix)
        return self._reader.last_in_sequence(resource, field, prefix)

    def _prepare_sequence(self, resource: str, field: str, prefix: str) -> None:
        """Make what keeps the question cheap, before it is asked."""


class KeyedReadingHalf(ReadingHalf):
    """The same of a store that finds many records by one question."""

    def __init__(self, reader: KeyedRecords) -> None:
        super().__init__(reader)
        self._keyed_reader = reader

    def find_each(
        self, resource: str, fields: tuple[str, ...], keys: Sequence[tuple[str | int, ...]]
    ) -> Sequence[StoredRecord]:
        """Return the records that have any of the keys, by one question; see `KeyedRecords.find_each`."""
        self._check_open()
        return self._keyed_reader.find_each(resource, fields, keys)

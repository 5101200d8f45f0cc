"""Answers of a store kept for a batch, whose payloads ask the same again and again; and asked by the many."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final, Literal

from rulewright.batch.forecast import Forecast
from rulewright.batch.kept import Kept, place_of
from rulewright.errors import AdapterError
from rulewright.ports import KeyedRecords, Records, StoredRecord, Table, Where

# Answers that are kept; when there are more, remembering starts anew.
_MOST: Final = 4_096


class RememberedRecords:
    """`Records` that answer as they did before, until they are told to `forget`. Nobody changes an answer.

    Where many records are found by one question (`reads_ahead`), it is asked before payloads are decided.
    """

    def __init__(self, records: Records, tables: Iterable[Table] = ()) -> None:
        """`tables`: of whose records many may be read ahead."""
        self.records = records
        self._answers: dict[Hashable, Any] = {}
        self._keyed = records if isinstance(records, KeyedRecords) else None
        self._tables = {table.resource: table for table in tables}
        # What is known of tables of which something was read ahead.
        self._tables_known: dict[str, Kept] = {}
        # How many keys that was.
        self._read = 0

    @property
    def reads_ahead(self) -> bool:
        """Whether it gains anything to know what will be asked."""
        return self._keyed is not None

    def forget(self) -> None:
        """Ask anew: the records may be others by now."""
        self._answers.clear()
        self._tables_known.clear()
        self._read = 0

    def foresee(self, forecast: Forecast, asked: Sequence[tuple[object, object]]) -> None:
        """Read what some payloads will look up, each given with the key of its record. See Forecast.read."""
        if self._read > _MOST:
            self._tables_known.clear()
            self._read = 0
        forecast.read(asked, self)

    def read_ahead(
        self, resource: str, fields: tuple[str, ...], keys: Sequence[tuple[str | int, ...]]
    ) -> None:
        """Read by one question what will be asked one by one: the records with these values in `fields`."""
        if self._keyed is None or resource not in self._tables:
            return
        known = self._tables_known.get(resource)
        if known is None:
            known = self._tables_known[resource] = Kept(self._keyed, self._tables[resource])
        # Nobody may ask for what can't be read; who does is told.
        with suppress(AdapterError):
            self._read += len(known.read_ahead(fields, keys))

    def find_known(self, resource: str, where: Where) -> Sequence[StoredRecord]:
        """As `find`, without asking the store. LookupError where it would have to be asked."""
        known = self._tables_known.get(resource)
        place = place_of(where.values())
        found = None if known is None or place is None else known.find_ahead((*where,), place)
        if found is None:
            key = ("find", resource, None, *_told_apart(where))
            found = self._answers.get(key)
        if found is None:
            raise LookupError
        return found

    def find(self, resource: str, where: Where, limit: int | None = None) -> Sequence[StoredRecord]:
        """See Records.find."""
        try:
            if len(where) == 1:
                # Most look-ups: a list for one pair takes longer than the rest.
                [(name, value)] = where.items()
                key: Hashable = "find", resource, limit, (name, value.__class__, value)
            else:
                key = "find", resource, limit, *_told_apart(where)
            found = self._answers.get(key)
        except TypeError:
            # A list of values can't be a key.
            return self._found(resource, where, limit)
        if found is None:
            found = self._kept(key, self._found(resource, where, limit))
        return [*found]

    def _found(self, resource: str, where: Where, limit: int | None) -> Sequence[StoredRecord]:
        known = self._tables_known.get(resource)
        if known is None:
            return self.records.find(resource, where, limit)
        return known.find(where, tuple(where), place_of(where.values()), limit)

    def count(self, resource: str, where: Where) -> int:
        """See Records.count."""
        try:
            key = "count", resource, *_told_apart(where)
            found: int | None = self._answers.get(key)
        except TypeError:
            return self.records.count(resource, where)
        if found is None:
            found = self._kept(key, self._counted(resource, where))
        return found

    def _counted(self, resource: str, where: Where) -> int:
        known = self._tables_known.get(resource)
        if known is None:
            return self.records.count(resource, where)
        return known.count(where, tuple(where), place_of(where.values()))

    def extreme(self, resource: str, where: Where, field: str, which: Literal["min", "max"]) -> object:
        """See Records.extreme."""
        return self.records.extreme(resource, where, field, which)

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        """See Records.last_in_sequence."""
        key = ("last", resource, field, prefix)
        found: int | None = self._answers.get(key)
        if found is None:
            found = self.records.last_in_sequence(resource, field, prefix)
            self._kept(key, found)
        return found

    def _kept(self, key: Hashable, answer: Any) -> Any:
        if len(self._answers) >= _MOST:
            self._answers.clear()
        self._answers[key] = answer
        return answer


def _told_apart(where: Where) -> list[tuple[str, type, object]]:
    """What is asked for; 1, 1.0 and true are equal, and not the same."""
    return [(name, value.__class__, value) for name, value in where.items()]

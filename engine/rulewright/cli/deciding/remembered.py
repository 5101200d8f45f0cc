"""Answers of a store kept for a batch, whose payloads ask the same again and again."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Final, Literal

from rulewright.ports import Records, StoredRecord, Where

# Answers that are kept; when there are more, remembering starts anew.
_MOST: Final = 4_096


class RememberedRecords:
    """`Records` that answer as they did before, until they are told to `forget`. Nobody changes an answer."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self._answers: dict[Hashable, Any] = {}

    def forget(self) -> None:
        """Ask anew: the records may be others by now."""
        self._answers.clear()

    def find(self, resource: str, where: Where, limit: int | None = None) -> Sequence[StoredRecord]:
        """See Records.find."""
        try:
            if len(where) == 1:
                # Most look-ups: a list for one pair takes longer than the rest.
                [(name, value)] = where.items()
                key: Hashable = "find", resource, limit, name, value.__class__, value
            else:
                key = "find", resource, limit, *_told_apart(where)
            found = self._answers.get(key)
        except TypeError:
            # A list of values can't be a key.
            return self.records.find(resource, where, limit)
        if found is None:
            found = self._kept(key, self.records.find(resource, where, limit))
        return [*found]

    def count(self, resource: str, where: Where) -> int:
        """See Records.count."""
        try:
            key = "count", resource, *_told_apart(where)
            found: int | None = self._answers.get(key)
        except TypeError:
            return self.records.count(resource, where)
        if found is None:
            found = self.records.count(resource, where)
            self._kept(key, found)
        return found

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

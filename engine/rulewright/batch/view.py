"""Records of one table by the values of some fields: what is stored and what is pending, in one step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final, cast

from rulewright.batch.pending import identity
from rulewright.evaluation.overlay import sort_key
from rulewright.ports import ColumnType, StoredRecord

_TYPES: Final[Mapping[ColumnType, type]] = MappingProxyType({"text": str, "integer": int, "boolean": bool})


class Fresh(list[StoredRecord]):
    """An answer with something pending in it: neither in order yet, nor as the store would give it."""

    __slots__ = ()


class Waiting(list[StoredRecord]):
    """Pending records of a value that the store was not asked about yet: no answer."""

    __slots__ = ()


class View:
    """Answers to equality by some fields, in whatever order they are named.

    An answer stands under the one value that is asked for, or under a tuple of several. Their types must be
    those of the columns: true is 1 to a dict.
    """

    __slots__ = ("fields", "gone", "known", "pick", "types")

    def __init__(
        self,
        fields: tuple[str, ...],
        types: tuple[type, ...],
        pending: Iterable[StoredRecord],
        replaced: Iterable[StoredRecord],
    ) -> None:
        """`pending`: records as they will be; `replaced`: those that are stored, as they are there."""
        self.fields = fields
        self.types: type | tuple[type, ...] = types[0] if len(types) == 1 else types
        # What stands for an answer, of a question or of a record that has all the fields.
        self.pick: Callable[[Mapping[str, Any]], Any] = itemgetter(*fields)
        # All records that have a value, pending ones too; or Waiting.
        self.known: dict[Any, Sequence[StoredRecord]] = {}
        # How many stored records of a value are updated.
        self.gone: Counter[Any] = Counter(map(self._value, replaced))
        for record in pending:
            self.add(record)

    def _value(self, record: StoredRecord) -> Any:
        fields = self.fields
        if len(fields) == 1:
            return record.get(fields[0])
        return tuple([record.get(name) for name in fields])

    def add(self, record: StoredRecord) -> None:
        """Note a new record."""
        try:
            value = self.pick(record)
        except KeyError:
            value = self._value(record)
        try:
            held = self.known.get(value)
        except TypeError:
            # A nested value, where the store will not take it.
            return
        if held is None:
            self.known[value] = Waiting((record,))
        elif held.__class__ is list or held.__class__ is tuple:
            self.known[value] = Fresh((*held, record))
        else:
            # Fresh or Waiting, which nobody was given.
            cast("list[StoredRecord]", held).append(record)

    def change(self, before: StoredRecord, after: StoredRecord, key: str, *, is_stored: bool) -> None:
        """Note an update of the record with a `key`; `is_stored`: until now it was as it is stored."""
        value, same = self._value(before), identity(before.get(key))
        try:
            held = self.known.get(value)
        except TypeError:
            self.add(after)
            return
        if is_stored:
            self.gone[value] += 1
        if held is not None:
            others = [one for one in held if identity(one.get(key)) != same]
            self.known[value] = Waiting(others) if held.__class__ is Waiting else Fresh(others)
        self.add(after)

    def learn(self, value: Any, stored: Sequence[StoredRecord]) -> Sequence[StoredRecord]:
        """Take in all that the store holds of a value, and nothing updates; gives what is pending, too.

        What is known of it already is the answer.
        """
        held = self.known.get(value)
        if held is None:
            self.known[value] = stored
            return stored
        if held.__class__ is not Waiting:
            return held
        answer = self.known[value] = Fresh((*stored, *held))
        return answer

    def learn_many(self, fields: tuple[str, ...], read: Mapping[Any, Sequence[StoredRecord]]) -> None:
        """As `learn` of each value, which is in the order of `fields`."""
        if not self.known and fields == self.fields:
            self.known = {**read}
            return
        for value, stored in read.items():
            asked = value if len(fields) == 1 else self.pick(dict(zip(fields, value, strict=True)))
            self.learn(asked, stored)


def types_of(fields: tuple[str, ...], kinds: Mapping[str, ColumnType]) -> tuple[type, ...] | None:
    """The types by whose values a view of these fields is asked; None where there can be none."""
    types = [_TYPES.get(kinds.get(field, "json")) for field in fields]
    return tuple(types) if types and None not in types else None  # type: ignore[arg-type]  # no None in it


def settled(fresh: Fresh, key: str, as_kept: Callable[[StoredRecord], StoredRecord]) -> list[StoredRecord]:
    """The records as the store will give them back, by key."""
    records = [as_kept(record) for record in fresh]
    if len(records) > 1:
        records.sort(key=lambda record: sort_key(record.get(key)))
    return records

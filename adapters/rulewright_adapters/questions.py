"""What the SQL of a resource has in common, whatever the database: how a Where becomes tests and bound
values, how records become rows.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Literal

from rulewright.ports import ColumnType, StoredRecord, Where
from rulewright_adapters.rows import Encoders, RowMaker, stay
from rulewright_adapters.shapes import Shape
from rulewright_adapters.values import MisfitError, match

# How one field is asked for: equal, null, one of a list, one of a list or null.
Test = Literal["equal", "null", "any", "any or null"]
Asked = tuple[tuple[str, Test], ...]


class Questions:
    """One resource's fields as SQL asks for them and binds them."""

    def __init__(self, shape: Shape, encoders: Encoders) -> None:
        """`encoders`: what is done to a value that is not nested before it is bound, by its kind."""
        self.shape = shape
        self.columns = tuple(shape.types)
        self._encoders = encoders
        self._rows = RowMaker(shape, encoders)

    @abstractmethod
    def encode(self, kind: ColumnType, value: object) -> object:
        """Return a fitted value as it is bound."""

    @abstractmethod
    def bound_list(self, held: list[object]) -> object:
        """Return several encoded values as the one that a test for any of them binds."""

    def ask(self, where: Where) -> tuple[Asked, list[object]] | None:
        """Return the tests and bound values of `where`; None where no record can match."""
        asked: list[tuple[str, Test]] = []
        bound: list[object] = []
        for field, value in where.items():
            kind = self.shape.type_of(field)
            test, bind = ("null", []) if value is None else self._asked_for(kind, value)
            if test is None:
                return None
            asked.append((field, test))
            bound.extend(bind)
        return tuple(asked), bound

    def encoded(self, fitted: StoredRecord) -> list[object]:
        """Return fitted values as they are bound, in their order."""
        return [self.encode(self.shape.types[name], value) for name, value in fitted.items()]

    def row(self, fitted: StoredRecord) -> list[object]:
        """Return the values to bind for a new record that fits."""
        return [self.encode(kind, fitted.get(name)) for name, kind in self.shape.types.items()]

    def rows(self, records: Sequence[StoredRecord]) -> list[tuple[object, ...]]:
        """Return the values to bind for many new records. Raises AdapterError where one does not fit."""
        return self._rows.make(records)

    def update_row(self, key: object, values: StoredRecord) -> list[object]:
        """Return the values to bind to an update of these fields. Raises AdapterError where one does not fit.

        A key that no record can have is bound as null, which no key is.
        """
        question = None if isinstance(key, (list, tuple)) else self.ask({self.shape.table.key: key})
        found = question[1] if question is not None and question[1] else [None]
        return [*self.encoded(self.shape.fitted(values)), *found]

    def key_columns(
        self, fields: tuple[str, ...], keys: Sequence[tuple[str | int, ...]]
    ) -> list[list[object]]:
        """Return the encoded values of keys by column, without keys that no record can have."""
        kinds = [self.shape.type_of(field) for field in fields]
        columns = [*zip(*keys, strict=True)]
        if all(map(stay, kinds, columns)):
            return [
                [*map(self._encoders.get(kind, _same), column)]
                for kind, column in zip(kinds, columns, strict=False)
            ]
        rows = []
        for key in keys:
            held = [self._matches(kind, [value]) for kind, value in zip(kinds, key, strict=True)]
            if all(held):
                rows.append([one[0] for one in held])
        return [list(column) for column in zip(*rows, strict=True)]

    def _asked_for(self, kind: ColumnType, value: object) -> tuple[Test | None, list[object]]:
        if not isinstance(value, (list, tuple)):
            held = self._matches(kind, [value])
            return ("equal", held) if held else (None, [])
        held = self._matches(kind, value)
        null = any(item is None for item in value)
        if not held:
            return ("null", []) if null else (None, [])
        if len(held) == 1 and not null:
            return "equal", held
        return ("any or null" if null else "any"), [self.bound_list(held)]

    def _matches(self, kind: ColumnType, values: Iterable[object]) -> list[object]:
        """Return what to compare a column with; what it could never hold is left out."""
        held = []
        for value in values:
            try:
                if value is not None:
                    held.append(self.encode(kind, match(kind, value)))
            except MisfitError:
                continue
        return held


def _same(value: object) -> object:
    return value

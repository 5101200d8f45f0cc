"""Many records as rows of bound values, worked out column by column.

What `Shape.fitted` asks of each value is asked here of a whole column by a few calls that run in C; only a
column that holds something rarer is looked at value by value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import isfinite
from operator import itemgetter
from types import MappingProxyType, NoneType
from typing import Any

from rulewright.ports import INT64_MAX, INT64_MIN, ColumnType, StoredRecord
from rulewright_adapters.shapes import Shape
from rulewright_adapters.values import FITTERS, MisfitError, canonical

_Column = Sequence[Any]
Encoders = Mapping[ColumnType, Callable[[Any], object]]


class RowMaker:
    """Makes the rows of one table. `encoders`: what is done to a fitted value of a kind to bind it."""

    def __init__(self, shape: Shape, encoders: Encoders) -> None:
        self._shape = shape
        self._names = tuple(shape.types)
        self._known = frozenset(shape.types)
        self._pick = itemgetter(*self._names)
        self._plan = tuple((kind, encoders.get(kind)) for kind in shape.types.values())
        self._key = self._names.index(shape.table.key)

    def make(self, records: Sequence[StoredRecord]) -> list[tuple[object, ...]]:
        """Return rows by the table's columns. Raises AdapterError where a record does not fit."""
        rows = self._rows(records)
        columns: list[_Column] = [*zip(*rows, strict=True)] if rows is not None else []
        if rows is None or None in columns[self._key]:
            return self._one_by_one(records)
        is_same = True
        made: list[_Column] = []
        for (kind, encoder), values in zip(self._plan, columns, strict=True):
            held = _COLUMNS[kind](values)
            if held is None:
                return self._one_by_one(records)
            if encoder is not None and kind != "json":
                held = [None if value is None else encoder(value) for value in held]
            is_same = is_same and held is values
            made.append(held)
        return rows if is_same else list(zip(*made, strict=True))

    def _rows(self, records: Sequence[StoredRecord]) -> list[tuple[object, ...]] | None:
        """Return the values by record; None where one has a field that the table has not."""
        if len(self._names) == 1 or not records:
            return None
        width = len(self._names)
        try:
            rows = [*map(self._pick, records)]
        except KeyError:
            known, names = self._known, self._names
            if not all(map(known.issuperset, records)):
                return None
            return [tuple(map(record.get, names)) for record in records]
        return rows if {*map(len, records)} == {width} else None

    def _one_by_one(self, records: Sequence[StoredRecord]) -> list[tuple[object, ...]]:
        return [tuple(self._row(self._shape.keyed(record))) for record in records]

    def _row(self, fitted: StoredRecord) -> list[object]:
        row: list[object] = []
        for name, (kind, encoder) in zip(self._names, self._plan, strict=True):
            value = fitted.get(name)
            if value is None:
                row.append(None)
            elif kind == "json":
                row.append(canonical(value))
            else:
                row.append(encoder(value) if encoder is not None else value)
        return row


def stay(kind: ColumnType, values: Sequence[Any]) -> bool:
    """Whether values surely fit a column of a kind, and are kept there as they are."""
    return kind in ("text", "integer") and _COLUMNS[kind](values) is not None


def _texts(values: _Column) -> _Column | None:
    types = {*map(type, values)}
    if not _TEXT.issuperset(types):
        return None
    joined = "".join(filter(None, values) if NoneType in types else values)
    return values if joined.isascii() and "\0" not in joined else _each(FITTERS["text"], values)


def _integers(values: _Column) -> _Column | None:
    types = {*map(type, values)}
    if not _INTEGER.issuperset(types):
        return None
    given = _given(values, types)
    return values if not given or (min(given) >= INT64_MIN and max(given) <= INT64_MAX) else None


def _numbers(values: _Column) -> _Column | None:
    types = {*map(type, values)}
    if not _NUMBER.issuperset(types) or 0.0 in values:
        # Whole numbers become floats, and minus zero becomes zero.
        return _each(FITTERS["number"], values)
    return values if all(map(isfinite, _given(values, types))) else None


def _given(values: _Column, types: Collection[type]) -> _Column:
    """The values that are not null; `types` are those of all."""
    if NoneType not in types:
        return values
    return [value for value in values if value is not None] if len(types) > 1 else ()


def _booleans(values: _Column) -> _Column | None:
    return values if _BOOLEAN.issuperset({*map(type, values)}) else None


def _each(fit: Callable[[object], object], values: _Column) -> _Column | None:
    try:
        return [None if value is None else fit(value) for value in values]
    except MisfitError:
        # Which record and field it was is told when they are looked at one by one.
        return None


def _json_texts(values: _Column) -> _Column | None:
    from rulewright_adapters.canonical_texts import texts_of  # noqa: PLC0415 - msgspec takes its time

    try:
        return texts_of(values)
    except MisfitError:
        return None


_TEXT, _INTEGER = frozenset({str, NoneType}), frozenset({int, NoneType})
_NUMBER, _BOOLEAN = frozenset({float, NoneType}), frozenset({bool, NoneType})
_COLUMNS: Mapping[ColumnType, Callable[[_Column], _Column | None]] = MappingProxyType(
    {
        "text": _texts,
        "integer": _integers,
        "number": _numbers,
        "boolean": _booleans,
        "json": _json_texts,
    }
)

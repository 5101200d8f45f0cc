"""A table of cells to payloads: the header row says which field each column holds.

`address.postcode` is a field within the object `address`. A header that names no field is passed on as
it stands, so that the rules refuse the payloads that fill it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

from msgspec import Struct

from rulewright.compiled import CompiledField
from rulewright.errors import PayloadError
from rulewright.inputs.cells import is_empty, read_cell, shown
from rulewright.inputs.payload import Broken, Item, Payload
from rulewright.inputs.table_place import TablePlace

Fields = Mapping[str, CompiledField]
_Steps = tuple[str, ...]


class Row(Struct, frozen=True):
    """One row as it was read. `line` counts from 1, as editors and spreadsheets count.

    `flaw` is the first cell that can't be read, from 0, and why.
    """

    line: int
    cells: Sequence[object]
    flaw: tuple[int, str] | None = None


class _Column(Struct, frozen=True):
    index: int
    steps: _Steps
    field: CompiledField | None


def read_table(place: TablePlace, rows: Iterable[Row | Broken], fields: Fields) -> Iterator[Item]:
    """The payloads of a table whose first row is the header. Raises PayloadError for a wrong header."""
    waiting = iter(rows)
    header = next(waiting, None)
    if header is None:
        return
    if isinstance(header, Broken):
        raise PayloadError(header.message, header.at)
    if header.flaw is not None:
        raise PayloadError(header.flaw[1], place(header.line, header.flaw[0]))
    columns = _columns(place, header, fields)
    by_steps = {column.steps: column.index for column in columns}
    for row in waiting:
        if isinstance(row, Broken):
            yield row
        elif any(not is_empty(cell) for cell in row.cells):
            yield _payload(place, row, columns, by_steps)


def _columns(place: TablePlace, header: Row, fields: Fields) -> tuple[_Column, ...]:
    found: dict[_Steps, _Column] = {}
    for index, cell in enumerate(header.cells):
        name = str(read_cell(cell, None)).strip() if not is_empty(cell) else ""
        if not name:
            continue
        steps, field = _find(name, fields)
        if steps in found:
            raise PayloadError(f"two columns are named {shown(name)}", place(header.line, index))
        found[steps] = _Column(index, steps, field)
    for steps, column in found.items():
        above = next((steps[:size] for size in range(1, len(steps)) if steps[:size] in found), None)
        if above is not None:
            message = f"{'.'.join(steps)} is part of {'.'.join(above)}, which has a column of its own"
            raise PayloadError(message, place(header.line, column.index))
    columns = tuple(found.values())
    if columns and fields and not any(column.steps[0] in fields for column in columns):
        # A title above the table, or a line for spreadsheets (sep=;): every row would be refused, one by one.
        message = "no header is a field of the resource; the first row must name the fields"
        raise PayloadError(message, place(header.line, columns[0].index))
    return columns


def _find(name: str, fields: Fields) -> tuple[_Steps, CompiledField | None]:
    """The field that a header names; dots lead into objects and maps that are declared."""
    steps: list[str] = []
    rest, below = name, fields
    while True:
        if rest in below or not below:
            return (*steps, rest), below.get(rest)
        first, dot, after = rest.partition(".")
        field = below.get(first)
        if not dot or field is None or field.type.name not in ("object", "map"):
            return (*steps, rest), None
        steps.append(first)
        rest = after
        if field.type.name == "map":
            return (*steps, rest), field.items
        below = {child.name: child for child in field.children}


def _payload(place: TablePlace, row: Row, columns: Sequence[_Column], by_steps: Mapping[_Steps, int]) -> Item:
    if row.flaw is not None:
        return Broken("invalid_json", row.flaw[1], place(row.line, row.flaw[0]), _as_list(row))
    named = {column.index for column in columns}
    for index, cell in enumerate(row.cells):
        if index not in named and not is_empty(cell):
            message = "this cell stands in a column without a header"
            return Broken("invalid_json", message, place(row.line, index), _as_list(row))
    value: dict[str, object] = {}
    for column in columns:
        cell = row.cells[column.index] if column.index < len(row.cells) else None
        if not is_empty(cell):
            _put(value, column.steps, read_cell(cell, column.field))
    first = min(named, default=0)
    return Payload(value, place(row.line, first), partial(_locate, place, row.line, by_steps))


def _as_list(row: Row) -> bytes:
    """The cells of a row that is no payload, as JSON."""
    cells = ["" if is_empty(cell) else read_cell(cell, None) for cell in row.cells]
    return json.dumps(cells, ensure_ascii=False).encode("utf-8", "surrogateescape")


def _put(value: dict[str, object], steps: _Steps, cell: object) -> None:
    for step in steps[:-1]:
        below = value.setdefault(step, {})
        assert isinstance(below, dict), "no column stands for a part of another"
        value = below
    value[steps[-1]] = cell


def _locate(
    place: TablePlace, line: int, by_steps: Mapping[_Steps, int], pointers: Collection[str]
) -> Mapping[str, str]:
    return {pointer: place(line, _index(pointer, by_steps)) for pointer in pointers}


def _index(pointer: str, by_steps: Mapping[_Steps, int]) -> int:
    """The column of a value, of what holds it, or else of the first part of it."""
    steps = tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])
    for size in range(len(steps), 0, -1):
        if steps[:size] in by_steps:
            return by_steps[steps[:size]]
    parts = (index for known, index in by_steps.items() if steps and known[: len(steps)] == steps)
    return min(parts, default=min(by_steps.values(), default=0))

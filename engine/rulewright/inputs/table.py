"""A table of cells to payloads: the header row says which field each column holds.

`address.postcode` is a field within the object `address`. A header that names no field is passed on as
it stands, so that the rules refuse the payloads that fill it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial

from msgspec import Struct

from rulewright.compiled import CompiledField
from rulewright.errors import PayloadError
from rulewright.inputs.cells import is_empty, read_cell, shown, text_reader
from rulewright.inputs.limits import MAX_VALUES
from rulewright.inputs.payload import Broken, Item, Payload, bound_values
from rulewright.inputs.table_place import TablePlace
from rulewright.pointers import steps_of

Fields = Mapping[str, CompiledField]
# Takes what somebody should know who reads the table, but no payload is about.
Tell = Callable[[str], None]
_Steps = tuple[str, ...]
# What a cell holds as JSON, by the type of its field.
_AS_JSON = {"list": '["a", "b"]', "object": '{"a": 1}', "map": '{"a": 1}'}
_SPOKEN = {"list": "a list", "object": "an object", "map": "a map"}


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
    read_text: Callable[[object], object] | None


class _Table(Struct, frozen=True):
    """What a header says. `width` are its cells, `unnamed` those of them that name nothing."""

    place: TablePlace
    columns: tuple[_Column, ...]
    by_steps: Mapping[_Steps, int]
    width: int
    unnamed: tuple[int, ...]
    first: int


def read_table(
    place: TablePlace, rows: Iterable[Row | Broken], fields: Fields, tell: Tell | None = None
) -> Iterator[Item]:
    """The payloads of a table whose first row is the header. Raises PayloadError for a wrong header.

    Headers that name no field are told once to `tell`, with their places, and so is the first cell of a
    column that should hold a list or an object and holds no JSON.
    """
    waiting = iter(rows)
    header = _header(place, waiting)
    if header is None:
        return
    table = _table(place, header, fields)
    untold: list[_Column] = []
    if tell is not None:
        _tell_of_unknown(table, header, fields, tell)
        untold = [one for one in table.columns if one.field is not None and one.field.type.basic in _AS_JSON]
    for row in waiting:
        if isinstance(row, Broken):
            yield row
        elif any(not is_empty(cell) for cell in row.cells):
            if untold and tell is not None:
                untold = [one for one in untold if not _told_as_json(place, row, one, tell)]
            yield _payload(table, row)


def _header(place: TablePlace, rows: Iterator[Row | Broken]) -> Row | None:
    """The first row, None where there is none. Raises PayloadError where it can't be read."""
    header = next(rows, None)
    if isinstance(header, Broken):
        raise PayloadError(header.message, header.at)
    if header is not None and header.flaw is not None:
        raise PayloadError(header.flaw[1], place(header.line, header.flaw[0]))
    return header


def _tell_of_unknown(table: _Table, header: Row, fields: Fields, tell: Tell) -> None:
    for column in table.columns:
        if (known := _instead(column.steps, fields)) is not None:
            tell(f"{table.place(header.line, column.index)}: {_told(column.steps, known)}")


def _told_as_json(place: TablePlace, row: Row, column: _Column, tell: Tell) -> bool:
    """Whether the column's cell is no JSON though it has to be; how it is written is told then."""
    cell = row.cells[column.index] if column.index < len(row.cells) else None
    field = column.field
    if field is None or is_empty(cell) or not isinstance(read_cell(cell, field), str):
        return False
    name, kind = ".".join(column.steps), field.type.basic
    parts = (
        f", or columns of their own hold its parts: {name}.{field.children[0].name}" if field.children else ""
    )
    how = f"{name} is {_SPOKEN[kind]}, which a cell holds as JSON, like {_AS_JSON[kind]}{parts}"
    tell(f"{place(row.line, column.index)}: {how}")
    return True


def _table(place: TablePlace, header: Row, fields: Fields) -> _Table:
    columns = _columns(place, header, fields)
    named = {column.index for column in columns}
    width = len(header.cells)
    return _Table(
        place,
        columns,
        {column.steps: column.index for column in columns},
        width,
        tuple(index for index in range(width) if index not in named),
        min(named, default=0),
    )


def _columns(place: TablePlace, header: Row, fields: Fields) -> tuple[_Column, ...]:
    found: dict[_Steps, _Column] = {}
    for index, cell in enumerate(header.cells):
        name = str(read_cell(cell, None)).strip() if not is_empty(cell) else ""
        if not name:
            continue
        steps, field = _find(name, fields)
        if steps in found:
            raise PayloadError(f"two columns are named {shown(name)}", place(header.line, index))
        found[steps] = _Column(index, steps, field, text_reader(field))
    for steps, column in found.items():
        above = next((steps[:size] for size in range(1, len(steps)) if steps[:size] in found), None)
        if above is not None:
            message = f"{'.'.join(steps)} is part of {'.'.join(above)}, which has a column of its own"
            raise PayloadError(message, place(header.line, column.index))
    columns = tuple(found.values())
    if columns and fields and not any(column.steps[0] in fields for column in columns):
        # A title above the table, or a line for spreadsheets (sep=;): every row would be refused, one by one.
        message = "no header is a field of the resource; the first row must name the fields"
        raise PayloadError(message + _meant(columns, fields), place(header.line, columns[0].index))
    return columns


def _instead(steps: _Steps, fields: Fields) -> Fields | None:
    """The fields of which a header names none; None where it names one, or where any name may stand."""
    below = fields
    for step in steps:
        if below and step not in below:
            return below
        field = below.get(step)
        if field is None or field.type.name == "map":
            return None
        below = {child.name: child for child in field.children}
    return None


def _told(steps: _Steps, known: Fields) -> str:
    near = _meant_by(steps[-1], known) or next(iter(get_close_matches(steps[-1], known, n=1)), None)
    hint = f"; did you mean {'.'.join((*steps[:-1], near))}?" if near is not None else ""
    return f"the header {shown('.'.join(steps))} is no field of the resource{hint}"


def _meant_by(name: str, fields: Fields) -> str | None:
    """The field that a header such as `First Name` means, as people write them above a table."""
    plain = "_".join(name.casefold().split())
    return next((field for field in fields if field.casefold() == plain), None)


def _meant(columns: Iterable[_Column], fields: Fields) -> str:
    """A hint for a header that only looks otherwise than its field."""
    for column in columns:
        name = column.steps[0]
        if (meant := _meant_by(name, fields)) is not None:
            return f" as the rules do: {meant}, not {shown(name)}"
    return ""


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


def _payload(table: _Table, row: Row) -> Item:
    place, cells = table.place, row.cells
    if row.flaw is not None:
        return Broken("invalid_json", row.flaw[1], place(row.line, row.flaw[0]), _as_list(row))
    if (stray := _stray(table, cells)) is not None:
        message = "this cell stands in a column without a header"
        return Broken("invalid_json", message, place(row.line, stray), _as_list(row))
    if len(cells) < table.width:
        cells = [*cells, *[None] * (table.width - len(cells))]
    value: dict[str, object] = {}
    for column in table.columns:
        cell = cells[column.index]
        if cell is None or cell == "":
            continue
        if cell.__class__ is not str:
            cell = read_cell(cell, column.field)
        elif column.read_text is not None:
            cell = column.read_text(cell)
        if len(column.steps) == 1:
            value[column.steps[0]] = cell
        else:
            _put(value, column.steps, cell)
    payload = Payload(value, place(row.line, table.first), partial(_locate, place, row.line, table.by_steps))
    # A cell of JSON is bounded by itself.
    return payload if len(cells) <= MAX_VALUES else bound_values(payload)


def _stray(table: _Table, cells: Sequence[object]) -> int | None:
    """The first cell with something in it in a column without a header."""
    if not table.unnamed and len(cells) <= table.width:
        return None
    others = (*table.unnamed, *range(table.width, len(cells)))
    return next((index for index in others if index < len(cells) and not is_empty(cells[index])), None)


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
    steps = tuple(steps_of(pointer))
    for size in range(len(steps), 0, -1):
        if steps[:size] in by_steps:
            return by_steps[steps[:size]]
    parts = (index for known, index in by_steps.items() if steps and known[: len(steps)] == steps)
    return min(parts, default=min(by_steps.values(), default=0))

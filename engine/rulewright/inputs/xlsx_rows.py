"""The rows of a sheet of an XLSX workbook.

python-calamine reads a workbook whole, and makes a cell of every place up to the last that is filled. So both
are bounded before it starts; rows are handed out one by one.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from rulewright.errors import PayloadError
from rulewright.inputs.limits import MAX_DOCUMENT_BYTES
from rulewright.inputs.table import Row
from rulewright.inputs.table_place import column_index
from rulewright.inputs.xlsx_flaws import Flaw, Flaws, find_flaws
from rulewright.inputs.xlsx_parts import opened_parts

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

# What the parts of a workbook may unpack to: a few kilobytes can hold gigabytes of one letter.
_MAX_UNPACKED: Final = 3 * MAX_DOCUMENT_BYTES
# One cell far away would take memory for all those before it.
_MAX_CELLS: Final = 20_000_000
_PLACE: Final = re.compile(rb"""\sr\s*=\s*["']([A-Z]{0,3})([0-9]{1,7})["']""")
_BLOCK: Final = 1 << 20
_LONGEST_PLACE: Final = 64


class Sheet(Struct, frozen=True):
    """The one sheet that payloads are read from."""

    name: str
    content: CalamineSheet
    flaws: Flaws

    @property
    def is_filled(self) -> bool:
        """Whether there is anything in it."""
        return self.content.start is not None or bool(self.flaws)

    def rows(self) -> Iterator[Row]:
        """Every row, the empty ones too; cells start with column A."""
        start = self.content.start
        before: list[object] = [""] * start[1] if start is not None else []
        started = False
        last = 0
        for last, filled in enumerate(self.content.iter_rows() if start is not None else (), start=1):
            row = self._row(last, [*before, *filled])
            # The header is the first row that holds anything.
            started = started or row.flaw is not None or any(cell != "" for cell in row.cells)
            if started:
                yield row
        for line in sorted(self.flaws):
            if line > last and (row := self._row(line, [])).flaw is not None:
                yield row

    def _row(self, line: int, cells: list[object]) -> Row:
        """A row with what its cells without a value show; errors do not make a row of an empty one."""
        flaws = self.flaws.get(line)
        if not flaws or (
            all(one.is_error for one in flaws.values()) and not any(cell != "" for cell in cells)
        ):
            return Row(line, cells)
        cells += [""] * (max(flaws) + 1 - len(cells))
        for index, flaw in flaws.items():
            cells[index] = flaw.shown
        first = min(flaws)
        return Row(line, cells, (first, flaws[first].message))


def _is_written(flaws: Mapping[int, Flaw]) -> bool:
    """Whether one of a row's cells was filled by somebody: formulas that were drawn down show errors."""
    return any(not one.is_error for one in flaws.values())


def open_sheet(name: str, data: bytes, wanted: str | None) -> Sheet:
    """The sheet that was named, else the only visible one that holds anything. Raises PayloadError."""
    workbook = _open(name, data)
    if wanted is not None:
        if wanted not in workbook.sheet_names:
            near = get_close_matches(wanted, workbook.sheet_names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has: {', '.join(workbook.sheet_names)}"
            raise PayloadError(f"there is no sheet {wanted}; {hint}", name)
        return Sheet(wanted, _content(name, workbook, wanted), find_flaws(name, data, wanted))
    filled = [sheet for sheet in _visible(name, workbook, data) if sheet.is_filled]
    if not filled:
        raise PayloadError("no sheet of this workbook holds anything", name)
    if len(filled) > 1:
        names = ", ".join(sheet.name for sheet in filled)
        message = f"several sheets hold something ({names}); name one, like {name}:{filled[0].name}"
        raise PayloadError(message, name)
    return filled[0]


def _visible(name: str, workbook: CalamineWorkbook, data: bytes) -> Iterator[Sheet]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum  # noqa: PLC0415 - loaded by now

    for sheet in workbook.sheets_metadata:
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet:
            yield Sheet(sheet.name, _content(name, workbook, sheet.name), find_flaws(name, data, sheet.name))


def _content(name: str, workbook: CalamineWorkbook, sheet: str) -> CalamineSheet:
    from python_calamine import CalamineError  # noqa: PLC0415 - loaded by now

    try:
        return workbook.get_sheet_by_name(sheet)
    except CalamineError as error:
        raise PayloadError(
            f"the sheet {sheet} can't be read: {error}; save it anew, or as CSV", name
        ) from None


def _open(name: str, data: bytes) -> CalamineWorkbook:
    try:
        from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - an extra, heavy
    except ImportError:
        raise PayloadError("XLSX files need an extra: pip install 'rulewright[excel]'", name) from None
    _bound(name, data)
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data))
    except CalamineError as error:
        raise PayloadError(f"this is no XLSX workbook: {error}", name) from None


def _bound(name: str, data: bytes) -> None:
    with opened_parts(name, data) as parts:
        unpacked = sum(part.file_size for part in parts.infolist())
        if len(data) > MAX_DOCUMENT_BYTES or unpacked > _MAX_UNPACKED:
            raise PayloadError("the workbook is too large; save it as CSV, which streams", name)
        if any(_cells(parts, part) > _MAX_CELLS for part in parts.infolist()):
            message = "a cell is filled that is too far from the first; delete it, or save the sheet as CSV"
            raise PayloadError(message, name)


def _cells(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """How many cells a sheet spans from A1 on; 0 for a part that is none."""
    columns, rows, kept = 1, 0, b""
    with parts.open(part) as content:
        while block := content.read(_BLOCK):
            if not kept and b"worksheet" not in block[:4096]:
                return 0
            for letters, digits in _PLACE.findall(kept + block):
                rows = max(rows, int(digits))
                columns = max(columns, column_index(letters.decode()) + 1)
            kept = block[-_LONGEST_PLACE:]
    return columns * rows

"""The rows of a sheet of an XLSX workbook.

python-calamine makes a cell of every place of a sheet up to the last that is filled. So that is bounded
before it starts; large sheets are read piece by piece, and rows are handed out one by one.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from heapq import merge
from operator import itemgetter
from typing import TYPE_CHECKING, BinaryIO, Final

from msgspec import Struct

from rulewright.errors import PayloadError
from rulewright.inputs.limits import MAX_DOCUMENT_BYTES
from rulewright.inputs.table import Row
from rulewright.inputs.table_place import column_index
from rulewright.inputs.xlsx_flaws import Flaws, find_flaws
from rulewright.inputs.xlsx_parts import opened_parts
from rulewright.inputs.xlsx_pieces import read_pieces

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

# What the parts of a workbook may unpack to: a few kilobytes can hold gigabytes of one letter.
_MAX_UNPACKED: Final = 3 * MAX_DOCUMENT_BYTES
# One cell far away would take memory for all those before it.
_MAX_CELLS: Final = 20_000_000
_PLACE: Final = re.compile(rb"""\sr\s*=\s*["']([A-Z]{0,3})([0-9]{1,7})["']""")
_BLOCK: Final = 1 << 20
_LONGEST_PLACE: Final = 64


# A row by its number from 1.
_Cells = tuple[int, list[object]]


class Sheet(Struct, frozen=True):
    """The one sheet that payloads are read from."""

    name: str
    pieces: Iterable[CalamineSheet]
    flaws: Flaws

    @property
    def is_filled(self) -> bool:
        """Whether there is anything in it."""
        return bool(self.flaws) or any(piece.start is not None for piece in self.pieces)

    def rows(self) -> Iterator[Row]:
        """The rows that hold anything, also where that is only flawed; cells start with column A."""
        flawed: Iterator[_Cells] = ((line, []) for line in sorted(self.flaws))
        last = 0
        for line, cells in merge(self._filled(), flawed, key=itemgetter(0)):
            if line == last:
                continue
            row, last = self._row(line, cells), line
            if row.flaw is not None or any(cell != "" for cell in row.cells):
                yield row

    def _filled(self) -> Iterator[_Cells]:
        """The rows that python-calamine finds."""
        for piece in self.pieces:
            if piece.start is not None:
                line, column = piece.start
                before: list[object] = [""] * column
                for number, cells in enumerate(piece.to_python(), start=line + 1):
                    yield number, [*before, *cells]

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


def open_sheet(name: str, book: BinaryIO, wanted: str | None) -> Sheet:
    """The sheet that was named, else the only visible one that holds anything. Raises PayloadError."""
    workbook = _open(name, book)
    if wanted is not None:
        if wanted not in workbook.sheet_names:
            near = get_close_matches(wanted, workbook.sheet_names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has: {', '.join(workbook.sheet_names)}"
            raise PayloadError(f"there is no sheet {wanted}; {hint}", name)
        return _sheet(name, book, workbook, wanted)
    filled = [sheet for sheet in _visible(name, workbook, book) if sheet.is_filled]
    if not filled:
        raise PayloadError("no sheet of this workbook holds anything", name)
    if len(filled) > 1:
        names = ", ".join(sheet.name for sheet in filled)
        message = f"several sheets hold something ({names}); name one, like {name}:{filled[0].name}"
        raise PayloadError(message, name)
    return filled[0]


def _visible(name: str, workbook: CalamineWorkbook, book: BinaryIO) -> Iterator[Sheet]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum  # noqa: PLC0415 - loaded by now

    for sheet in workbook.sheets_metadata:
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet:
            yield _sheet(name, book, workbook, sheet.name)


def _sheet(name: str, book: BinaryIO, workbook: CalamineWorkbook, sheet: str) -> Sheet:
    return Sheet(sheet, read_pieces(name, book, workbook, sheet), find_flaws(name, book, sheet))


def _open(name: str, book: BinaryIO) -> CalamineWorkbook:
    try:
        from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - an extra, heavy
    except ImportError:
        raise PayloadError("XLSX files need an extra: pip install 'rulewright[excel]'", name) from None
    _bound(name, book)
    try:
        book.seek(0)
        return CalamineWorkbook.from_filelike(book)
    except CalamineError as error:
        raise PayloadError(f"this is no XLSX workbook: {error}", name) from None


def _bound(name: str, book: BinaryIO) -> None:
    with opened_parts(name, book) as parts:
        unpacked = sum(part.file_size for part in parts.infolist())
        if book.seek(0, io.SEEK_END) > MAX_DOCUMENT_BYTES or unpacked > _MAX_UNPACKED:
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

"""The rows of a sheet of an XLSX workbook.

Each part of a workbook is surveyed before python-calamine starts: how far its cells go is bounded, and large
sheets are read piece by piece. Rows are handed out one by one.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from heapq import merge
from operator import itemgetter
from typing import TYPE_CHECKING, BinaryIO, Final

from msgspec import Struct

from rulewright.errors import PayloadError
from rulewright.inputs.limits import MAX_DOCUMENT_BYTES
from rulewright.inputs.table import Row
from rulewright.inputs.xlsx_flaws import Flaws, find_flaws
from rulewright.inputs.xlsx_parts import opened_parts, part_of
from rulewright.inputs.xlsx_pieces import read_pieces
from rulewright.inputs.xlsx_survey import Survey, survey

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

# What the parts of a workbook may unpack to: a few kilobytes can hold gigabytes of one letter.
_MAX_UNPACKED: Final = 3 * MAX_DOCUMENT_BYTES
# What python-calamine reads, too, without any of the bounds here.
_OTHER_FORMATS: Final = {
    "content.xml": "an OpenDocument spreadsheet",
    "xl/workbook.bin": "a binary workbook (XLSB)",
}


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


class _Workbook(Struct, frozen=True):
    """A workbook that was surveyed: what was found of each of its parts."""

    name: str
    file: BinaryIO
    calamine: CalamineWorkbook
    surveys: Mapping[str, Survey]

    def sheet(self, title: str) -> Sheet:
        """One of its sheets. Raises PayloadError."""
        with opened_parts(self.name, self.file) as parts:
            part = part_of(parts, title)
        found = self.surveys.get(part) if part is not None else None
        pieces = read_pieces(self.name, self.file, self.calamine, title, part, found)
        if part is None or found is None or not found.may_have_flaws:
            return Sheet(title, pieces, {})
        return Sheet(title, pieces, find_flaws(self.name, self.file, part))


def open_sheet(name: str, file: BinaryIO, wanted: str | None) -> Sheet:
    """The sheet that was named, else the only visible one that holds anything. Raises PayloadError."""
    workbook = _open(name, file)
    if wanted is not None:
        titles = workbook.calamine.sheet_names
        if wanted not in titles:
            near = get_close_matches(wanted, titles, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has: {', '.join(titles)}"
            raise PayloadError(f"there is no sheet {wanted}; {hint}", name)
        return workbook.sheet(wanted)
    filled = [sheet for sheet in map(workbook.sheet, _visible(workbook.calamine)) if sheet.is_filled]
    if not filled:
        raise PayloadError("no sheet of this workbook holds anything", name)
    if len(filled) > 1:
        names = ", ".join(sheet.name for sheet in filled)
        message = f"several sheets hold something ({names}); name one, like {name}:{filled[0].name}"
        raise PayloadError(message, name)
    return filled[0]


def _visible(workbook: CalamineWorkbook) -> Iterator[str]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum  # noqa: PLC0415 - loaded by now

    for sheet in workbook.sheets_metadata:
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet:
            yield sheet.name


def _open(name: str, file: BinaryIO) -> _Workbook:
    try:
        from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - an extra, heavy
    except ImportError:
        raise PayloadError("XLSX files need an extra: pip install 'rulewright[excel]'", name) from None
    surveys = _survey(name, file)
    try:
        file.seek(0)
        return _Workbook(name, file, CalamineWorkbook.from_filelike(file), surveys)
    except CalamineError as error:
        raise PayloadError(f"this is no XLSX workbook: {error}", name) from None


def _survey(name: str, file: BinaryIO) -> Mapping[str, Survey]:
    """What is found of each part. Raises PayloadError where it is too large, or none of ours."""
    with opened_parts(name, file) as parts:
        for part, format_ in _OTHER_FORMATS.items():
            if part in parts.namelist():
                raise PayloadError(f"this is {format_}; save it as an XLSX workbook, or as CSV", name)
        unpacked = sum(part.file_size for part in parts.infolist())
        if file.seek(0, io.SEEK_END) > MAX_DOCUMENT_BYTES or unpacked > _MAX_UNPACKED:
            raise PayloadError("the workbook is too large; save it as CSV, which streams", name)
        surveys = {part.filename: survey(parts, part) for part in parts.infolist()}
    if any(one.is_far for one in surveys.values()):
        message = "a cell is filled that is too far from the first; delete it, or save the sheet as CSV"
        raise PayloadError(message, name)
    return surveys

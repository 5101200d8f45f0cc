"""The rows of a sheet of an XLSX workbook.

python-calamine reads a workbook whole, so its size is bounded; rows are handed out one by one.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from rulewright.errors import PayloadError
from rulewright.inputs.limits import MAX_DOCUMENT_BYTES
from rulewright.inputs.table import Row

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

# What the parts of a workbook may unpack to: a few kilobytes can hold gigabytes of one letter.
_MAX_UNPACKED: Final = 20 * MAX_DOCUMENT_BYTES


@dataclass(frozen=True, slots=True)
class Sheet:
    """The one sheet that payloads are read from."""

    name: str
    content: CalamineSheet

    def rows(self) -> Iterator[Row]:
        """Every row, the empty ones too; cells start with column A."""
        start = self.content.start
        if start is None:
            return
        before = [""] * start[1]
        started = False
        for line, cells in enumerate(self.content.iter_rows(), start=1):
            # The header is the first row that holds anything.
            started = started or any(cell != "" for cell in cells)
            if started:
                yield Row(line, [*before, *cells])


def open_sheet(name: str, data: bytes, wanted: str | None) -> Sheet:
    """The sheet that was named, else the only visible one that holds anything. Raises PayloadError."""
    workbook = _open(name, data)
    if wanted is not None:
        if wanted not in workbook.sheet_names:
            near = get_close_matches(wanted, workbook.sheet_names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has: {', '.join(workbook.sheet_names)}"
            raise PayloadError(f"there is no sheet {wanted}; {hint}", name)
        return Sheet(wanted, workbook.get_sheet_by_name(wanted))
    filled = [sheet for sheet in _visible(workbook) if sheet.content.start is not None]
    if not filled:
        raise PayloadError("no sheet of this workbook holds anything", name)
    if len(filled) > 1:
        names = ", ".join(sheet.name for sheet in filled)
        message = f"several sheets hold something ({names}); name one, like {name}:{filled[0].name}"
        raise PayloadError(message, name)
    return filled[0]


def _visible(workbook: CalamineWorkbook) -> Iterator[Sheet]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum  # noqa: PLC0415 - loaded by now

    for sheet in workbook.sheets_metadata:
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet:
            yield Sheet(sheet.name, workbook.get_sheet_by_name(sheet.name))


def _open(name: str, data: bytes) -> CalamineWorkbook:
    try:
        from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - an extra, heavy
    except ImportError:
        raise PayloadError("XLSX files need an extra: pip install 'rulewright[excel]'", name) from None
    if len(data) > MAX_DOCUMENT_BYTES or _unpacked(name, data) > _MAX_UNPACKED:
        raise PayloadError("the workbook is too large; save it as CSV, which streams", name)
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data))
    except CalamineError as error:
        raise PayloadError(f"this is no XLSX workbook: {error}", name) from None


def _unpacked(name: str, data: bytes) -> int:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            return sum(part.file_size for part in parts.infolist())
    except (zipfile.BadZipFile, ValueError) as error:
        raise PayloadError(f"this is no XLSX workbook: {error}", name) from None

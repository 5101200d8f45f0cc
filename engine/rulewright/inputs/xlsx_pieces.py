"""What a sheet holds: a large one piece by piece, for python-calamine makes all its cells at once.

A piece is a workbook of its own: some rows of the sheet, and what the whole workbook says of texts and dates.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO, Final

from rulewright.errors import PayloadError
from rulewright.inputs.xlsx_parts import opened_parts
from rulewright.inputs.xlsx_survey import Head, Survey

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

# How much of a sheet, as XML, is read at a time; more where as much is read again with each piece.
_PIECE: Final = 1_048_576
# Parts that say nothing of what cells hold.
_OTHERS: Final = re.compile(
    r"/?xl/(?:worksheets|media|drawings|charts|pivotCache|embeddings)/", re.IGNORECASE
)


def read_pieces(
    name: str, book: BinaryIO, workbook: CalamineWorkbook, sheet: str, part: str | None, found: Survey | None
) -> Iterable[CalamineSheet]:
    """What a sheet of a workbook holds, in the order of its rows. Raises PayloadError.

    `part` holds it, of which `found` was told.
    """
    if part is None or found is None or found.head is None or found.size <= _PIECE:
        return (read_sheet(name, workbook, sheet),)
    return _Pieces(name, book, sheet, part, found.head)


def read_sheet(name: str, workbook: CalamineWorkbook, sheet: str) -> CalamineSheet:
    """A whole sheet. Raises PayloadError."""
    from python_calamine import CalamineError  # noqa: PLC0415 - loaded by now

    try:
        return workbook.get_sheet_by_name(sheet)
    except CalamineError as error:
        raise PayloadError(
            f"the sheet {sheet} can't be read: {error}; save it anew, or as CSV", name
        ) from None


class _Pieces:
    """A sheet that is read anew, and never at once, each time that it is gone through."""

    def __init__(self, name: str, book: BinaryIO, sheet: str, part: str, head: Head) -> None:
        self._name, self._book, self._sheet, self._part, self._head = name, book, sheet, part, head

    def __iter__(self) -> Iterator[CalamineSheet]:
        from python_calamine import CalamineWorkbook  # noqa: PLC0415 - loaded by now

        with opened_parts(self._name, self._book) as parts:
            others = {one: parts.read(one) for one in parts.namelist() if _OTHERS.match(one) is None}
            size = max(_PIECE, sum(map(len, others.values())))
            for piece in _cut(parts, self._part, self._head, size):
                packed = _pack({**others, self._part: piece})
                yield read_sheet(self._name, CalamineWorkbook.from_filelike(packed), self._sheet)


def _pack(parts: Mapping[str, bytes]) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    packed.seek(0)
    return packed


def _cut(parts: zipfile.ZipFile, part: str, before: Head, size: int) -> Iterator[bytes]:
    """The sheet as many, each with some of its rows."""
    head, prefix = before
    last = b"</%brow>" % prefix
    tail = b"</%bsheetData></%bworksheet>" % (prefix, prefix)
    with parts.open(part) as content:
        # Of another length only where the workbook is another one by now.
        content.read(len(head))
        held = b""
        while block := content.read(size):
            held += block
            end = held.rfind(last)
            if end >= 0:
                end += len(last)
                yield head + held[:end] + tail
                held = held[end:]
        yield head + held

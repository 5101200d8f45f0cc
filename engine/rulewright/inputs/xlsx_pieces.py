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
from rulewright.inputs.xlsx_parts import opened_parts, part_of

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

# How much of a sheet, as XML, is read at a time; more where as much is read again with each piece.
_PIECE: Final = 1_048_576
# What comes before the rows, at most.
_LONGEST_HEAD: Final = 65_536
_ROWS: Final = re.compile(rb"<((?:\w+:)?)sheetData\s*>")
# In these a row's end may be no row's end.
_OPAQUE: Final = re.compile(rb"<!--|<!\[CDATA\[|<!DOCTYPE")
# Parts that say nothing of what cells hold.
_OTHERS: Final = re.compile(
    r"/?xl/(?:worksheets|media|drawings|charts|pivotCache|embeddings)/", re.IGNORECASE
)


def read_pieces(name: str, book: BinaryIO, workbook: CalamineWorkbook, sheet: str) -> Iterable[CalamineSheet]:
    """What a sheet of a workbook holds, in the order of its rows. Raises PayloadError."""
    with opened_parts(name, book) as parts:
        part = part_of(parts, sheet)
        if part is None or parts.getinfo(part).file_size <= _PIECE or not _is_cuttable(parts, part):
            return (read_sheet(name, workbook, sheet),)
    return _Pieces(name, book, sheet, part)


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

    def __init__(self, name: str, book: BinaryIO, sheet: str, part: str) -> None:
        self._name, self._book, self._sheet, self._part = name, book, sheet, part

    def __iter__(self) -> Iterator[CalamineSheet]:
        from python_calamine import CalamineWorkbook  # noqa: PLC0415 - loaded by now

        with opened_parts(self._name, self._book) as parts:
            others = {one: parts.read(one) for one in parts.namelist() if _OTHERS.match(one) is None}
            size = max(_PIECE, sum(map(len, others.values())))
            for piece in _cut(parts, self._part, size):
                packed = _pack({**others, self._part: piece})
                yield read_sheet(self._name, CalamineWorkbook.from_filelike(packed), self._sheet)


def _pack(parts: Mapping[str, bytes]) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    packed.seek(0)
    return packed


def _is_cuttable(parts: zipfile.ZipFile, part: str) -> bool:
    """Whether rows can be told apart by their tags, and each says its number, larger than the one before.

    What is not in order may have its header anywhere, and a row in parts: only as a whole it is what it was.
    """
    with parts.open(part) as content:
        found = _ROWS.search(kept := content.read(_LONGEST_HEAD))
        if found is None or b"<%bworksheet" % found[1] not in kept:
            return False
        rows = re.compile(rb"<%brow(?=[\s/>])" % found[1])
        numbered = re.compile(rb"""<%brow\s(?:[^>]*?\s)?r\s*=\s*["']([0-9]{1,7})["']""" % found[1])
        last = 0
        while True:
            if _OPAQUE.search(kept) is not None:
                return False
            # A tag that is not whole is looked at with what follows.
            end = kept.rfind(b"<")
            whole = kept[:end]
            numbers = [int(number) for number in numbered.findall(whole)]
            if len(rows.findall(whole)) != len(numbers) or [last, *numbers] != sorted({last, *numbers}):
                return False
            last = numbers[-1] if numbers else last
            if not (block := content.read(_PIECE)):
                return True
            kept = kept[end:] + block


def _cut(parts: zipfile.ZipFile, part: str, size: int) -> Iterator[bytes]:
    """The sheet as many, each with some of its rows."""
    with parts.open(part) as content:
        held = content.read(_LONGEST_HEAD)
        found = _ROWS.search(held)
        assert found is not None, "it can be cut"
        head, held = held[: found.end()], held[found.end() :]
        last = b"</%brow>" % found[1]
        tail = b"</%bsheetData></%bworksheet>" % (found[1], found[1])
        while block := content.read(size):
            held += block
            end = held.rfind(last)
            if end >= 0:
                end += len(last)
                yield head + held[:end] + tail
                held = held[end:]
        yield head + held

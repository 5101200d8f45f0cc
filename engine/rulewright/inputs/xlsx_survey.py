"""What one walk through the XML of a workbook's part tells, before python-calamine is given anything of it.

python-calamine makes a cell of every place up to the last that is filled, and ends the process where memory
does not do for them; it gives out cells without a value as empty ones; and it makes all cells of a sheet at
once. So it is told ahead how far the cells go, whether some may have no value, and whether rows can be cut.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from math import inf
from typing import IO, Final

from msgspec import Struct

from rulewright.inputs.table_place import column_index

# One cell far away would take memory for all those before it.
_MAX_CELLS: Final = 20_000_000
# What might be places beyond 52 columns and 299,999 rows, or beyond 702 columns and 19,999 rows.
# Where there is none no place need be read, which takes four times as long. python-calamine takes small
# letters, too.
_BEYOND: Final = tuple(
    re.compile(rb"""r="(?:%b[0-9]|[A-Za-z]*(?:%b))""" % far)
    for far in (
        (rb"(?:[B-Zb-z]|[A-Za-z]{2,})[A-Za-z]", rb"[3-9][0-9]{5}|[0-9]{7}"),
        (rb"[A-Za-z]{3,}", rb"[2-9][0-9]{4}|[0-9]{6}"),
    )
)
# A place as hardly any program writes it.
_UNUSUAL: Final = re.compile(rb"r(?:\s+=|=[\s'])")
_PLACE: Final = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)([0-9]+)["']""")
# What is called so is farther than any sheet goes.
_MOST_LETTERS: Final = 3
_MOST_DIGITS: Final = 7

# What comes before the rows, at most.
_LONGEST_HEAD: Final = 65_536
_ROWS: Final = re.compile(rb"<((?:\w+:)?)sheetData\s*>")
# In these a row's end may be no row's end.
_OPAQUE: Final = re.compile(rb"<!--|<!\[CDATA\[|<!DOCTYPE")

# An error, or what may be the end of a formula with no value behind it: looked for before a sheet is parsed,
# which takes as long as reading it. Each starts with letters that are found fast.
_NO_VALUE: Final = rb"\s*(?:</(?:\w+:)?c\s*>|<(?:\w+:)?v\s*(?:/>|>\s*</))"
_SUSPECTS: Final = (
    re.compile(rb"""=\s*["']e["']"""),
    re.compile(b"f>" + _NO_VALUE),
    re.compile(b"/>" + _NO_VALUE),
)
_BLOCK: Final = 1 << 20
# A tag with what it holds, where rows are to be cut; a cell's text is no longer than 32,767 characters.
_LONGEST_TEXT: Final = 1 << 20
# What is looked for may be cut in two by a block's end.
_OVERLAP: Final = 64


# What stands before the rows of a sheet, and the prefix of its tags.
Head = tuple[bytes, bytes]


class Survey(Struct, frozen=True):
    """Of one part, which is a sheet or anything else.

    `is_far`: its cells span too many places; `may_have_flaws`: some cells may have no value; `head`: where
    its rows can be cut.
    """

    size: int
    is_far: bool
    may_have_flaws: bool
    head: Head | None


def survey(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> Survey:
    """Walk through a part once; twice where places have to be read."""
    may_have_flaws = False
    with parts.open(part) as content:
        start = content.read(_LONGEST_HEAD)
        beyond = next((one for one in _BEYOND if not _holds(start, one, _UNUSUAL)), None)
        order = _Order(start)
        for text, whole in _texts(start, content):
            beyond = None if beyond is None or _holds(text, beyond, _UNUSUAL) else beyond
            may_have_flaws = may_have_flaws or _holds(text, *_SUSPECTS)
            order.follow(text, whole)
    is_far = beyond is None and _span(parts, part) > _MAX_CELLS
    return Survey(part.file_size, is_far, may_have_flaws, order.head)


def _holds(text: bytes, *patterns: re.Pattern[bytes]) -> bool:
    return any(one.search(text) is not None for one in patterns)


def _texts(start: bytes, content: IO[bytes]) -> Iterator[tuple[bytes, bytes | None]]:
    """All of a part, piece by piece, each beginning with the end of the one before; then the piece alone.

    A piece ends before a tag, so that tags stand in it as a whole; None where one is too long for that.
    """
    seam, rest = b"", start
    while True:
        end = rest.rfind(b"<")
        is_whole = end >= 0 and len(rest) - end <= _LONGEST_TEXT
        piece, rest = (rest[:end], rest[end:]) if is_whole else (rest, b"")
        text = seam + piece
        yield text, piece if is_whole else None
        seam = text[-_OVERLAP:]
        block = content.read(_BLOCK)
        if not block:
            # What is left is a tag that nothing follows.
            yield seam + rest, rest
            return
        rest += block


class _Order:
    """Whether rows can be told apart by their tags, and each says its number, larger than the one before.

    What is not in order may have its header anywhere, and a row in parts: only as a whole it is what it was.
    """

    def __init__(self, start: bytes) -> None:
        self.head: Head | None = None
        found = _ROWS.search(start)
        if found is None or b"<%bworksheet" % found[1] not in start:
            return
        prefix = found[1]
        self.head = start[: found.end()], prefix
        self._rows = re.compile(rb"<%brow(?=[\s/>])" % prefix)
        self._numbered = re.compile(rb"""<%brow\s(?:[^<>]*?\s)?r\s*=\s*["']([0-9]{1,7})["']""" % prefix)
        self._last = 0

    def follow(self, text: bytes, whole: bytes | None) -> None:
        """See the next tags; `text` may begin with some that were seen."""
        if self.head is None:
            return
        if whole is None or _OPAQUE.search(text) is not None:
            self.head = None
            return
        numbers = [int(number) for number in self._numbered.findall(whole)]
        following = [self._last, *numbers]
        if len(self._rows.findall(whole)) != len(numbers) or following != sorted({*following}):
            self.head = None
        self._last = following[-1]


def _span(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> float:
    """How many cells a sheet spans from A1 on."""
    columns, rows = 1, 0
    with parts.open(part) as content:
        for text, _ in _texts(b"", content):
            for letters, number in _PLACE.findall(text):
                digits = number.lstrip(b"0")
                if len(letters) > _MOST_LETTERS or len(digits) > _MOST_DIGITS:
                    return inf
                rows = max(rows, int(digits or b"0"))
                columns = max(columns, column_index(letters.decode().upper()) + 1)
    return columns * rows

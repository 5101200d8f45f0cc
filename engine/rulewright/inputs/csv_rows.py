"""The rows of a CSV file, one after the other, however large the file is."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from rulewright.errors import PayloadError
from rulewright.inputs.decoding import MARK, NO_UTF16, UTF16_MARKS, decode_text
from rulewright.inputs.limits import MAX_PAYLOAD_BYTES
from rulewright.inputs.payload import Broken
from rulewright.inputs.table import Row
from rulewright.inputs.table_place import csv_place

_DELIMITERS: Final = ",;\t"
# csv's own words for what it meets, in ours.
_EXPLAINED: Final = {
    "unexpected end of data": "a quote is opened in this row and never closed",
    "field larger": "a cell is larger than 131,072 characters; is a quote opened here and never closed?",
    "expected after": "a quoted cell is followed by more text; a quote within quotes is written twice",
    "new-line": "a line ends with a bare carriage return; save the file with usual line ends",
}


class _LongRowError(Exception):
    """A row is longer than any payload may be."""


def read_csv(name: str, stream: BinaryIO) -> Iterator[Row | Broken]:
    """The rows with something in them; a row that is no CSV is a Broken one, and reading goes on.

    Raises PayloadError where the file is not UTF-8 text at all.
    """
    lines = _Lines(stream, name)
    delimiter = _sniff(lines.peek())
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begun = lines.number + 1
        lines.row.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _LongRowError:
            message = f"the row is larger than {MAX_PAYLOAD_BYTES // 1_048_576} MiB"
            yield Broken("limit", message, csv_place(name, begun, 0), lines.text()[:1000])
            # What it had read of the row stays with the reader that gave up.
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
        except csv.Error as error:
            until = f"; it goes on to line {lines.number}" if lines.number > begun else ""
            yield Broken("invalid_json", _explain(error) + until, csv_place(name, begun, 0), lines.text())
        else:
            # By a look at the whole row first: nearly all are fine.
            if not lines.is_text():
                yield _no_text(name, begun, cells, lines.text())
            elif any(cells):
                yield Row(begun, cells)


def _no_text(name: str, begun: int, cells: Sequence[str], raw: bytes) -> Broken:
    """What becomes of a row with bytes that are no UTF-8: it is told by the first cell that has some."""
    place, wrong = next((place, cell) for place, cell in enumerate(cells) if _undecodable(cell))
    flaw = decode_text(wrong.encode("utf-8", "surrogateescape"))[1]
    assert flaw is not None, "surrogates stand for bytes that are no UTF-8"
    return Broken("invalid_json", flaw.message, csv_place(name, begun, place), raw)


class _Lines:
    """The lines of a file as text, counted; bytes that are no UTF-8 come as lone surrogates.

    `row` is what was read since it was cleared last.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._head = stream.readline(MAX_PAYLOAD_BYTES + 1)
        if self._head.startswith(UTF16_MARKS):
            raise PayloadError(NO_UTF16, f"{name}:1:1")
        self._head = self._head.removeprefix(MARK)
        self.number = 0
        self.row = bytearray()

    def peek(self) -> str:
        """The first line, without taking it."""
        return self._head.decode("utf-8", "surrogateescape")

    def is_text(self) -> bool:
        """Whether all bytes of the row are UTF-8."""
        try:
            self.row.decode()
        except UnicodeDecodeError:
            return False
        return True

    def text(self) -> bytes:
        """The row as it was read."""
        return bytes(self.row).rstrip(b"\r\n")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._head or self._stream.readline(MAX_PAYLOAD_BYTES + 1)
        self._head = b""
        if not line:
            raise StopIteration
        self.number += 1
        self.row += line
        if len(line) > MAX_PAYLOAD_BYTES:
            while not line.endswith(b"\n") and (line := self._stream.readline(1_048_576)):
                pass
        if len(self.row) > MAX_PAYLOAD_BYTES:
            raise _LongRowError
        return line.decode("utf-8", "surrogateescape")


def _sniff(header: str) -> str:
    """The delimiter that the header has most of, outside quotes."""
    outside = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)


def _undecodable(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return True
    return False


def _explain(error: csv.Error) -> str:
    said = str(error)
    return next((ours for theirs, ours in _EXPLAINED.items() if theirs in said), f"this is no CSV: {said}")

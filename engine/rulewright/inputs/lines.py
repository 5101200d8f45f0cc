"""The lines of a JSONL file, as bytes and fast: for whoever looks at most of them only once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, Final

from rulewright.inputs.decoding import MARK
from rulewright.inputs.limits import MAX_PAYLOAD_BYTES, ROOMY_BYTES
from rulewright.inputs.reading import skip_line

_BUFFER: Final = 65_536
# A line that is longer is not handed out before its length is known: it might have no end, or too many
# values.
_LONG: Final = ROOMY_BYTES


class LineReader:
    """Hands out lines with their ends, some at a time, in constant memory.

    What is `cut` ends with a NUL, which no JSON does: it is the start of a long line, and `rest_of` goes on.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._open()
        self.skip_mark()

    def _open(self) -> None:
        self._bounded = _Bounded(self._stream)
        self._buffered = io.BufferedReader(self._bounded, _BUFFER)

    def skip_mark(self) -> None:
        """Pass over a byte-order mark at the start of the file."""
        if self._buffered.peek(len(MARK)).startswith(MARK):
            self._buffered.read(len(MARK))

    def lines(self, most: int) -> Iterator[bytes]:
        """Up to so many of the next lines."""
        return islice(self._buffered, most)

    def is_cut(self, line: bytes) -> bool:
        """Whether this is only the start of a line."""
        return self._bounded.is_cut and line.endswith(b"\0")

    def rest_of(self, line: bytes) -> bytes:
        """The whole of a line that is cut; of one that is too long for a payload, more than one may have."""
        start = line[:-1]
        whole = start + self._stream.readline(max(MAX_PAYLOAD_BYTES + 2 - len(start), 0))
        if len(whole) > MAX_PAYLOAD_BYTES + 1 and not whole.endswith(b"\n"):
            skip_line(self._stream)
        self._open()
        return whole


class _Bounded(io.RawIOBase):
    """Passes a stream on; ends with a NUL where a line grows long."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream: io.BufferedReader = stream  # type: ignore[assignment]  # what files and stdin are
        self._unended = 0
        self.is_cut = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: object) -> int:
        """See io.RawIOBase."""
        view = memoryview(buffer)  # type: ignore[arg-type]  # what BufferedReader hands over
        if self.is_cut:
            return 0
        if self._unended > _LONG:
            view[0] = 0
            self.is_cut = True
            return 1
        size = self._stream.readinto1(view)
        end = bytes(view[:size]).rfind(b"\n")
        self._unended = self._unended + size if end < 0 else size - end - 1
        return size

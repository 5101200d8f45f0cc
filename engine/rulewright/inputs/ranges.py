"""Whole lines of a JSONL file as ranges of its bytes, to be read elsewhere: in another process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rulewright.inputs.files import Source
from rulewright.inputs.reading import MOST_OF_A_LINE, is_too_long, skip_line

# Some thousand lines: enough that handing a range over costs nothing beside deciding it.
_SIZE: Final = 1_048_576


class Range(Struct, frozen=True):
    """Some lines of a file: `size` bytes from `start`. `line` is the number of the first, from 1."""

    name: str
    path: str
    line: int
    start: int
    size: int

    def read(self) -> bytes:
        """The lines. Raises PayloadError where the file can't be opened any more."""
        with Source(self.path, self.name, "jsonl").open() as stream:
            stream.seek(self.start)
            return stream.read(self.size)


def read_ranges(source: Source) -> Iterator[Range]:
    """All lines of a file. Raises PayloadError where it can't be opened."""
    line, start = 1, 0
    with source.open() as stream:
        while data := stream.read(_SIZE):
            size = len(data)
            skipped = 0
            ends = data.count(b"\n")
            if not data.endswith(b"\n"):
                more = stream.readline(MOST_OF_A_LINE)
                size += len(more)
                ends += 1
                # Of a line that is too long, enough comes along to be refused for it.
                skipped = skip_line(stream) if is_too_long(more) else 0
            yield Range(source.name, source.path, line, start, size)
            line += ends
            start += size + skipped

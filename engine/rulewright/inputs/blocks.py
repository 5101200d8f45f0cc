"""Whole lines of a JSONL file as blocks of bytes, to be read as payloads elsewhere: in another process."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from rulewright.inputs.decoding import MARK
from rulewright.inputs.files import Source
from rulewright.inputs.payload import Item
from rulewright.inputs.reading import MOST_OF_A_LINE, is_too_long, read_lines, skip_line

# Large enough that handing it over is cheap, small enough that two dozen of them are nothing.
_SIZE: Final = 262_144


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of a file. `line` is the number of the first (from 1), `payloads` how many are not blank."""

    name: str
    line: int
    payloads: int
    data: bytes = field(repr=False)


def read_blocks(source: Source) -> Iterator[Block]:
    """The lines of a JSONL file, a block at a time. Raises PayloadError where it can't be opened."""
    line = 1
    with source.open() as stream:
        while data := stream.read(_SIZE):
            if not data.endswith(b"\n"):
                more = stream.readline(MOST_OF_A_LINE)
                # Of a line that is too long, enough comes along to be refused for it.
                if is_too_long(more):
                    skip_line(stream)
                data += more
            if line == 1:
                data = data.removeprefix(MARK)
            lines = data.split(b"\n")
            yield Block(source.name, line, sum(1 for each in lines if each.strip()), data)
            line += len(lines) - data.endswith(b"\n")


def block_items(block: Block) -> Iterator[Item]:
    """The payloads of a block."""
    return read_lines(block.name, io.BytesIO(block.data), block.line)

"""The payloads of JSON and JSONL files for a warm start: as inputs/ reads them, where nothing is odd.

Whatever else there is to read raises LookupError or ValueError: the whole command reads it.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final

from rulewright.inputs.json_text import parse_json
from rulewright.inputs.limits import MAX_DOCUMENT_BYTES, MAX_PAYLOAD_BYTES, ROOMY_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

STDIN: Final = "-"
# For more than that the whole command, which decides faster, is worth its start.
_MOST: Final = 3_000
# A longer list is not read to be counted: the whole command reads it item by item.
_LONGEST: Final = 4 * 1_048_576


class Document:
    """A text of which the `starts` of lines are known when they are asked for."""

    def __init__(self, name: str, text: str, first_line: int = 1) -> None:
        self.name, self.text, self.first_line = name, text, first_line
        self._starts: list[int] = []

    def at(self, index: int) -> str:
        """An index as file:line:column, with lines as source.SourceText has them."""
        if index == 0:
            return f"{self.name}:{self.first_line}:1"
        if not self._starts:
            self._starts = [0, *(one.end() for one in re.finditer(r"\r\n|\n|\r", self.text))]
        line = bisect_right(self._starts, index)
        column = index - self._starts[line - 1] + 1
        return f"{self.name}:{line + self.first_line - 1}:{column}"


class Item:
    """One payload, and where it is. `alone`: it is the whole of the only file."""

    def __init__(self, payload: object, document: Document, start: int = 0, *, alone: bool = False) -> None:
        if type(payload) is not dict:
            raise LookupError("an object")
        self.payload: dict[str, object] = payload
        self.document, self.start, self.alone = document, start, alone

    @property
    def at(self) -> str:
        """Where it starts."""
        return self.document.at(self.start)

    def places(self, pointers: Collection[str]) -> Mapping[str, str]:
        """Where the values at JSON Pointers stand."""
        from rulewright.inputs.json_places import find_values  # noqa: PLC0415 - what is accepted needs none

        found = find_values(self.document.text, pointers, self.start)
        return {pointer: self.document.at(index) for pointer, index in found.items()}


def read_items(files: Sequence[str]) -> Sequence[Item]:
    """All payloads of the files, in order."""
    if files.count(STDIN) > 1:
        raise LookupError(STDIN)
    items: list[Item] = []
    for file in files:
        read = _lines if file.lower().endswith((".jsonl", ".ndjson")) else _document
        before = len(items)
        for item in read(file):
            items.append(item)
            item.alone = item.alone and len(files) == 1
            if len(items) > _MOST:
                raise LookupError("many")
        if len(items) == before:
            raise LookupError("none")
    return items


def _document(file: str) -> Iterator[Item]:
    text = read_stdin() if file == STDIN else read_text(file)
    document = Document("<stdin>" if file == STDIN else file, text)
    if text.startswith("{"):
        yield Item(_parsed(text), document, alone=True)
        return
    if len(text) > _LONGEST:
        raise LookupError("long")
    from rulewright.inputs.json_places import item_starts  # noqa: PLC0415 - one payload is no list

    listed: Any = parse_json(text) if text.startswith("[") else None
    starts = [*item_starts(text)]
    for payload, start, following in zip(listed, starts, [*starts[1:], len(text)], strict=True):
        if following - start > ROOMY_BYTES:
            raise LookupError("large")
        yield Item(payload, document, start)


def _lines(file: str) -> Iterator[Item]:
    text = _read(file).decode()
    lines = text.split("\n")
    if len(lines) > _MOST + 1:
        raise LookupError("many")
    for number, ended in enumerate(lines, start=1):
        line = ended.rstrip("\r")
        if line.startswith("{") and "\r" not in line:
            yield Item(_parsed(line), Document(file, line, number))
        elif line:
            raise LookupError("an object")


def _parsed(text: str) -> object:
    """What a payload's text holds, where nobody need count it."""
    if len(text) > ROOMY_BYTES:
        raise LookupError("large")
    return parse_json(text)


def read_text(file: str) -> str:
    """The text of a JSON file."""
    if not file.lower().endswith(".json"):
        raise LookupError(file)
    return _read(file).decode()


def _read(file: str) -> bytes:
    if not os.path.isfile(file):
        raise LookupError(file)
    if os.path.getsize(file) > MAX_PAYLOAD_BYTES:
        raise ValueError("too large")
    with open(file, "rb") as opened:
        return _limited(opened.read(MAX_PAYLOAD_BYTES + 1))


def _limited(data: bytes) -> bytes:
    if len(data) > MAX_PAYLOAD_BYTES:
        raise ValueError("too large")
    return data


def read_stdin() -> str:
    """All of stdin, which the whole command can then read once more."""
    import io  # noqa: PLC0415
    import sys  # noqa: PLC0415

    # Nobody reads more of it.
    data = sys.stdin.buffer.read(MAX_DOCUMENT_BYTES + 1)
    sys.stdin = io.TextIOWrapper(io.BytesIO(data))
    return _limited(data).decode()


def json_object(text: str) -> dict[str, object]:
    """The one object that is the whole of a JSON text, from its first character on."""
    value = parse_json(text) if text.startswith("{") else None
    if not isinstance(value, dict):
        raise LookupError("an object")
    return value

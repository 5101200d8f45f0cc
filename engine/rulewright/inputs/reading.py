"""From an opened file to its items, by format. JSONL, JSON arrays and CSV stream; others are read whole."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import BinaryIO, Final, Literal

from msgspec.structs import replace

from rulewright.errors import PayloadError
from rulewright.inputs.csv_rows import read_csv
from rulewright.inputs.decoding import MARK, decode_json
from rulewright.inputs.documents import read_whole, split, too_large
from rulewright.inputs.files import NAMELESS, Source
from rulewright.inputs.json_text import ENDED, JsonFlaw, parse_json
from rulewright.inputs.limits import MAX_DOCUMENT_BYTES, MAX_PAYLOAD_BYTES
from rulewright.inputs.payload import Broken, Item, LineLocator, Payload, bound_values
from rulewright.inputs.table import Fields, Tell, read_table
from rulewright.inputs.table_place import csv_place, sheet_place

_EMPTY: Final = "the file is empty: there is no payload in it"
_NO_ROW: Final = "there is no payload in it: no row stands below a header row"
# A first line longer than this, in a file whose name says nothing, is taken for a document.
_SNIFFED: Final = 65_536
# What is read of a line: a byte more than a payload may have, and the line's end.
MOST_OF_A_LINE: Final = MAX_PAYLOAD_BYTES + 2
# Lines of a file that are read without the parser that is made for many.
_FEW: Final = 4


def read_items(
    source: Source, fields: Fields | None = None, *, is_only: bool = True, tell: Tell | None = None
) -> Iterator[Item]:
    """The payloads of one input, in order. Raises PayloadError where it can't be opened or is empty.

    `fields` are those of the resource: the cells of tables have no types of their own. `is_only`: there is no
    other input, so one payload may be alone. `tell` is told of headers that name no field.
    """
    with source.open() as stream:
        items = _cells(source, stream, fields or {}, tell) if source.is_table else _items(source, stream)
        try:
            first = next(items, None)
            if first is None:
                place = f"{source.name}:{source.sheet or '1:1'}"
                raise PayloadError(_NO_ROW if source.is_table else _EMPTY, place)
            if first.alone:
                first = _with_hint(first, source.name)
                yield from split(first if is_only else replace(first, alone=False))
            else:
                yield from chain((first,), items)
        except OSError as error:
            raise PayloadError(f"can't be read: {error.strerror}", source.name) from None


def read_document(source: Source) -> Payload:
    """The one value of a JSON or YAML file that is no batch: an actor, records, a plan.

    Raises PayloadError where it can't be read.
    """
    with source.open() as stream:
        data = stream.read(MAX_DOCUMENT_BYTES + 1)
    item = read_whole(source.name, "json" if source.kind in ("json", "jsonl") else "yaml", data)
    if isinstance(item, Broken):
        raise PayloadError(item.message, item.at)
    return item


def _cells(source: Source, stream: BinaryIO, fields: Fields, tell: Tell | None) -> Iterator[Item]:
    if source.kind == "csv":
        return read_table(partial(csv_place, source.name), read_csv(source.name, stream), fields, tell)
    # Loaded for workbooks alone: zip files are a start-up of their own.
    from rulewright.inputs.xlsx_rows import open_sheet  # noqa: PLC0415

    sheet = open_sheet(source.name, _rewound(stream, b""), source.sheet)
    return read_table(partial(sheet_place, source.name, sheet.name), sheet.rows(), fields, tell)


def _items(source: Source, stream: BinaryIO) -> Iterator[Item]:
    kind, head = source.kind, b""
    if kind == "unknown":
        head = stream.readline(_SNIFFED)
        kind = _sniff(head)
    if kind == "jsonl":
        yield from read_lines(source.name, stream, head=head)
        return
    if kind == "json":
        stream, head = _rewound(stream, head), b""
        if _starts_items(stream) and not _is_cut(stream):
            # Loaded for lists alone: one payload needs none of its patterns.
            from rulewright.inputs.array_items import read_array  # noqa: PLC0415

            yield from read_array(source.name, stream)
            return
    data = head + stream.read(MAX_DOCUMENT_BYTES + 1 - len(head))
    if data.removeprefix(MARK).strip():
        item = read_whole(source.name, "yaml" if kind == "yaml" else "json", data)
        if source.kind == "unknown":
            _require_told(item, source.name)
        if isinstance(item, Payload) and not isinstance(item.value, list):
            item = bound_values(item, len(data))
        yield item


def _rewound(stream: BinaryIO, head: bytes) -> BinaryIO:
    """What can be read twice, from where `head` starts: a pipe that is no larger than a document may be."""
    if stream.seekable():
        stream.seek(-len(head), io.SEEK_CUR)
        return stream
    return io.BytesIO(head + stream.read(MAX_DOCUMENT_BYTES + 1 - len(head)))


def _is_cut(stream: BinaryIO) -> bool:
    """Whether a pipe held more than a document may."""
    return isinstance(stream, io.BytesIO) and stream.getbuffer().nbytes > MAX_DOCUMENT_BYTES


def _starts_items(stream: BinaryIO) -> bool:
    """Whether an array that is not empty comes next in a stream, which stays where it is."""
    begun = stream.tell()
    start = stream.read(_SNIFFED).removeprefix(MARK)
    # Its bracket and the first letter behind that, however many blanks are between them.
    while len(start := b"".join(start.split())) < len("[{") and (more := stream.read(_SNIFFED)):
        start += more
    stream.seek(begun)
    return start.startswith(b"[") and len(start) > 1 and not start.startswith(b"[]")


def _require_told(item: Item, name: str) -> None:
    """A table is a text to YAML: what is wrong is that its name says nothing. Raises PayloadError."""
    if not isinstance(item, Broken) and isinstance(item.value, str):
        raise PayloadError(
            "its name doesn't say what it holds, and this is neither JSON nor a map of YAML; a table must be "
            "named .csv, .tsv or .xlsx",
            name,
        )


def _with_hint(item: Item, name: str) -> Item:
    """Whoever pipes CSV or JSONL in has not said so, nor has a name that is that of one document."""
    if not isinstance(item, Broken) or item.code != "invalid_json":
        return item
    if name == NAMELESS:
        hint = "stdin is read as JSON, --stdin-filename in.jsonl (or in.csv) says otherwise"
    elif item.message.endswith(ENDED):
        hint = "one payload a line needs a file named .jsonl"
    else:
        return item
    return replace(item, message=f"{item.message}; {hint}")


def _sniff(head: bytes) -> Literal["json", "jsonl", "yaml"]:
    """The format of a file whose name says nothing: a first line that is a JSON object is JSONL."""
    start = head.removeprefix(MARK).lstrip()
    if not start or start[:1] not in b"{[":
        return "yaml" if start else "json"
    if start.startswith(b"{") and head.endswith(b"\n"):
        try:
            parse_json(start.decode())
        except (JsonFlaw, UnicodeDecodeError):
            return "json"
        return "jsonl"
    return "json"


def read_lines(name: str, stream: BinaryIO, first: int = 1, head: bytes = b"") -> Iterator[Item]:
    """The payloads of JSONL, of which `head` was read already; `first` is the number of its first line."""
    number = first - 1
    line = _first_line(stream, head)
    while line and number - first < _FEW:
        number += 1
        if is_too_long(line):
            skip_line(stream)
        if number == 1:
            line = line.removeprefix(MARK)
        if line.strip():
            yield read_line(name, number, line)
        line = stream.readline(MOST_OF_A_LINE)
    if line:
        yield from _more_lines(name, number, line, stream)


def _more_lines(name: str, number: int, line: bytes, stream: BinaryIO) -> Iterator[Item]:
    """The payloads of a file that has many, `line` and what follows."""
    # msgspec takes its time to import; a file of a few lines does without.
    from rulewright.inputs.sure_lines import read_surely  # noqa: PLC0415

    readline = stream.readline
    while line:
        number += 1
        item = read_surely(name, number, line)
        if item is not None:
            yield item
        else:
            if is_too_long(line):
                skip_line(stream)
            if line.strip():
                yield read_line(name, number, line)
        line = readline(MOST_OF_A_LINE)


def is_too_long(line: bytes) -> bool:
    """Whether a line was not read to its end, because no payload is as long."""
    return len(line) > MAX_PAYLOAD_BYTES + 1 and not line.endswith(b"\n")


def read_line(name: str, number: int, line: bytes) -> Item:
    """The payload of one line that is not blank; `number` counts from 1."""
    if is_too_long(line):
        return too_large(f"{name}:{number}:1", line[:1000])
    return _one_line(name, number, line.rstrip(b"\r\n"))


def _first_line(stream: BinaryIO, begun: bytes) -> bytes:
    """The first line, of which `begun` was read already; no more of it than is needed to refuse it."""
    return begun if begun.endswith(b"\n") else begun + stream.readline(MOST_OF_A_LINE - len(begun))


def skip_line(stream: BinaryIO) -> int:
    """Pass over the rest of a line; return how many bytes it has."""
    size = 0
    while more := stream.readline(1_048_576):
        size += len(more)
        if more.endswith(b"\n"):
            break
    return size


def _one_line(name: str, number: int, raw: bytes) -> Item:
    text, value = decode_json(raw)
    if isinstance(value, JsonFlaw):
        return Broken(value.code, value.message, f"{name}:{number}:{value.index + 1}", raw)
    start = len(text) - len(text.lstrip()) + 1
    payload = Payload(value, f"{name}:{number}:{start}", LineLocator(name, number, raw), raw)
    return bound_values(payload, len(raw))

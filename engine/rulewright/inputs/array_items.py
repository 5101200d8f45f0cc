"""The items of a JSON array, one after the other: in constant memory, however large the file is.

An array is followed twice. Once to its end, because of one that is cut off, or has between its items what may
not stand there, nothing is decided; then for its items. What is wrong within an item is that item's own, as
it is with a line of JSONL.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import BinaryIO, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from rulewright.errors import PayloadError
from rulewright.inputs.decoding import MARK, decode_json, decode_text
from rulewright.inputs.documents import too_large
from rulewright.inputs.json_places import SHALLOW, find_values
from rulewright.inputs.json_text import JsonFlaw, parse_json
from rulewright.inputs.limits import MAX_PAYLOAD_BYTES
from rulewright.inputs.payload import Broken, Item, Payload, bound_values
from rulewright.inputs.sure_lines import parse_surely

_BLOCK: Final = 262_144
_BLANKS: Final = b" \t\r\n"
# The bytes of a character behind its first one.
_CONTINUING: Final = bytes(range(0x80, 0xC0))
# Ends of objects that are tried, from the last one that was read.
_GUESSES: Final = 8
_TEXT: Final = r"""[^"\\]*+(?:\\.[^"\\]*+)*+"""
# An item with little nesting in it (1), with the comma or the array's end behind it.
_ITEM: Final = re.compile(
    rf"""[ \t\r\n]*+ ( {SHALLOW} | "{_TEXT}" | [^\s\[\]{{}},:"]++ ) [ \t\r\n]*+ [,\]]""".encode(),
    re.DOTALL | re.VERBOSE,
)
_OPENING: Final = re.compile(rb"[ \t\r\n]*+(?=[\[{])")
_BEHIND: Final = re.compile(rb"[ \t\r\n]*+([,\]])")
# The next bracket (1) that is in no text.
_BRACKET: Final = re.compile(
    rf"""(?: [^\[\]{{}}"]++ | "{_TEXT}" )*+ ([\[\]{{}}])""".encode(), re.DOTALL | re.VERBOSE
)


# Where an item starts and ends in what is held.
_Span = tuple[int, int]

_parts: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


class _LostError(Exception):
    """The array can't be followed. `offset` is that of the last item that could be, or of the first.

    `is_large`: because that is larger than any payload.
    """

    def __init__(self, offset: int, *, is_large: bool = False) -> None:
        self.offset = offset
        self.is_large = is_large
        super().__init__()


class _Place(Struct, frozen=True):
    """Where a text goes on: line and column, both from 1."""

    line: int = 1
    column: int = 1

    def after(self, passed: bytes) -> _Place:
        """The place behind what was passed."""
        if b"\n" not in passed and b"\r" not in passed:
            return _Place(self.line, self.column + _length(passed))
        ends = passed.count(b"\n") + passed.count(b"\r") - passed.count(b"\r\n")
        last = max(passed.rfind(b"\n"), passed.rfind(b"\r"))
        return _Place(self.line + ends, _length(passed[last:]))

    def within(self, name: str) -> str:
        """As file:line:column."""
        return f"{name}:{self.line}:{self.column}"


class _ItemLocator(Struct, frozen=True):
    """A Locator for one item."""

    name: str
    place: _Place
    raw: bytes

    def __call__(self, pointers: Collection[str]) -> Mapping[str, str]:
        text = decode_text(self.raw)[0]
        found = find_values(text, pointers)
        return {pointer: _behind(self.place, text[:index], self.name) for pointer, index in found.items()}


def read_array(name: str, stream: BinaryIO) -> Iterator[Item]:
    """The items of the array that comes next in a stream that can seek; one Broken where it is none.

    Raises PayloadError where it is no longer the array that it was when it was followed to its end.
    """
    begun = stream.tell()
    try:
        for _ in _Follower(stream).items():
            pass
    except _LostError as lost:
        yield _flawed(name, stream, begun, lost)
    else:
        try:
            yield from _items(name, stream, begun)
        except _LostError:
            raise PayloadError("this file was changed while it was read", name) from None


def _items(name: str, stream: BinaryIO, begun: int) -> Iterator[Item]:
    stream.seek(begun)
    place = _Place()
    for passed, raw in _Follower(stream).items():
        place = place.after(passed)
        yield _item(name, place, raw)


class _Follower:
    """Finds the items of an array; holds no more of it than an item and a block."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        # What was read and is needed yet, and where in the stream it starts.
        self._start = stream.tell()
        self._held = b""
        # Where the last item starts in what is held, and where the next one is looked for.
        self._last = self._index = 0

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """What was passed since the last item started, and the next item. Raises _LostError."""
        while (opening := self._held.find(b"[")) < 0:
            if not (block := self._stream.read(_BLOCK)):
                raise _LostError(self._start)
            self._held += block
        passed = len(MARK) if self._held.startswith(MARK) else 0
        self._last = self._index = opening + 1
        while True:
            while not (spans := _several(self._held, self._index) or _next(self._held, self._index)):
                passed -= self._read_on(passed)
            for start, end in spans:
                if end - start > MAX_PAYLOAD_BYTES:
                    raise _LostError(self._start + start, is_large=True)
                yield self._held[passed:start], self._held[start:end]
                passed = self._last = start
            behind = _BEHIND.match(self._held, end)
            assert behind is not None, "an item is one by what stands behind it"
            self._index = behind.end()
            if behind[1] == b"]":
                self._end()
                return

    def _read_on(self, done: int) -> int:
        """Hold more of the stream, and no longer what is done: so many bytes. Raises _LostError."""
        left = len(self._held) - self._index
        # Twice as much each time, because an item that is not whole is looked at from its start.
        more = self._stream.read(max(_BLOCK, left)) if left <= MAX_PAYLOAD_BYTES else b""
        if not more:
            raise self._lost(is_large=left > MAX_PAYLOAD_BYTES)
        self._held = self._held[done:] + more
        self._start += done
        self._last -= done
        self._index -= done
        return done

    def _lost(self, *, is_large: bool) -> _LostError:
        opening = _OPENING.match(self._held, self._index) if is_large else None
        if opening is not None and _close(self._held, opening.end()) is None:
            return _LostError(self._start + opening.end(), is_large=True)
        return _LostError(self._start + self._last)

    def _end(self) -> None:
        """Raise _LostError where anything stands behind the array."""
        rest = self._held[self._index :]
        while not rest.strip(_BLANKS):
            if not (rest := self._stream.read(_BLOCK)):
                return
        raise _LostError(self._start + self._last)


def _several(held: bytes, index: int) -> list[_Span]:
    """Where the next items start and end, the last an object; none where that takes a closer look.

    Only if its end is an item's end, what comes before it reads as an array.
    """
    end = len(held)
    for _ in range(_GUESSES):
        end = held.rfind(b"}", index, end)
        if end < 0 or len(held) > MAX_PAYLOAD_BYTES:
            return []
        if _BEHIND.match(held, end + 1) is None:
            continue
        try:
            parts = _parts(b"[" + held[index : end + 1] + b"]")
        except (msgspec.DecodeError, RecursionError):
            # Nested too deep for it: such items are told apart one by one.
            continue
        return [*_spans(held, index, map(bytes, parts))]
    return []


def _spans(held: bytes, index: int, parts: Iterable[bytes]) -> Iterator[_Span]:
    for part in parts:
        start = held.index(part, index)
        index = start + len(part)
        yield start, index


def _next(held: bytes, index: int) -> list[_Span]:
    """Where the next item starts and ends; none where it isn't all in here, or what ends it."""
    found = _ITEM.match(held, index)
    if found is not None:
        return [found.span(1)]
    opening = _OPENING.match(held, index)
    end = None if opening is None else _close(held, opening.end())
    if opening is None or end is None or _BEHIND.match(held, end) is None:
        return []
    return [(opening.end(), end)]


def _close(held: bytes, index: int) -> int | None:
    """Where the object or list ends that starts here; None if not in here."""
    depth = 0
    while (found := _BRACKET.match(held, index)) is not None:
        index = found.end()
        depth += 1 if found[1] in b"[{" else -1
        if not depth:
            return index
    return None


def _item(name: str, place: _Place, raw: bytes) -> Item:
    at = place.within(name)
    value: object = parse_surely(raw)
    if value is None:
        text, value = decode_json(raw)
        if isinstance(value, JsonFlaw):
            return Broken(value.code, value.message, _behind(place, text[: value.index], name), raw)
    # What is of several lines is no line.
    line = None if b"\n" in raw or b"\r" in raw else raw
    return bound_values(Payload(value, at, _ItemLocator(name, place, raw), line), len(raw))


def _flawed(name: str, stream: BinaryIO, begun: int, lost: _LostError) -> Broken:
    """What is wrong first with an array: within an item that was followed, or behind the last one."""
    found = None
    with suppress(_LostError):
        found = next((one for one in _items(name, stream, begun) if isinstance(one, Broken)), None)
    if found is None:
        place = _place_of(stream, begun, lost.offset)
        part = stream.read(MAX_PAYLOAD_BYTES + 1)
        found = too_large(place.within(name), b"") if lost.is_large else _explain(name, place, part)
    stream.seek(begun)
    whole = stream.read(MAX_PAYLOAD_BYTES + 1)
    return replace(found, raw=whole if len(whole) <= MAX_PAYLOAD_BYTES else whole[:1000], alone=True)


def _explain(name: str, place: _Place, part: bytes) -> Broken:
    """What strict JSON says of an array that starts with this part of one."""
    text, flaw = decode_text(part)
    try:
        if flaw is not None:
            raise flaw
        parse_json(f"[{text}")
    except JsonFlaw as wrong:
        passed = text[: max(wrong.index - (wrong is not flaw), 0)]
        return Broken(wrong.code, wrong.message, _behind(place, passed, name))
    return Broken("invalid_json", "this is no JSON", place.within(name))


def _place_of(stream: BinaryIO, begun: int, offset: int) -> _Place:
    """The line and column of an offset, at which the stream stays."""
    stream.seek(begun)
    place, left = _Place(), offset - begun
    while left:
        block = stream.read(min(_BLOCK, left))
        if block.endswith(b"\r"):
            # It may end a line together with what comes next.
            block += stream.read(min(1, left - len(block)))
        left -= len(block)
        place = place.after(block.removeprefix(MARK) if place == _Place() else block)
    return place


def _behind(place: _Place, passed: str, name: str) -> str:
    return place.after(passed.encode(errors="surrogatepass")).within(name)


def _length(data: bytes) -> int:
    """How many characters UTF-8 has."""
    return len(data) if data.isascii() else len(data.translate(None, _CONTINUING))

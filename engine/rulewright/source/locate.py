"""From the characters of a decoded YAML scalar back to the raw text it was written as.

Each decoder follows libyaml's scanner step by step and keeps, for every character it puts out, the
stretch of raw text behind it: one character, an escape, or the line break that was folded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# A decoded character, and where its raw text starts and ends.
_Piece = tuple[str, int, int]
_Ranges = Sequence[tuple[int, int]]

_BLANK = re.compile(r"[ \t\r\n]+")
_BREAK = re.compile(r"\r\n|\n|\r")
_HEADER = re.compile(r"[|>]([-+0-9]*)[^\r\n]*(?:\r\n|\n|\r|\Z)")
_ESCAPE = re.compile(
    r"\\(?:(?P<digits>x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"
    r"|(?P<folded>(?:\r\n|\n|\r)[ \t\r\n]*)|(?P<short>.))"
)
_SHORT_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "/": "/",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}


def character_ranges(raw: str, style: str, text: str) -> _Ranges | None:
    """For each character of `text` its range in `raw`; None where the two do not agree."""
    for pieces in _decodings(raw, style):
        found = tuple(pieces)
        if "".join(piece[0] for piece in found) == text:
            return tuple((start, end) for _, start, end in found)
    return None


def _decodings(raw: str, style: str) -> Iterator[Iterator[_Piece]]:
    if style == "plain":
        yield _flow(raw, 0, len(raw), style)
    elif style in {"single", "double"}:
        yield _flow(raw, 1, len(raw) - 1, style)
    else:
        # The indent depends on the parent's, which is not known here; only one fits the text.
        for indent in _indents(raw):
            yield _block(raw, style, indent)


def _flow(raw: str, index: int, end: int, style: str) -> Iterator[_Piece]:
    """Plain and quoted scalars: line breaks are folded, quoted ones have escapes."""
    while index < end:
        blank = _BLANK.match(raw, index, end)
        if blank:
            yield from _blanks(raw, blank)
            index = blank.end()
        elif style == "single" and raw.startswith("''", index):
            yield "'", index, index + 2
            index += 2
        elif style == "double" and (escape := _ESCAPE.match(raw, index, end)):
            yield from _escaped(raw, escape)
            index = escape.end()
        else:
            yield raw[index], index, index + 1
            index += 1


def _blanks(raw: str, blank: re.Match[str]) -> Iterator[_Piece]:
    """Blanks in a line stand for themselves; a break among them folds, and swallows them."""
    breaks = list(_BREAK.finditer(raw, blank.start(), blank.end()))
    if not breaks:
        yield from ((raw[index], index, index + 1) for index in range(*blank.span()))
    elif len(breaks) == 1:
        yield " ", breaks[0].start(), breaks[0].end()
    else:
        yield from (("\n", found.start(), found.end()) for found in breaks[1:])


def _escaped(raw: str, escape: re.Match[str]) -> Iterator[_Piece]:
    digits, folded, short = escape.group("digits", "folded", "short")
    if digits:
        yield chr(int(digits[1:], 16)), escape.start(), escape.end()
    elif folded:
        # An escaped break joins two lines; blank lines behind it still count.
        breaks = list(_BREAK.finditer(raw, escape.start("folded"), escape.end("folded")))
        yield from (("\n", found.start(), found.end()) for found in breaks[1:])
    else:
        yield _SHORT_ESCAPES.get(short, short), escape.start(), escape.end()


def _indents(raw: str) -> Iterator[int]:
    """The indents that a block scalar may have, the likely one first."""
    header = _HEADER.match(raw)
    body = raw[header.end() :] if header else ""
    depths = {len(line) - len(line.lstrip(" ")) for line in _BREAK.split(body)}
    first = next((len(line) - len(line.lstrip(" ")) for line in _BREAK.split(body) if line.strip(" ")), 1)
    yield max(first, 1)
    yield from (depth for depth in range(1, max(depths) + 2) if depth != first)


def _block(raw: str, style: str, indent: int) -> Iterator[_Piece]:
    """Literal and folded scalars: the indent goes, and folded lines are joined."""
    header = _HEADER.match(raw)
    if header is None:
        return
    chomping = header.group(1).strip("0123456789")
    pending: _Piece | None = None
    blank_before = False
    index, breaks = _skip_blank_lines(raw, header.end(), indent)
    while index < len(raw) and _column(raw, index) == indent:
        blank = raw[index] in " \t"
        if pending and style == "folded" and not blank_before and not blank:
            if not breaks:
                yield " ", pending[1], pending[2]
        elif pending:
            yield pending
        yield from breaks
        blank_before = blank
        found = _BREAK.search(raw, index)
        end = found.start() if found else len(raw)
        yield from ((raw[at], at, at + 1) for at in range(index, end))
        pending = ("\n", found.start(), found.end()) if found else None
        index, breaks = _skip_blank_lines(raw, found.end() if found else end, indent)
    if chomping != "-" and pending:
        yield pending
    if chomping == "+":
        yield from breaks


def _skip_blank_lines(raw: str, index: int, indent: int) -> tuple[int, list[_Piece]]:
    """Past the indent of the next line that holds text, with the breaks of empty lines before it."""
    breaks: list[_Piece] = []
    while True:
        start = index
        while index < len(raw) and index - start < indent and raw[index] == " ":
            index += 1
        found = _BREAK.match(raw, index)
        if found is None:
            return index, breaks
        breaks.append(("\n", found.start(), found.end()))
        index = found.end()


def _column(raw: str, index: int) -> int:
    return index - max(raw.rfind("\n", 0, index), raw.rfind("\r", 0, index)) - 1

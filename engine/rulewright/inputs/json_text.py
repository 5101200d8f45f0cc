"""Strict JSON: what json.loads lets through although it is no JSON, or no payload, is refused with its place.

Refused besides broken syntax: a key given twice, NaN and Infinity, numbers too large for a double or of
thousands of digits, and nesting beyond a bound, which is judged before anything recurses.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator
from typing import Final, Literal, NoReturn

from rulewright.inputs.limits import MAX_DEPTH

# A string (closed or not), a bracket or sign, or another run. Possessive, hence linear on any text.
TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{},:]|[^\s\[\]{},:"]++', re.DOTALL)
# Texts (closed or not), and whatever else is no bracket.
_NO_BRACKETS: Final = re.compile(r'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[^\[\]{}"]++)++', re.DOTALL)

ENDED: Final = "the JSON value ended before this"
_EXPLAINED: Final = {
    "Expecting value": "a value is expected here",
    "Expecting property name enclosed in double quotes": "a key in double quotes is expected here",
    "Expecting ',' delimiter": "a comma or a closing bracket is expected here",
    "Expecting ':' delimiter": "a colon is expected here",
    "Extra data": ENDED,
    "Unterminated string starting at": "this text is never closed",
    "Invalid control character at": "a control character must be written as an escape, like \\n",
    "Illegal trailing comma before end of object": "a comma must not stand before }",
    "Illegal trailing comma before end of array": "a comma must not stand before ]",
    "Invalid \\escape": "a backslash must start an escape, like \\n, or be written twice",
    "Invalid \\uXXXX escape": "four hexadecimal digits are expected after \\u",
}


class JsonFlaw(Exception):  # noqa: N818 - a finding of this package, turned into data before it leaves
    """Why a text is no payload; `index` is the character where."""

    def __init__(self, code: Literal["invalid_json", "limit"], message: str, index: int) -> None:
        self.code: Literal["invalid_json", "limit"] = code
        self.message = message
        self.index = index
        super().__init__(message)


class _RefusedError(Exception):
    """A hook refused a value; the decoder does not tell hooks where they are."""


def parse_json(text: str) -> object:
    """Decode one JSON value. Raises JsonFlaw."""
    _bound_depth(text)
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        told, index = _explain(text, error)
        raise JsonFlaw("invalid_json", f"this is no JSON: {told}", index) from None
    except (_RefusedError, ValueError):
        # Python's own bound on the digits of an integer is a bare ValueError.
        _refuse(text)


def _explain(text: str, error: json.JSONDecodeError) -> tuple[str, int]:
    """What is wrong, and at which character."""
    if not text.strip():
        return "there is no text", error.pos
    there, before = text[error.pos : error.pos + 1], text[: error.pos].rstrip()
    if there == "'":
        return "texts and keys take double quotes", error.pos
    if there in ("}", "]") and before.endswith(","):
        # Python says so itself, and there, from 3.13 on.
        return f"a comma must not stand before {there}", len(before) - 1
    return _EXPLAINED.get(error.msg, error.msg.strip().rstrip(":")), error.pos


def _bound_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH or not _is_deep(text):
        return
    depth = 0
    for found in TOKEN.finditer(text):
        piece = found[0]
        if piece in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                message = f"objects and lists are nested more than {MAX_DEPTH} deep"
                raise JsonFlaw("limit", message, found.start())
        elif piece in "]}":
            depth -= 1


def _is_deep(text: str) -> bool:
    """Whether brackets are nested too deeply; a look at every token takes five times as long."""
    depth = 0
    for bracket in _NO_BRACKETS.sub("", text):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _RefusedError
    return made


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _RefusedError
    return number


def _no_constant(_: str) -> NoReturn:
    raise _RefusedError


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant
)


def _refuse(text: str) -> NoReturn:
    for message, index in _refusals(text):
        raise JsonFlaw("invalid_json", message, index)
    raise JsonFlaw("invalid_json", "this is no JSON", 0)


def _refusals(text: str) -> Iterator[tuple[str, int]]:
    """What the hooks refused, in the order of the text."""
    # Of each object or list around a token the keys so far; None of a list.
    keys: list[set[str] | None] = []
    last: tuple[str, int] | None = None
    for found in TOKEN.finditer(text):
        piece = found[0]
        if piece[0] == '"':
            last = (piece, found.start())
        elif piece == ":" and last is not None and keys and keys[-1] is not None:
            key = json.loads(last[0], strict=False)
            if key in keys[-1]:
                # It may be a secret, as its value may: its place is enough.
                yield "this key is here already in this object", last[1]
            keys[-1].add(key)
        elif piece in "{[":
            keys.append(set() if piece == "{" else None)
        elif piece in "}]":
            del keys[-1:]
        elif piece not in ",:" and (message := _wrong_scalar(piece)):
            yield message, found.start()


def _wrong_scalar(piece: str) -> str | None:
    if piece in ("NaN", "Infinity", "-Infinity"):
        return f"{piece} is no JSON number"
    digits = piece.removeprefix("-")
    if digits.isdecimal() and 0 < sys.get_int_max_str_digits() < len(digits):
        return f"this number has {len(digits):,} digits"
    try:
        return f"this number of {len(piece):,} characters is too large" if math.isinf(float(piece)) else None
    except ValueError:
        return None

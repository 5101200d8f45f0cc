"""What a literal's text stands for: numbers, and strings and bytes with their escapes."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from rulewright.cel.errors import CelSyntaxError
from rulewright.cel.lexer import Token, TokenKind
from rulewright.cel.values import INT_MAX, INT_MIN, UINT_MAX, Uint

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIMPLE_ESCAPES: Final[Mapping[str, str]] = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "?": "?",
    '"': '"',
    "'": "'",
    "`": "`",
}
_ESCAPE: Final = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|([abfnrtv\\?\"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(?s:(.)))"
)


def number_value(token: Token, *, negative: bool = False) -> int | float | Uint:
    """The number a token stands for; a minus sign belongs to it, so that the least int can be written."""
    text = token.text
    if token.kind is TokenKind.FLOAT:
        value = float(text)
        if math.isinf(value):
            raise CelSyntaxError("this number is too large for a double", token.start, token.end)
        return -value if negative else value
    digits = text.rstrip("uU")
    # Python refuses to read thousands of decimal digits; anything that long is out of range anyway.
    if len(digits.lstrip("0xX")) > 20:
        raise _out_of_range(token)
    whole = int(digits, 16 if digits[:2] in ("0x", "0X") else 10)
    if digits != text:
        if negative:
            raise CelSyntaxError("an unsigned number can't be negative", token.start, token.end)
        if whole > UINT_MAX:
            raise _out_of_range(token)
        return Uint(whole)
    signed = -whole if negative else whole
    if not INT_MIN <= signed <= INT_MAX:
        raise _out_of_range(token)
    return signed


def _out_of_range(token: Token) -> CelSyntaxError:
    return CelSyntaxError("this whole number does not fit in 64 bits", token.start, token.end)


def text_value(token: Token) -> str | bytes:
    """The string or bytes a token stands for."""
    quote_at = next(index for index, character in enumerate(token.text) if character in "'\"")
    prefix = token.text[:quote_at].lower()
    quoted = token.text[quote_at:]
    width = 3 if quoted[:3] in ("'''", '"""') and len(quoted) >= 6 else 1
    body = quoted[width:-width]
    is_bytes = "b" in prefix
    if "r" not in prefix:
        body_start = token.start + quote_at + width
        if is_bytes:
            return _unescape_bytes(body, body_start)
        body = _unescape(body, body_start)
    return _encode(body, token.start, token.end) if is_bytes else body


def _unescape(body: str, offset: int) -> str:
    def character(found: re.Match[str]) -> str:
        return _escaped(found, offset, is_bytes=False)

    return _ESCAPE.sub(character, body)


def _unescape_bytes(body: str, offset: int) -> bytes:
    parts: list[bytes] = []
    position = 0
    for found in _ESCAPE.finditer(body):
        parts.append(_encode(body[position : found.start()], offset, offset + len(body)))
        parts.append(_escaped(found, offset, is_bytes=True).encode("latin-1"))
        position = found.end()
    parts.append(_encode(body[position:], offset, offset + len(body)))
    return b"".join(parts)


def _escaped(found: re.Match[str], offset: int, *, is_bytes: bool) -> str:
    """The character an escape stands for; in bytes, the character of that byte."""
    high, low, simple, byte, short, long, octal, bad = found.groups()
    start, end = offset + found.start(), offset + found.end()
    if simple:
        return _SIMPLE_ESCAPES[simple]
    if bad or (is_bytes and (short or long or high)):
        raise CelSyntaxError(f"unknown escape {found.group()!r}", start, end)
    if high:
        return bytes.fromhex(high + low).decode("utf-16-be")
    code = int(octal, 8) if octal else int(byte or short or long, 16)
    if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        raise CelSyntaxError("this escape is no Unicode character", start, end)
    return chr(code)


def _encode(text: str, start: int, end: int) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise CelSyntaxError("this text holds half of a surrogate pair", start, end) from None

"""Functions on text; positions count code points."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from rulewright.cel.errors import EvaluationError
from rulewright.cel.functions.conversions import utf8
from rulewright.cel.functions.formatting import format_text
from rulewright.cel.limits import CHARACTERS_PER_STEP
from rulewright.cel.regex import matches, matching_cost
from rulewright.cel.signature import Function, free, list_of, method
from rulewright.cel.values import BOOL, BYTES, DYN, INT, STRING

SPACES: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Unicode's White_Space; Python's own `strip` would take the control characters 0x1c to 0x1f too."""

_UPPER: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LOWER: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_QUOTED: Final = str.maketrans(
    {
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\v": "\\v",
        "\\": "\\\\",
        '"': '\\"',
    }
)


def _char_at(text: str, index: int) -> str:
    if not 0 <= index <= len(text):
        raise EvaluationError(f"index out of range: {index}")
    return text[index : index + 1]


def _index_of(text: str, part: str, start: int) -> int:
    if not 0 <= start <= len(text) or (start == len(text) and part):
        raise EvaluationError(f"index out of range: {start}")
    return text.find(part, start)


def _last_index_of(text: str, part: str, start: int) -> int:
    if not 0 <= start <= len(text) or (start == len(text) and part):
        raise EvaluationError(f"index out of range: {start}")
    return text.rfind(part, 0, start + len(part))


def _substring(text: str, start: int, end: int | None = None) -> str:
    stop = len(text) if end is None else end
    for index in (start, stop):
        if not 0 <= index <= len(text):
            raise EvaluationError(f"index out of range: {index}")
    if start > stop:
        raise EvaluationError(f"invalid substring range: {start} to {stop}")
    return text[start:stop]


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    return text.replace(old, new, _count(limit))


def _replace_cost(text: str, old: str, new: str, limit: int = -1) -> int:
    """Steps for the text that comes out, before it is made: it may be as long as the product of both."""
    found = text.count(old)
    count = found if limit < 0 else min(found, limit)
    return 1 + (len(text) + count * len(new)) // CHARACTERS_PER_STEP


def _count(limit: int) -> int:
    """A limit as Python takes it: any negative one is -1."""
    return -1 if limit < 0 else limit


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if separator:
        return text.split(separator, _count(limit - 1) if limit > 0 else -1)
    if limit < 0 or limit > len(text):
        return list(text)
    return [*text[: limit - 1], text[limit - 1 :]]


def _split_cost(text: str, *_: object) -> int:
    return 1 + len(text)


def _join(items: list[object], separator: str = "") -> str:
    texts = [item for item in items if isinstance(item, str)]
    if len(texts) < len(items):
        raise EvaluationError("join() takes a list of strings")
    return separator.join(texts)


def _join_cost(items: list[object], separator: str = "") -> int:
    characters = sum(len(item) for item in items if isinstance(item, str)) + len(items) * len(separator)
    return 1 + len(items) + characters // CHARACTERS_PER_STEP


def _search_cost(text: str, part: str, *_: object) -> int:
    """Python's `find` is linear on long texts and quadratic at worst only on short ones."""
    return 1 + (len(text) + len(part)) // CHARACTERS_PER_STEP


def _encode_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode_base64(text: str) -> bytes:
    try:
        return base64.b64decode(utf8(text.rstrip("=")) + b"=" * (-len(text.rstrip("=")) % 4), validate=True)
    except binascii.Error:
        raise EvaluationError("this is no base64 text") from None


MATCHES: Final = Function(
    "matches",
    tuple(make([STRING, STRING], BOOL, matches, cost=matching_cost) for make in (free, method)),
)

STRINGS: Final = (
    MATCHES,
    Function("contains", (method([STRING, STRING], BOOL, lambda a, b: b in a, cost=_search_cost),)),
    Function("startsWith", (method([STRING, STRING], BOOL, str.startswith),)),
    Function("endsWith", (method([STRING, STRING], BOOL, str.endswith),)),
    Function("charAt", (method([STRING, INT], STRING, _char_at),)),
    Function(
        "indexOf",
        (
            method([STRING, STRING], INT, lambda a, b: a.find(b), cost=_search_cost),
            method([STRING, STRING, INT], INT, _index_of, cost=_search_cost),
        ),
    ),
    Function(
        "lastIndexOf",
        (
            method([STRING, STRING], INT, lambda a, b: a.rfind(b), cost=_search_cost),
            method([STRING, STRING, INT], INT, _last_index_of, cost=_search_cost),
        ),
    ),
    Function("lowerAscii", (method([STRING], STRING, lambda text: text.translate(_LOWER)),)),
    Function("upperAscii", (method([STRING], STRING, lambda text: text.translate(_UPPER)),)),
    Function(
        "replace",
        (
            method([STRING, STRING, STRING], STRING, _replace, cost=_replace_cost),
            method([STRING, STRING, STRING, INT], STRING, _replace, cost=_replace_cost),
        ),
    ),
    Function(
        "split",
        (
            method([STRING, STRING], list_of(STRING), _split, cost=_split_cost),
            method([STRING, STRING, INT], list_of(STRING), _split, cost=_split_cost),
        ),
    ),
    Function(
        "substring",
        (method([STRING, INT], STRING, _substring), method([STRING, INT, INT], STRING, _substring)),
    ),
    Function("trim", (method([STRING], STRING, lambda text: text.strip(SPACES)),)),
    Function(
        "join",
        (
            method([list_of(STRING)], STRING, _join, cost=_join_cost),
            method([list_of(STRING), STRING], STRING, _join, cost=_join_cost),
        ),
    ),
    Function("strings.quote", (free([STRING], STRING, lambda text: f'"{text.translate(_QUOTED)}"'),)),
    Function("format", (method([STRING, list_of(DYN)], STRING, format_text, metered=True),)),
)

ENCODERS: Final = (
    Function("base64.encode", (free([BYTES], STRING, _encode_base64),)),
    Function("base64.decode", (free([STRING], BYTES, _decode_base64),)),
)

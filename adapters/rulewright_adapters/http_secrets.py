"""What of a request nobody may see again, taken out of what a receiver answers."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final
from urllib.parse import quote, quote_plus

# What is shorter may stand in an answer by chance.
_SHORTEST: Final = 4
# How deep an answer may be nested; what reads it later goes down by recursion.
_DEEPEST: Final = 100
# base64's own alphabet, and that of URLs (RFC 4648, 4 and 5).
_ALPHABETS: Final = (b"+/", b"-_")
# What ASP.NET Core writes by number in JSON, beside what JSON demands.
_NUMBERED: Final = re.compile(r"[&'+<>`]")


def masked(secrets: Iterable[str], value: object) -> object:
    """A decoded answer in which no secret is left, whoever wrote it there, and however it was written.

    Raises ValueError for one that is nested too deep.
    """
    spelt = sorted({one for secret in secrets for one in _spellings(secret)}, key=len, reverse=True)
    return _masked(spelt, value, _DEEPEST)


def masked_text(secrets: Iterable[str], text: str) -> str:
    """The same of a text."""
    return str(masked(secrets, text))


def _masked(spelt: Sequence[str], value: object, depth: int) -> object:
    if not depth:
        raise ValueError("nested too deep")
    match value:
        case str():
            for secret in spelt:
                value = value.replace(secret, "***")
            return value
        case list():
            return [_masked(spelt, part, depth - 1) for part in value]
        case dict():
            return {
                str(_masked(spelt, name, depth)): _masked(spelt, part, depth - 1)
                for name, part in value.items()
            }
        case _:
            return value


def _spellings(secret: str) -> Iterator[str]:
    """A secret as it is, in hex and in base64, each as JSON, URLs and HTML write it."""
    if len(secret) < _SHORTEST:
        return
    raw = secret.encode()
    for one in (secret, raw.hex(), raw.hex().upper(), *_in_base64(raw)):
        yield from _escaped(one)


def _in_base64(raw: bytes) -> Iterator[str]:
    """What base64 makes of a secret wherever it stands in a longer text: three bytes are four characters.

    Those at its ends, which hold bits of its neighbours, too, are left out.
    """
    for before in range(3):
        first, end = -(-8 * before // 6), 8 * (before + len(raw)) // 6
        for alphabet in _ALPHABETS:
            yield b64encode(bytes(before) + raw, alphabet).decode()[first:end]


def _escaped(text: str) -> Iterator[str]:
    """A text as it is, as JSON writes it (PHP with `\\/`, .NET with `\\u002B`), and as URLs and HTML do."""
    escaped = json.dumps(text)[1:-1]
    yield from (text, escaped, escaped.replace("/", "\\/"))
    yield from (escape(text), escape(text).replace("/", "&#x2F;"))
    yield _NUMBERED.sub(lambda one: f"\\u{ord(one[0]):04X}", escaped)
    for quoted in (quote(text), quote(text, safe=""), quote_plus(text)):
        yield quoted
        yield re.sub("%..", lambda one: one[0].lower(), quoted)

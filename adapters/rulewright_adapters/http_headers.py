"""The headers of a request: which can be sent, whose word counts, and what of them nobody may see again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote, quote_plus

from rulewright.ports import HEADER_NAME, HEADER_VALUE, IDEMPOTENCY_KEY

_NAME: Final = re.compile(HEADER_NAME)
_VALUE: Final = re.compile(HEADER_VALUE)
# What is shorter may stand in an answer by chance.
_SHORTEST: Final = 4
# How deep an answer may be nested; what reads it later goes down by recursion.
_DEEPEST: Final = 100


def flaw_of(name: str, value: str) -> str | None:
    """Why a header can't be sent with every message, without its value; None where it can."""
    if not _NAME.fullmatch(name):
        return f"{name!r} is no name for a header"
    if not _VALUE.fullmatch(value):
        return f"{name} holds what no HTTP header can: it takes printable ASCII"
    if name.lower() == IDEMPOTENCY_KEY.lower():
        return f"{IDEMPOTENCY_KEY} is different for each message, and never set by hand"
    return None


def joined(*layers: Mapping[str, str]) -> dict[str, str]:
    """Headers of several layers, of which the last that names one counts; case makes no difference."""
    found = {name.lower(): (name, value) for layer in layers for name, value in layer.items()}
    return dict(found.values())


def masked(secrets: Iterable[str], value: object) -> object:
    """A decoded answer in which no secret is left, whoever wrote it there, and however it was escaped.

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
    """A secret as it is, as JSON writes it (PHP with `\\/`), and as URLs do."""
    if len(secret) < _SHORTEST:
        return
    escaped = json.dumps(secret)[1:-1]
    yield from (secret, escaped, escaped.replace("/", "\\/"))
    yield from (quote(secret), quote(secret, safe=""), quote_plus(secret))

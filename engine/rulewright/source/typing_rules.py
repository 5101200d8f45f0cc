"""The strict typing of plain scalars (design.md section 3): what is not listed here stays text."""

from __future__ import annotations

import math
import re

_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
# Python refuses to convert longer digit strings; no field could hold them anyway.
_MAX_DIGITS = 4000


def plain_value(text: str) -> str | int | float | bool | None:
    """The value of an unquoted scalar: only true, false, null, ~ and decimal numbers are typed."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _MAX_DIGITS or not _NUMBER.fullmatch(text):
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else text

"""A payload that was read from something else than a line, written as the line that it might have been.

A row of a table and an item of a JSON array can so be looked at as a line is. What reads again as anything
but itself is no line.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Final

from msgspec import json

# Values that JSON writes, and that read again as they were.
_SURE: Final = frozenset({str, int, bool, type(None)})
_NAMES: Final = frozenset({str})


def line_of(payload: object) -> bytes:
    """The payload as one line of JSON; b"" where that would not read again as the same payload."""
    try:
        if payload.__class__ is not dict or not _is_sure(payload):
            return b""
        return json.encode(payload)
    except (TypeError, ValueError, OverflowError, RecursionError):
        # Half a surrogate pair; what is nested too deeply.
        return b""


def _is_sure(value: object) -> bool:
    """Whether a value holds nothing that msgspec writes as something else, as it writes NaN as null."""
    if value.__class__ in _SURE:
        return True
    if isinstance(value, float):
        return value.__class__ is float and math.isfinite(value)
    if value.__class__ is dict and isinstance(value, dict):
        parts: Collection[object] = value.values()
        if not _NAMES.issuperset(map(type, value)):
            return False
    elif value.__class__ is list and isinstance(value, list):
        parts = value
    else:
        return False
    return _SURE.issuperset(map(type, parts)) or all(map(_is_sure, parts))

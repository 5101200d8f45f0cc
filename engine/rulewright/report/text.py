"""Values and texts as reports show them: always valid, never able to steer a terminal."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Final

# Control characters (an escape sequence recolours a terminal) and marks that turn the direction of text.
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSAFE_BEYOND_ASCII: Final = re.compile(_UNSAFE.pattern.replace("\x00-\x1f\x7f-\x9f", "\x80-\x9f"))
# Made once: json.dumps would make one for each value.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=str)
_SHOWN_LENGTH: Final = 120
_SHOWN_NAME: Final = 300


def dump_json(value: object, *, indent: int | None = None) -> str:
    """JSON text that is valid UTF-8 whatever the value holds, and can't steer a terminal or break a line."""
    text = _dumps(value, indent)
    # Within JSON such a character stands in a text, where an escape means the same.
    return text if text.isascii() else _UNSAFE_BEYOND_ASCII.sub(lambda found: _escaped(found[0]), text)


def dump_yaml(value: object) -> str:
    """YAML text of plain data that can't steer a terminal either."""
    from rulewright.source.writing import write_yaml  # noqa: PLC0415 - JSON needs no yaml

    text = write_yaml(value)
    return write_yaml(value, is_ascii=True) if _UNSAFE_BEYOND_ASCII.search(text) else text


def show_text(text: str) -> str:
    """A text with what could harm a terminal or a report written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(lambda found: _escaped(found[0]), text)


def show_lines(text: str) -> str:
    """As `show_text`, for a text of several lines."""
    return "\n".join(show_text(line) for line in text.split("\n"))


def show_value(value: object) -> str:
    """A value in one short line, as JSON."""
    text = show_text(dump_json(value))
    return text if len(text) <= _SHOWN_LENGTH else f"{text[: _SHOWN_LENGTH - 1]}…"


def shortened(name: str) -> str:
    """A path or a rule's id for people: one that holds a key of a megabyte is cut in the middle."""
    half = _SHOWN_NAME // 2
    return name if len(name) <= _SHOWN_NAME else f"{name[:half]}…{name[-half:]}"


def _escaped(character: str) -> str:
    return f"\\u{ord(character):04x}"


def _dumps(value: object, indent: int | None) -> str:
    if value is None or value.__class__ is bool or value.__class__ is int:
        return "null" if value is None else str(value).lower()
    try:
        if indent is None:
            return _ENCODER.encode(value)
        return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent, default=str)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, indent=indent, default=str)


def _finite(value: object) -> object:
    """Computed doubles may be infinite; JSON has no such number, so it is shown as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return value

"""Reading texts fast: dates by position and with a memory of those seen, UUIDs, text that a store can keep.

Each accepts what the marshmallow field of the same type accepts and nothing else, or asks that field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from marshmallow import ValidationError

from rulewright.compiled import CompiledField
from rulewright.evaluation.stored_form import encode_value
from rulewright.hotpath.runtime.days import Days, Layout, days_of, layout_of
from rulewright.hotpath.runtime.state import Decline

# Texts that a reader remembers; a file of a million rows names few different days.
_REMEMBERED: Final = 4_096

is_uuid: Final = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
).fullmatch

Reader = Callable[[Any], Any]


def require_writable(text: str) -> None:
    """Decline text with NUL or half a surrogate pair."""
    if "\0" in text:
        raise Decline
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Decline from None


def has_text_keys(value: Any) -> bool:
    """Whether every key, however deep, is text, as in JSON."""
    if value.__class__ is dict or isinstance(value, Mapping):
        for name in value:
            if not isinstance(name, str):
                return False
        parts: Iterable[Any] = value.values()
    elif isinstance(value, list | tuple):
        parts = value
    else:
        return True
    for part in parts:  # noqa: SIM110 - a generator takes three times as long
        # Most parts are plain, and not worth a call.
        if part.__class__ not in _PLAIN and not has_text_keys(part):
            return False
    return True


_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


def general_reader(field: CompiledField, loader: Any) -> Reader:
    """Return a function from a sent value to the stored one, by the field's own `deserialize`."""

    def read(value: Any) -> Any:
        if not has_text_keys(value):
            raise Decline
        try:
            return encode_value(field, loader.deserialize(value, partial=True))
        except ValidationError:
            raise Decline from None

    return read


def remembering(read: Reader) -> Reader:
    """Remember what texts were read as; only hashable text comes here."""
    seen: dict[str, Any] = {}

    def recall(text: str) -> Any:
        found = seen.get(text)
        if found is None:
            found = read(text)
            if len(seen) < _REMEMBERED:
                seen[text] = found
        return found

    return recall


def date_reader(field: CompiledField, loader: Any) -> Reader:
    """Return a reader of dates: by position where the format allows, with bounds; else marshmallow's."""
    days = days_reader(field, loader)
    return days.read if days is not None else remembering(general_reader(field, loader))


def days_reader(field: CompiledField, loader: Any) -> Days | None:
    """What reads a date by its position; None for another field, or where more is asked of it."""
    layout = _layout(field)
    return None if layout is None else days_of(layout, general_reader(field, loader))


def is_positional(field: CompiledField) -> bool:
    """Whether a field's dates are read by position, and nothing else is asked of them."""
    return _layout(field) is not None


def _layout(field: CompiledField) -> Layout | None:
    rule = field.rule
    if rule.type != "date" or rule.min is not None or rule.max is not None:
        return None
    return layout_of(rule.format or "iso")


def date_pattern(field: CompiledField) -> Callable[[str], object]:
    """Match what may be a date of a positional field's format: what does not match surely misses it."""
    pattern = "%Y-%m-%d" if field.rule.format in (None, "iso") else field.rule.format
    parts = re.split("(%[Ymd])", pattern or "")
    return re.compile("".join(_PATTERNS.get(part, re.escape(part)) for part in parts)).fullmatch


_PATTERNS: Final = {"%Y": "[0-9]{4}", "%m": "(?:0[1-9]|1[0-2])", "%d": "(?:0[1-9]|[12][0-9]|3[01])"}

"""The sentences that shape errors are told in, and the code each carries."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

from rulewright.model import Field

# %d/%m/%Y shown as 31/12/2025: a day above 12 makes the order plain.
_SAMPLE_INSTANT = datetime(2025, 12, 31, 23, 59, 0, tzinfo=UTC)
_NAMED_FORMATS = {
    "iso": "2025-12-31",
    "iso_ms_z": "2025-12-31T23:59:00.000Z",
    "iso_offset": "2025-12-31T23:59:00+00:00",
}


class Message(str):
    """An error message that knows its stable code and the keyword of the rule file behind it.

    It is a `str`, so that marshmallow's error dictionaries stay what other libraries expect.
    """

    __slots__ = ("code", "keyword")

    code: str
    keyword: str

    def __new__(cls, text: str, code: str, keyword: str | None = None) -> Self:
        message = super().__new__(cls, text)
        message.code = code
        message.keyword = keyword or code
        return message


def sample_of_format(format_: str, *, dated: bool) -> str:
    """Return what a value in `format_` looks like, for a message. `dated` leaves the time of day out."""
    if format_ == "iso" and not dated:
        return "2025-12-31T23:59:00Z"
    return _NAMED_FORMATS.get(format_) or _SAMPLE_INSTANT.strftime(format_)


def join_options(options: tuple[object, ...]) -> str:
    """Return "a, b or c"."""
    shown = [option if isinstance(option, str) else repr(option) for option in options]
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


def length_text(rule: Field, label: str, keyword: str, bound: int) -> str:
    """Say how long a value must be, or may be."""
    unit = "character" if rule.type not in ("list", "map") else "item" if rule.type == "list" else "key"
    words = "at least" if keyword == "min_length" else "at most"
    return f"{label} must have {words} {bound} {unit}{'' if bound == 1 else 's'}"

"""The canonical JSON text of nested values, by msgspec where that surely gives the same text.

Its floats read differently from those of `values.canonical`, and whole ones must become integers first; so
what holds a float, or anything rarer, is left to `values`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from rulewright.ports import INT64_MAX, INT64_MIN
from rulewright_adapters.values import FITTERS, canonical

_Whole = Annotated[int, msgspec.Meta(ge=INT64_MIN, le=INT64_MAX)]
_Scalar = _Whole | str | bool | None
_Shallow = _Scalar | list[_Scalar] | dict[str, _Scalar]
_Nested = _Scalar | list[_Shallow] | dict[str, _Shallow]
_Deep = _Scalar | list[_Nested] | dict[str, _Nested]
_ENCODER = msgspec.json.Encoder(order="sorted")


class _Checked(msgspec.Struct):
    """What surely reads alike either way: msgspec looks at a whole column by one call."""

    values: list[_Deep]


def texts_of(values: Sequence[Any]) -> list[str | None]:
    """Return `canonical(fit("json", value))` of each value, None of null. Raises MisfitError."""
    texts = _quick(values)
    if texts is not None:
        return texts
    return [None if value is None else _text(value) for value in values]


def _quick(values: Sequence[Any]) -> list[str | None] | None:
    try:
        held = msgspec.convert({"values": values}, _Checked).values
        encode = _ENCODER.encode
        texts = [None if value is None else encode(value).decode() for value in held]
    except (msgspec.ValidationError, UnicodeError, RecursionError):
        return None
    # A NUL would be written like that, and is refused.
    return None if any("\\u0000" in text for text in texts if text) else texts


def _text(value: Any) -> str | None:
    texts = _quick([value])
    return texts[0] if texts is not None else canonical(FITTERS["json"](value))

"""What a payload must be like for the generated code to look at it, as plain data that needs no msgspec.

msgspec judges shapes in C, but takes longer to import than one payload takes to decide. The same shapes are
written down here from its own description of the Struct, and judged in Python. Whatever is not surely as
msgspec would have it is None: the whole command then decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rulewright.hotpath.warm.thawed import UNSET, Sent

if TYPE_CHECKING:
    from collections.abc import Callable

# A kind and what it takes; ("text", 1, 20) is a text of 1 to 20 characters.
Shape = tuple[Any, ...]
# Name, whether it is required, what stands in its place else, its shape.
Member = tuple[str, bool, bool, Shape]
_REFUSED: Final = object()


def read_sent(members: tuple[Member, ...], payload: object) -> Sent | None:
    """The payload as the Struct would hold it; None where it is not surely of the shape."""
    values = _members(members, payload)
    return Sent(values) if values is not None else None


def _members(members: tuple[Member, ...], payload: Any) -> dict[str, object] | None:
    if type(payload) is not dict:
        return None
    values: dict[str, object] = {}
    found = 0
    for name, required, unset, shape in members:
        if name in payload:
            value = _read(shape, payload[name])
            if value is _REFUSED:
                return None
            found += 1
            values[name] = value
        elif required:
            return None
        else:
            values[name] = UNSET if unset else None
    # What was not found is unknown.
    return values if found == len(payload) else None


def _read(shape: Shape, value: object) -> object:
    return _READERS[shape[0]](value, *shape[1:])


def _text(value: object, least: int | None, most: int | None) -> object:
    return value if type(value) is str and _is_long_enough(value, least, most) else _REFUSED


def _is_long_enough(value: Any, least: int | None, most: int | None) -> bool:
    return (least is None or len(value) >= least) and (most is None or len(value) <= most)


def _whole(value: object, least: int, most: int) -> object:
    return value if type(value) is int and least <= value <= most else _REFUSED


def _real(value: object) -> object:
    if type(value) is int:
        # Beyond that a double may not hold it as it is.
        return float(value) if abs(value) <= 2**53 else _REFUSED
    return value if type(value) is float else _REFUSED


def _flag(value: object) -> object:
    return value if type(value) is bool else _REFUSED


def _one_of(value: object, options: tuple[object, ...]) -> object:
    return value if type(value) is str and value in options else _REFUSED


def _list(value: object, inner: Shape, least: int | None, most: int | None) -> object:
    if type(value) is not list or not _is_long_enough(value, least, most):
        return _REFUSED
    read = [_read(inner, item) for item in value]
    return _REFUSED if any(item is _REFUSED for item in read) else read


def _or_null(value: object, inner: Shape) -> object:
    return None if value is None else _read(inner, value)


def _part(value: object, members: tuple[Member, ...]) -> object:
    values = _members(members, value)
    return _REFUSED if values is None else Sent(values)


_READERS: Final[dict[str, Callable[..., object]]] = {
    "any": lambda value: value,
    "text": _text,
    "whole": _whole,
    "real": _real,
    "flag": _flag,
    "one of": _one_of,
    "list": _list,
    "or null": _or_null,
    "part": _part,
}

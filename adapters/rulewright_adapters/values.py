"""Stored values: which ones a column can hold, when two are the same, in which order they come.

Every store goes by these, so that a look-up finds the same records wherever they are kept. A text
is never a number and true is never 1; 5 and 5.0 are the same number.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rulewright.errors import AdapterError

if TYPE_CHECKING:
    from rulewright.ports import ColumnType

# The reach of integers, as in ports, whose import takes longer than reading a file of records.
_INT64_MIN: Final = -(2**63)
_INT64_MAX: Final = 2**63 - 1

# What can be written can be read again from wherever the stack stands.
_DEPTH = 128
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


Fitter = Callable[[object], object]


class MisfitError(Exception):
    """A column can't hold a value. The message never shows the value: it may be sensitive."""


def fit(kind: ColumnType, value: object) -> object:
    """Return `value` as a column of type `kind` holds it. Raises MisfitError."""
    if value is None:
        return None
    return FITTERS[kind](value)


def canonical(value: object) -> str:
    """Return the one JSON text of a value that `fit("json", ...)` returned."""
    return _ENCODER.encode(value)


def match(kind: ColumnType, value: object) -> object:
    """Return what a column of type `kind` must hold to equal `value`, which is not None.

    Raises MisfitError where nothing that the column can hold equals it.
    """
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        value = int(value)
    held = fit(kind, value)
    if kind == "number" and held != value:
        raise MisfitError("lies between two numbers that can be stored")
    return held


def alternatives(value: object) -> Iterable[object]:
    """Return the values any of which a Where entry asks for: a list means any of its items."""
    return value if isinstance(value, (list, tuple)) else (value,)


def identity(value: object) -> Hashable:
    """Return a key that two values share exactly if they are equal as stored values."""
    if type(value) in (str, int, float):
        # By far the most; the exact types keep booleans out.
        return value
    if isinstance(value, bool):
        # Python takes True for 1, also as a key of a dict.
        return ("bool", value)
    if isinstance(value, (list, tuple)):
        return ("list", tuple(identity(item) for item in value))
    if isinstance(value, dict):
        return ("dict", frozenset((name, identity(item)) for name, item in value.items()))
    return value if isinstance(value, Hashable) else ("other", repr(value))


def order(value: object) -> tuple[int, Any]:
    """Return a sort key that puts any stored values into one order: null, booleans, numbers, texts."""
    if value is None:
        return (0, 0)
    if isinstance(value, bool):
        return (1, value)
    if isinstance(value, (int, float)):
        return (2, value)
    if isinstance(value, str):
        return (3, value)
    return (4, repr(value))


def number_after(prefix: str, value: object) -> int:
    """Return the number that a sequence's value holds after `prefix`, 0 if it is none of the sequence."""
    if not prefix and isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or not value.startswith(prefix):
        return 0
    digits = value[len(prefix) :]
    # Eighteen digits keep every number within 64 bits; longer ones are no sequence of ours.
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else 0


def orderable(kind: ColumnType | None, resource: str, field: str) -> None:
    """Raise AdapterError where a column has no least or greatest value."""
    if kind == "json":
        raise AdapterError(f"{resource}.{field} holds nested values, which have no order")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise MisfitError("must be a text")
    if "\0" in value:
        raise MisfitError("holds a NUL character, which no store keeps")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise MisfitError("holds half of a surrogate pair, which is no character") from None
    return value


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise MisfitError("must be an integer")
    if not _INT64_MIN <= value <= _INT64_MAX:
        raise MisfitError("is an integer of more than 64 bits")
    return value


def _number(value: object) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise MisfitError("must be a number")
    try:
        held = float(value)
    except OverflowError:
        raise MisfitError("is too large a number") from None
    if not math.isfinite(held):
        raise MisfitError("is no finite number")
    # Minus zero equals zero; a store has one of them.
    return held or 0.0


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise MisfitError("must be true or false")
    return value


def _nested(value: object, depth: int = 0) -> object:
    """Copy a nested value, numbers in the one form that makes equal ones equal as text."""
    if depth > _DEPTH:
        raise MisfitError("is nested too deeply to be stored")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        held = _number(value)
        return int(held) if held.is_integer() and _INT64_MIN <= held <= _INT64_MAX else held
    if isinstance(value, (list, tuple)):
        return [_nested(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_text(name): _nested(item, depth + 1) for name, item in value.items()}
    raise MisfitError(f"holds a {type(value).__name__}, which is no JSON value")


# What each type of column makes of a value that is not null.
FITTERS: Mapping[ColumnType, Fitter] = MappingProxyType(
    {"text": _text, "integer": _integer, "number": _number, "boolean": _boolean, "json": _nested}
)

"""Values that rules made (computes, `set`), brought into a field's type before they enter a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from math import isfinite
from types import MappingProxyType
from typing import Final

from rulewright import cel
from rulewright.compiled import CompiledField
from rulewright.evaluation.views import View
from rulewright.fieldtypes import (
    INT64_MAX,
    INT64_MIN,
    as_utc,
    decode_date,
    decode_datetime,
    encode_datetime,
    is_writable,
)


class MisfitError(cel.EvaluationError):
    """A rule gives a value of another type than its field has."""


def fit(field: CompiledField, value: object) -> object:
    """Return `value` in the decoded form of the field's type.

    Raises MisfitError where it is of another type: a rule that computes a text for an integer
    field is wrong, and storing the text would hide that.
    """
    if value is None:
        return None
    fitted = _FITTERS.get(field.type.basic, _fit_text)(field, value)
    if fitted is None:
        shown = type(value).__name__ if not isinstance(value, str) else f"the text {value!r}"
        shown = f"the text of {field.name}" if field.rule.sensitive else shown
        raise MisfitError(f"{field.name} must be {field.type.meaning}, and the rule gives {shown}")
    return fitted


def plain(value: object) -> object:
    """Return a value of CEL as plain Python: no views, no CEL types."""
    if isinstance(value, cel.Timestamp):
        return value.to_datetime()
    if isinstance(value, bool | str | float | datetime | date) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return str(value)


def _fit_text(field: CompiledField, value: object) -> object:
    return _writable(value) if isinstance(value, str) else None


def _writable(text: str) -> str:
    if not is_writable(text):
        raise MisfitError("the rule gives text with NUL or half a surrogate pair, which no store keeps")
    return text


def _fit_integer(field: CompiledField, value: object) -> object:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return int(value) if INT64_MIN <= value <= INT64_MAX else None


def _fit_number(field: CompiledField, value: object) -> object:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(_keepable(value))


def _keepable(number: float) -> float:
    """The number itself, if a store can keep it: 0.0 / 0.0 is none, and 1.0 / 0.0 is infinite."""
    if isinstance(number, int):
        if not INT64_MIN <= number <= INT64_MAX:
            raise MisfitError("the rule gives a whole number of more than 64 bits, which no store keeps")
    elif not isfinite(number):
        raise MisfitError("the rule gives a number that is not finite, which no store keeps")
    return number


def _fit_boolean(field: CompiledField, value: object) -> object:
    return value if isinstance(value, bool) else None


def _fit_date(field: CompiledField, value: object) -> object:
    value = plain(value)
    if isinstance(value, str):
        value = decode_date(value)
    if isinstance(value, datetime):
        return as_utc(value).date()
    return value if isinstance(value, date) else None


def _fit_datetime(field: CompiledField, value: object) -> object:
    value = plain(value)
    if isinstance(value, str):
        value = decode_datetime(value)
    return as_utc(value) if isinstance(value, datetime) else None


def _fit_object(field: CompiledField, value: object) -> object:
    if not isinstance(value, Mapping):
        return None
    children = field.child_of
    fitted = {
        name: _fit_part(children.get(name, field.items), field, part)
        for name, part in value.items()
        if part is not None
    }
    # A declared part that is left out reads as null, as it does where it was sent (language.md).
    return View(fitted, children) if children else fitted


def _fit_part(declared: CompiledField | None, field: CompiledField, part: object) -> object:
    return fit(declared, part) if declared is not None else _fit_any(field, part)


def _fit_list(field: CompiledField, value: object) -> object:
    if not isinstance(value, list | tuple):
        return None
    return [_fit_part(field.items, field, part) for part in value]


def _fit_any(field: CompiledField, value: object) -> object:
    if isinstance(value, Mapping):
        return {_writable(str(name)): _fit_any(field, part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_fit_any(field, part) for part in value]
    made = plain(value)
    if isinstance(made, date):
        # What is of no type is kept as JSON; to expressions a date is a timestamp, too.
        return encode_datetime(made)
    if isinstance(made, int | float):
        return _keepable(made)
    return _writable(made) if isinstance(made, str) else made


_FITTERS: Final[Mapping[str, Callable[[CompiledField, object], object]]] = MappingProxyType(
    {
        "integer": _fit_integer,
        "number": _fit_number,
        "boolean": _fit_boolean,
        "date": _fit_date,
        "datetime": _fit_datetime,
        "object": _fit_object,
        "map": _fit_object,
        "list": _fit_list,
        "any": _fit_any,
    }
)

"""Conversions between types, `type`, `dyn` and `size`."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from rulewright.cel.errors import EvaluationError
from rulewright.cel.functions.operators import checked_int, checked_uint
from rulewright.cel.functions.times import parse_duration, parse_timestamp
from rulewright.cel.signature import (
    Function,
    K,
    Overload,
    T,
    V,
    constant_cost,
    free,
    list_of,
    map_of,
    method,
    type_of,
)
from rulewright.cel.values import (
    BOOL,
    BYTES,
    CIDR,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    IP,
    NANOS,
    NULL,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    Timestamp,
    Type,
    Uint,
    kind_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_INT_TEXT: Final = re.compile(r"[+-]?[0-9]{1,20}\Z")
_UINT_TEXT: Final = re.compile(r"[0-9]{1,20}\Z")
_DOUBLE_TEXT: Final = re.compile(
    r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|nan|inf|infinity)\Z", re.IGNORECASE
)
_BOOL_TEXTS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}


def utf8(text: str) -> bytes:
    """The text's UTF-8; an error for half of a surrogate pair, which has none."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise EvaluationError("this text holds half of a surrogate pair") from None


def text_of_utf8(data: bytes) -> str:
    """The text whose UTF-8 this is."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise EvaluationError("these bytes are no UTF-8 text") from None


def double_text(value: float) -> str:
    """The shortest text that reads back as this double; a power of ten only from 1e21 or below 1e-4."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-4 <= abs(value) < 1e21:
        return plain_double_text(value)
    return repr(value).replace(".0e", "e")


def plain_double_text(value: float) -> str:
    """The same in plain digits, however many."""
    text = repr(value)
    if "e" not in text:
        return text.removesuffix(".0")
    mantissa, exponent = text.lstrip("-").split("e")
    digits = mantissa.replace(".", "")
    point = 1 + int(exponent)
    plain = digits.ljust(point, "0") if point > 0 else f"0.{'0' * -point}{digits}"
    return f"-{plain}" if value < 0 else plain


def bool_text(value: bool) -> str:
    """`true` or `false`."""
    return "true" if value else "false"


def _no_conversion(text: str, kind: str) -> EvaluationError:
    shown = text if len(text) <= 40 else f"{text[:40]}..."
    return EvaluationError(f"cannot read {shown!r} as {kind}")


def _int_of_text(text: str) -> int:
    if _INT_TEXT.match(text) is None:
        raise _no_conversion(text, "int")
    return checked_int(int(text))


def _uint_of_text(text: str) -> Uint:
    if _UINT_TEXT.match(text) is None:
        raise _no_conversion(text, "uint")
    return checked_uint(int(text))


def _double_of_text(text: str) -> float:
    if len(text) > 1_000 or _DOUBLE_TEXT.match(text) is None:
        raise _no_conversion(text, "double")
    return float(text)


def _bool_of_text(text: str) -> bool:
    if text not in _BOOL_TEXTS:
        raise _no_conversion(text, "bool")
    return _BOOL_TEXTS[text]


def _int_of_double(value: float) -> int:
    # The borders themselves are out: a double can't tell them from their neighbours.
    if math.isnan(value) or not -(2.0**63) < value < 2.0**63:
        raise EvaluationError("integer overflow")
    return int(value)


def _uint_of_double(value: float) -> Uint:
    if math.isnan(value) or not 0 <= value < 2.0**64:
        raise EvaluationError("unsigned integer overflow")
    return Uint(int(value))


def _identity(value: object) -> object:
    return value


def _same(kind: Type) -> Overload:
    return free([kind], kind, _identity)


CONVERSIONS: Final = (
    Function(
        "int",
        (
            _same(INT),
            free([UINT], INT, lambda value: checked_int(int(value))),
            free([DOUBLE], INT, _int_of_double),
            free([STRING], INT, _int_of_text),
            free([TIMESTAMP], INT, lambda value: value.nanos // NANOS),
        ),
    ),
    Function(
        "uint",
        (
            _same(UINT),
            free([INT], UINT, checked_uint),
            free([DOUBLE], UINT, _uint_of_double),
            free([STRING], UINT, _uint_of_text),
        ),
    ),
    Function(
        "double",
        (
            _same(DOUBLE),
            free([INT], DOUBLE, float),
            free([UINT], DOUBLE, float),
            free([STRING], DOUBLE, _double_of_text),
        ),
    ),
    Function(
        "string",
        (
            _same(STRING),
            free([BOOL], STRING, bool_text),
            free([INT], STRING, lambda value: str(int(value))),
            free([UINT], STRING, lambda value: str(int(value))),
            free([DOUBLE], STRING, double_text),
            free([BYTES], STRING, text_of_utf8),
            free([TIMESTAMP], STRING, str),
            free([DURATION], STRING, str),
            free([IP], STRING, str),
            free([CIDR], STRING, str),
            free([NULL], STRING, lambda _: "null"),
            free([TYPE], STRING, str),
        ),
    ),
    Function("bytes", (_same(BYTES), free([STRING], BYTES, utf8))),
    Function("bool", (_same(BOOL), free([STRING], BOOL, _bool_of_text))),
    Function(
        "timestamp",
        (
            _same(TIMESTAMP),
            free([STRING], TIMESTAMP, parse_timestamp),
            free([INT], TIMESTAMP, lambda seconds: Timestamp(seconds * NANOS)),
        ),
    ),
    Function("duration", (_same(DURATION), free([STRING], DURATION, parse_duration))),
    Function("dyn", (free([T], DYN, _identity, cost=constant_cost),)),
    Function("type", (free([T], type_of(T), kind_of, cost=constant_cost),)),
    Function(
        "size",
        tuple(
            make([kind], INT, len, cost=constant_cost)
            for make in (free, method)
            for kind in (STRING, BYTES, list_of(T), map_of(K, V))
        ),
    ),
)

"""The `math.` functions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from rulewright.cel.comparison import NUMBERS, less
from rulewright.cel.errors import EvaluationError
from rulewright.cel.functions.operators import checked_int
from rulewright.cel.signature import Function, T, free, list_of
from rulewright.cel.values import BOOL, DOUBLE, DYN, INT, UINT, UINT_MAX, Uint, adapt, kind_name, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable


def _numbers(name: str, values: tuple[object, ...]) -> list[object]:
    """The numbers of `f(a, b, c)` or `f(list)`."""
    items = values[0] if len(values) == 1 and isinstance(values[0], list | tuple) else values
    found = [adapt(item) for item in items]
    if not found:
        raise EvaluationError(f"{name}() of no numbers")
    for item in found:
        if kind_of(item) not in NUMBERS:
            raise EvaluationError(f"{name}() takes numbers, not {kind_name(item)}")
    return found


def _greatest(*values: object) -> object:
    first, *others = _numbers("math.greatest", values)
    for value in others:
        first = value if less(first, value) else first
    return first


def _least(*values: object) -> object:
    first, *others = _numbers("math.least", values)
    for value in others:
        first = value if less(value, first) else first
    return first


def _round_away(value: float) -> float:
    """Halves away from zero, unlike Python's `round`."""
    whole = math.trunc(value)
    return float(whole + (math.copysign(1, value) if abs(value - whole) >= 0.5 else 0))


def _finite_only(operation: Callable[[float], float]) -> Callable[[float], float]:
    """NaN and the infinities are their own floor, ceiling, ..."""
    return lambda value: float(operation(value)) if math.isfinite(value) else value


def _sign_of_double(value: float) -> float:
    if math.isnan(value) or value == 0:
        return math.nan if value != 0 else 0.0
    return math.copysign(1.0, value)


def _bitwise(operation: Callable[[int, int], int]) -> tuple[Any, ...]:
    return (
        free([INT, INT], INT, lambda a, b: operation(int(a), int(b))),
        free([UINT, UINT], UINT, lambda a, b: Uint(operation(int(a), int(b)))),
    )


def _shift_by(distance: int) -> int:
    if distance < 0:
        raise EvaluationError("a shift distance can't be negative")
    return min(distance, 64)


def _wrapped(value: int) -> int:
    """The 64 bits of the value as a signed integer."""
    bits = value & UINT_MAX
    return bits - (UINT_MAX + 1) if bits >> 63 else bits


def _square_root(value: float) -> float:
    return math.sqrt(value) if value >= 0 else math.nan


_SHIFTS: Final = (
    Function(
        "math.bitShiftLeft",
        (
            free([INT, INT], INT, lambda value, by: _wrapped(value << _shift_by(by))),
            free([UINT, INT], UINT, lambda value, by: Uint((value << _shift_by(by)) & UINT_MAX)),
        ),
    ),
    Function(
        "math.bitShiftRight",
        (
            # The sign bit moves too: vacant bits are zeros.
            free([INT, INT], INT, lambda value, by: _wrapped((value & UINT_MAX) >> _shift_by(by))),
            free([UINT, INT], UINT, lambda value, by: Uint(value >> _shift_by(by))),
        ),
    ),
)

MATHS: Final = (
    Function(
        "math.greatest", (free([list_of(T)], DYN, _greatest), free([DYN], DYN, _greatest, variadic=True))
    ),
    Function("math.least", (free([list_of(T)], DYN, _least), free([DYN], DYN, _least, variadic=True))),
    Function("math.ceil", (free([DOUBLE], DOUBLE, _finite_only(math.ceil)),)),
    Function("math.floor", (free([DOUBLE], DOUBLE, _finite_only(math.floor)),)),
    Function("math.round", (free([DOUBLE], DOUBLE, _finite_only(_round_away)),)),
    Function("math.trunc", (free([DOUBLE], DOUBLE, _finite_only(math.trunc)),)),
    Function(
        "math.abs",
        (
            free([DOUBLE], DOUBLE, abs),
            free([INT], INT, lambda value: checked_int(abs(value))),
            free([UINT], UINT, lambda value: value),
        ),
    ),
    Function(
        "math.sign",
        (
            free([DOUBLE], DOUBLE, _sign_of_double),
            free([INT], INT, lambda value: (value > 0) - (value < 0)),
            free([UINT], UINT, lambda value: Uint(value > 0)),
        ),
    ),
    Function("math.sqrt", tuple(free([kind], DOUBLE, _square_root) for kind in (DOUBLE, INT, UINT))),
    Function("math.isNaN", (free([DOUBLE], BOOL, math.isnan),)),
    Function("math.isInf", (free([DOUBLE], BOOL, math.isinf),)),
    Function("math.isFinite", (free([DOUBLE], BOOL, math.isfinite),)),
    Function("math.bitAnd", _bitwise(lambda a, b: a & b)),
    Function("math.bitOr", _bitwise(lambda a, b: a | b)),
    Function("math.bitXor", _bitwise(lambda a, b: a ^ b)),
    Function(
        "math.bitNot",
        (
            free([INT], INT, lambda value: ~int(value)),
            free([UINT], UINT, lambda value: Uint(UINT_MAX - value)),
        ),
    ),
    *_SHIFTS,
)

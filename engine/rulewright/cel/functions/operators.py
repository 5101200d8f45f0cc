"""Arithmetic, comparison and membership."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from rulewright.cel.comparison import equals, is_key, less, not_greater
from rulewright.cel.errors import EvaluationError
from rulewright.cel.signature import Function, K, Overload, T, V, constant_cost, free, list_of, map_of
from rulewright.cel.values import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    INT_MAX,
    INT_MIN,
    STRING,
    TIMESTAMP,
    UINT,
    UINT_MAX,
    Duration,
    Timestamp,
    Type,
    Uint,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rulewright.cel.limits import Budget


def checked_int(value: int) -> int:
    """The value, or an error where it does not fit in 64 bits."""
    if INT_MIN <= value <= INT_MAX:
        return value
    raise EvaluationError("integer overflow")


def checked_uint(value: int) -> Uint:
    """The value as unsigned, or an error where it is negative or does not fit in 64 bits."""
    if 0 <= value <= UINT_MAX:
        return Uint(value)
    raise EvaluationError("unsigned integer overflow")


def _divide(a: int, b: int) -> int:
    if b == 0:
        raise EvaluationError("division by zero")
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) is (b < 0) else -quotient


def _modulo(a: int, b: int) -> int:
    if b == 0:
        raise EvaluationError("modulus by zero")
    remainder = abs(a) % abs(b)
    return -remainder if a < 0 else remainder


def _divide_doubles(a: float, b: float) -> float:
    if b != 0.0:
        return a / b
    if a == 0.0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def _signed(operation: Callable[[int, int], int]) -> Overload:
    return free([INT, INT], INT, lambda a, b: checked_int(operation(int(a), int(b))))


def _unsigned(operation: Callable[[int, int], int]) -> Overload:
    return free([UINT, UINT], UINT, lambda a, b: checked_uint(operation(int(a), int(b))))


def _join_lists(a: list[object], b: list[object]) -> list[object]:
    return [*a, *b]


def _add_time(moment: Timestamp, span: Duration) -> Timestamp:
    return Timestamp(moment.nanos + span.nanos)


ADDITION: Final = Function(
    "_+_",
    (
        _signed(lambda a, b: a + b),
        _unsigned(lambda a, b: a + b),
        free([DOUBLE, DOUBLE], DOUBLE, lambda a, b: a + b),
        free([STRING, STRING], STRING, lambda a, b: a + b),
        free([BYTES, BYTES], BYTES, lambda a, b: a + b),
        free([list_of(T), list_of(T)], list_of(T), _join_lists),
        free([TIMESTAMP, DURATION], TIMESTAMP, _add_time),
        free([DURATION, TIMESTAMP], TIMESTAMP, lambda span, moment: _add_time(moment, span)),
        free([DURATION, DURATION], DURATION, lambda a, b: Duration(a.nanos + b.nanos)),
    ),
)

ARITHMETIC: Final = (
    ADDITION,
    Function(
        "_-_",
        (
            _signed(lambda a, b: a - b),
            _unsigned(lambda a, b: a - b),
            free([DOUBLE, DOUBLE], DOUBLE, lambda a, b: a - b),
            free([TIMESTAMP, TIMESTAMP], DURATION, lambda a, b: Duration(a.nanos - b.nanos)),
            free([TIMESTAMP, DURATION], TIMESTAMP, lambda a, b: Timestamp(a.nanos - b.nanos)),
            free([DURATION, DURATION], DURATION, lambda a, b: Duration(a.nanos - b.nanos)),
        ),
    ),
    Function(
        "_*_",
        (
            _signed(lambda a, b: a * b),
            _unsigned(lambda a, b: a * b),
            free([DOUBLE, DOUBLE], DOUBLE, lambda a, b: a * b),
        ),
    ),
    Function("_/_", (_signed(_divide), _unsigned(_divide), free([DOUBLE, DOUBLE], DOUBLE, _divide_doubles))),
    Function("_%_", (_signed(_modulo), _unsigned(_modulo))),
    Function(
        "-_",
        (free([INT], INT, lambda a: checked_int(-a)), free([DOUBLE], DOUBLE, lambda a: -a)),
    ),
    Function("!_", (free([BOOL], BOOL, lambda a: not a),)),
)

_COMPARABLE: Final[tuple[tuple[Type, Type], ...]] = (
    (BOOL, BOOL),
    *((a, b) for a in (INT, UINT, DOUBLE) for b in (INT, UINT, DOUBLE)),
    (STRING, STRING),
    (BYTES, BYTES),
    (TIMESTAMP, TIMESTAMP),
    (DURATION, DURATION),
)


def _comparison(name: str, implementation: Callable[[Any, Any], bool]) -> Function:
    return Function(name, tuple(free(pair, BOOL, implementation) for pair in _COMPARABLE))


def _contains_item(budget: Budget, item: object, items: list[object]) -> bool:
    return any(equals(budget, item, other) for other in items)


def _contains_key(budget: Budget, key: object, mapping: Mapping[object, object]) -> bool:
    return is_key(budget, mapping, key)


COMPARISONS: Final = (
    Function("_==_", (free([T, T], BOOL, equals, metered=True, cost=constant_cost),)),
    Function(
        "_!=_",
        (
            free(
                [T, T],
                BOOL,
                lambda budget, a, b: not equals(budget, a, b),
                metered=True,
                cost=constant_cost,
            ),
        ),
    ),
    _comparison("_<_", less),
    _comparison("_<=_", not_greater),
    _comparison("_>_", lambda a, b: less(b, a)),
    _comparison("_>=_", lambda a, b: not_greater(b, a)),
    Function(
        "@in",
        (
            free([T, list_of(T)], BOOL, _contains_item, metered=True, cost=constant_cost),
            free([K, map_of(K, V)], BOOL, _contains_key, metered=True, cost=constant_cost),
        ),
    ),
)

OPERATORS: Final = ARITHMETIC + COMPARISONS

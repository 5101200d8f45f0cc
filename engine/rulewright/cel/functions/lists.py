"""Lists and optional values."""

from __future__ import annotations

from functools import cmp_to_key
from typing import TYPE_CHECKING, Final, cast

from rulewright.cel.comparison import equals, less
from rulewright.cel.errors import EvaluationError
from rulewright.cel.signature import Function, T, constant_cost, free, list_of, method, optional_of
from rulewright.cel.values import BOOL, INT, NONE, STRING, Duration, OptionalValue, Timestamp

if TYPE_CHECKING:
    from rulewright.cel.limits import Budget

_MAX_FLATTEN: Final = 50


def _distinct(budget: Budget, items: list[object]) -> list[object]:
    """The items without repetitions, in order; texts are found by hash, others compared one by one."""
    kept: list[object] = []
    others: list[object] = []
    texts: set[str] = set()
    for item in items:
        budget.spend(1)
        if isinstance(item, str):
            if item in texts:
                continue
            texts.add(item)
        elif any(equals(budget, item, other) for other in others):
            continue
        else:
            others.append(item)
        kept.append(item)
    return kept


def _sort(budget: Budget, items: list[object]) -> list[object]:
    def compare(left: object, right: object) -> int:
        budget.spend(1)
        return less(right, left) - less(left, right)

    return sorted(items, key=cmp_to_key(compare))


def _slice(items: list[object], start: int, end: int) -> list[object]:
    if not 0 <= start <= end <= len(items):
        raise EvaluationError(f"cannot slice a list of {len(items)} from {start} to {end}")
    return list(items[start:end])


def _flatten(budget: Budget, items: list[object], depth: int = 1) -> list[object]:
    if not 0 <= depth <= _MAX_FLATTEN:
        raise EvaluationError(f"flatten() takes a depth from 0 to {_MAX_FLATTEN}")
    flat = items
    for _ in range(depth):
        next_level: list[object] = []
        for item in flat:
            inner = item if isinstance(item, list | tuple) else [item]
            budget.spend(1 + len(inner))
            next_level.extend(inner)
        flat = next_level
    return flat


def _range(budget: Budget, count: int) -> list[int]:
    budget.spend(max(count, 0))
    return list(range(count))


def _first(items: list[object]) -> OptionalValue:
    return OptionalValue(True, items[0]) if items else NONE


def _last(items: list[object]) -> OptionalValue:
    return OptionalValue(True, items[-1]) if items else NONE


LISTS: Final = (
    Function("distinct", (method([list_of(T)], list_of(T), _distinct, metered=True),)),
    Function("sort", (method([list_of(T)], list_of(T), _sort, metered=True),)),
    Function("slice", (method([list_of(T), INT, INT], list_of(T), _slice),)),
    Function(
        "flatten",
        (
            method([list_of(list_of(T))], list_of(T), _flatten, metered=True),
            method([list_of(T), INT], list_of(T), _flatten, metered=True),
        ),
    ),
    Function(
        "reverse",
        (
            method([STRING], STRING, lambda text: text[::-1]),
            method([list_of(T)], list_of(T), lambda items: list(reversed(items))),
        ),
    ),
    Function("first", (method([list_of(T)], optional_of(T), _first, cost=constant_cost),)),
    Function("last", (method([list_of(T)], optional_of(T), _last, cost=constant_cost),)),
    Function("lists.range", (free([INT], list_of(INT), _range, metered=True),)),
)


def _is_zero(value: object) -> bool:
    """Null, false, 0, and what is empty."""
    if isinstance(value, Duration | Timestamp):
        return value.nanos == 0
    if isinstance(value, OptionalValue):
        return not value.present
    return not value


def _of_non_zero(value: object) -> OptionalValue:
    return NONE if _is_zero(value) else OptionalValue(True, value)


def _value(optional: OptionalValue) -> object:
    if not optional.present:
        raise EvaluationError("optional.none() has no value")
    return optional.value


def _or_value(optional: OptionalValue, default: object) -> object:
    return optional.value if optional.present else default


def _unwrap(items: list[object]) -> list[object]:
    if not all(isinstance(item, OptionalValue) for item in items):
        raise EvaluationError("unwrap takes a list of optional values")
    optionals = cast("list[OptionalValue]", items)
    return [optional.value for optional in optionals if optional.present]


OPTIONALS: Final = (
    Function(
        "optional.of",
        (free([T], optional_of(T), lambda value: OptionalValue(True, value), cost=constant_cost),),
    ),
    Function("optional.none", (free([], optional_of(T), lambda: NONE),)),
    Function("optional.ofNonZeroValue", (free([T], optional_of(T), _of_non_zero, cost=constant_cost),)),
    Function("optional.unwrap", (free([list_of(optional_of(T))], list_of(T), _unwrap),)),
    Function("unwrapOpt", (method([list_of(optional_of(T))], list_of(T), _unwrap),)),
    Function("hasValue", (method([optional_of(T)], BOOL, lambda optional: optional.present),)),
    Function("value", (method([optional_of(T)], T, _value),)),
    # The evaluator takes the argument of these two only when the target holds no value.
    Function(
        "or", (method([optional_of(T), optional_of(T)], optional_of(T), lambda a, b: a if a.present else b),)
    ),
    Function("orValue", (method([optional_of(T), T], T, _or_value, cost=constant_cost),)),
)

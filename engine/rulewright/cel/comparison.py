"""Equality and order of CEL's values.

Equality is written without recursion, because data may nest deeper than Python's stack; and it counts steps,
because a list may hold one list many times over and so be exponentially larger than it looks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from rulewright.cel.errors import EvaluationError, Unknown
from rulewright.cel.limits import CHARACTERS_PER_STEP, Budget
from rulewright.cel.values import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    LIST,
    MAP,
    OPTIONAL,
    STRING,
    TIMESTAMP,
    UINT,
    OptionalValue,
    Type,
    adapt,
    kind_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBERS: Final = frozenset([INT, UINT, DOUBLE])
_ORDERED: Final = frozenset([BOOL, STRING, BYTES, TIMESTAMP, DURATION])
MISSING: Final = object()
"""What `lookup` gives where there is no such key."""


class _Ordered(Protocol):
    def __lt__(self, other: object, /) -> bool: ...


def equals(budget: Budget, left: object, right: object) -> bool:
    """CEL's `==`: numbers by value whatever their type, lists and maps by content; other types differ."""
    stack = [(left, right)]
    while stack:
        budget.spend(1)
        a, b = (adapt(value) for value in stack.pop())
        kind, other = kind_of(a), kind_of(b)
        if kind is LIST and other is LIST:
            items, others = cast("list[object]", a), cast("list[object]", b)
            if len(items) != len(others):
                return False
            budget.spend(len(items))
            stack.extend(zip(items, others, strict=True))
        elif kind is MAP and other is MAP:
            if not _pair_values(
                budget, cast("Mapping[object, object]", a), cast("Mapping[object, object]", b), stack
            ):
                return False
        elif kind is OPTIONAL and other is OPTIONAL:
            mine, theirs = cast("OptionalValue", a), cast("OptionalValue", b)
            if mine.present is not theirs.present:
                return False
            stack.append((mine.value, theirs.value))
        elif not _equal_scalars(budget, kind, a, other, b):
            return False
    return True


def _pair_values(
    budget: Budget,
    a: Mapping[object, object],
    b: Mapping[object, object],
    stack: list[tuple[object, object]],
) -> bool:
    """Put the values of equal keys on the stack; False when the keys differ."""
    if len(a) != len(b):
        return False
    budget.spend(len(a))
    for key in a:
        found = lookup(budget, b, key)
        if found is MISSING:
            return False
        stack.append((a[key], found))
    return True


def _equal_scalars(budget: Budget, kind: Type, a: object, other: Type, b: object) -> bool:
    if kind in NUMBERS and other in NUMBERS:
        return _number(kind, other, a) == _number(kind, other, b)
    if kind is not other:
        return False
    if isinstance(a, str | bytes):
        budget.spend(len(a) // CHARACTERS_PER_STEP)
    return a == b


def _number(kind: Type, other: Type, value: object) -> int | float:
    """As doubles if either is one: CEL's comparison of int and double loses what a double can't hold."""
    number = cast("int | float", value)
    if (kind is DOUBLE) is (other is DOUBLE):
        return number
    try:
        return float(number)
    except OverflowError:
        # Only data can hold such an int; it is beyond every double.
        return math.inf if number > 0 else -math.inf


def less(left: object, right: object) -> bool:
    """CEL's `<`; `EvaluationError` for values that have no order."""
    a, b = adapt(left), adapt(right)
    kind, other = kind_of(a), kind_of(b)
    if kind in NUMBERS and other in NUMBERS:
        return _number(kind, other, a) < _number(kind, other, b)
    if kind is other and kind in _ORDERED:
        return cast("_Ordered", a) < b
    raise EvaluationError(f"cannot compare {kind} < {other}")


def not_greater(left: object, right: object) -> bool:
    """CEL's `<=`: not `!(b < a)`, because of NaN."""
    a, b = adapt(left), adapt(right)
    kind, other = kind_of(a), kind_of(b)
    if kind in NUMBERS and other in NUMBERS:
        return _number(kind, other, a) <= _number(kind, other, b)
    return not less(b, a)


def read(mapping: Mapping[Any, object], key: object) -> object:
    """`mapping[key]`; `KeyError` where there is none."""
    try:
        return adapt(mapping[key])
    except (EvaluationError, Unknown) as error:
        # A mapping that computes values may have met it in another expression: its offsets mean nothing here.
        error.start = error.end = None
        raise


def lookup(budget: Budget, mapping: Mapping[object, object], key: object) -> object:
    """The value under a key, or `MISSING`; `true` is not 1 although Python's dict takes them for one."""
    if not isinstance(key, str | int | float):
        return MISSING
    if isinstance(key, str) or key not in (0, 1):
        # Not `get`: a mapping that computes its values need only define `in` and `[]`.
        return read(mapping, key) if key in mapping else MISSING
    budget.spend(len(mapping))
    for candidate in mapping:
        if candidate == key and isinstance(candidate, bool) is isinstance(key, bool):
            return read(mapping, candidate)
    return MISSING


def is_key(budget: Budget, mapping: Mapping[object, object], key: object) -> bool:
    """Whether the map has the key; membership only, the value is not read."""
    if not isinstance(key, str | int | float):
        return False
    if isinstance(key, str) or key not in (0, 1):
        return key in mapping
    budget.spend(len(mapping))
    return any(
        candidate == key and isinstance(candidate, bool) is isinstance(key, bool) for candidate in mapping
    )

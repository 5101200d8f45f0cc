"""What generated code calls: the names it may use, and the exact forms its shortcuts fall back to.

A shortcut in generated code covers the plain case; everything else comes here, where the functions of the
tree-walking evaluator decide, so that there is one meaning and not two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NoReturn

from rulewright.cel.access import given_step, index_value, is_present, select_field
from rulewright.cel.comparison import equals, is_key, less, not_greater, read
from rulewright.cel.errors import EvaluationError, Unknown
from rulewright.cel.evaluator import check_size
from rulewright.cel.limits import CHARACTERS_PER_STEP, Budget
from rulewright.cel.macro_runs import graver
from rulewright.cel.maps import MapBuilder
from rulewright.cel.signature import Function, Overload
from rulewright.cel.values import (
    NONE,
    TYPE_NAMES,
    Cidr,
    Duration,
    IpAddress,
    OptionalValue,
    Timestamp,
    Type,
    Uint,
    adapt,
    kind_of,
)

SCALARS: Final = frozenset([type(None), bool, int, Uint, float, str, bytes, Timestamp, Duration])
"""Of one class, these compare in Python as they do in CEL."""
CHEAP: Final = SCALARS - {str, bytes}
"""Those of them that compare in one step, for loops."""
ORDERED: Final = frozenset([bool, int, Uint, float, str, bytes, Timestamp, Duration])
CHEAP_ORDERED: Final = ORDERED - {str, bytes}
SIZED: Final = frozenset([str, bytes, list, tuple, dict])
PLAIN: Final = SCALARS | {list, tuple, dict, Type, OptionalValue, IpAddress, Cidr}
"""The classes `adapt` leaves as they are."""


class Absent:
    """No value: what a path gives that leads nowhere, where nobody wants to raise that."""

    __slots__ = ()


ABSENT: Final = Absent()
_PYTHONS: Final = frozenset([type(None), bool, int, float, str, bytes, list, tuple, dict])
FIELDLESS: Final = _PYTHONS | {Uint, Timestamp, Duration, Absent}
"""They have no fields; a dict none but its keys."""
NO_NUMBERS: Final = FIELDLESS - {int, float, Uint}
"""They have no order with numbers."""
NO_TEXTS: Final = FIELDLESS - {str}
NO_BYTES: Final = FIELDLESS - {bytes}

_MAX_MEMO: Final = 64
"""Combinations of classes whose overload a call remembers; expressions meet one or two."""


_REWORDED: Final = "this operation is not defined on these values"
"""Nobody sees it: the tree-walker runs next and says what is wrong, and where."""


def bad(*_: object) -> NoReturn:
    """These values have no such operation."""
    raise EvaluationError(_REWORDED)


def name(bindings: Mapping[str, object], key: str) -> object:
    """A name: a binding, or else a type."""
    try:
        return read(bindings, key)
    except KeyError:
        if key in TYPE_NAMES:
            return TYPE_NAMES[key]
    raise EvaluationError(_REWORDED)


def select(operand: object, key: str) -> object:
    """`operand.key`, where it is not simply there."""
    if type(operand) is dict:
        # Missing from a plain map: the commonest error there is, so it takes no detour.
        if key not in operand:
            raise EvaluationError(_REWORDED)
        return adapt(operand[key])
    return select_field(operand, key)


def select_optional(operand: object, key: str) -> object:
    """`operand.?key`."""
    return select_field(operand, key, optional=True)


def index(budget: Budget, operand: object, key: object) -> object:
    """`operand[key]`."""
    operand_class, key_class = type(operand), type(key)
    if operand_class is list and key_class is int and 0 <= key < len(operand):  # type: ignore[operator, arg-type]
        return adapt(operand[key])  # type: ignore[index]
    if operand_class is dict and key_class is str and key in operand:  # type: ignore[operator]
        return adapt(operand[key])  # type: ignore[index]
    return index_value(budget, operand, adapt(key))


def index_optional(budget: Budget, operand: object, key: object) -> object:
    """`operand[?key]`."""
    return index_value(budget, operand, adapt(key), optional=True)


def step(budget: Budget, value: object, key: object) -> object:
    """One step of a path that `given` follows."""
    return None if value is None else given_step(budget, value, key)


def equal(budget: Budget, left: object, right: object) -> bool:
    """`==`."""
    if type(left) is str and type(right) is str:
        budget.spend(1 + len(left) // CHARACTERS_PER_STEP)
        return left == right
    return equals(budget, left, right)


def contains(budget: Budget, item: object, collection: object) -> bool:
    """`item in collection`."""
    collection_class = type(collection)
    if type(item) is str:
        if collection_class is dict:
            return item in collection  # type: ignore[operator]
        if collection_class is list:
            # At most what comparing one by one would cost.
            budget.spend(len(collection) * (1 + len(item) // CHARACTERS_PER_STEP))  # type: ignore[arg-type]
            return item in collection  # type: ignore[operator]
    item, collection = adapt(item), adapt(collection)
    kind_of(item)
    if isinstance(collection, list | tuple):
        return any(equals(budget, item, other) for other in collection)
    if isinstance(collection, Mapping):
        return is_key(budget, collection, item)
    return bad()


def some(value: object) -> OptionalValue:
    """An optional value that is there."""
    return OptionalValue(True, value)


def opened(value: object) -> bool:
    """Whether an optional value is there; anything else is an error."""
    return value.present if isinstance(value, OptionalValue) else bad(value)


def optional(value: object) -> OptionalValue:
    """The value, which must be optional."""
    return value if isinstance(value, OptionalValue) else bad(value)


def maybe(value: object) -> tuple[object, ...]:
    """The element `[?value]` adds, or none."""
    return (value.value,) if opened(value) else ()  # type: ignore[attr-defined]


def add_optional(builder: MapBuilder, key: object, value: object) -> None:
    """Add `{?key: value}` where the value is there."""
    for present in maybe(value):
        builder.add(key, present)


def add_entries(builder: MapBuilder, entries: object) -> None:
    """What one round of transformMapEntry adds."""
    if not isinstance(entries, Mapping):
        bad(entries)
    for key in entries:
        builder.add(key, entries[key])


def rounds(budget: Budget, items: object, cost: int) -> Iterable[object]:
    """The items or keys a macro goes through. All rounds are paid for at once, whether they are run or not.

    So this never counts less than the tree-walker, which decides where the budget seems to be used up.
    """
    if type(items) is not list and not isinstance(items, list | tuple | Mapping):
        bad(items)
    budget.spend(len(items) * cost)
    return items


def item_rounds(budget: Budget, items: object, cost: int) -> Iterable[object]:
    """The same for `find`, which takes no map."""
    return rounds(budget, items if isinstance(items, list | tuple) else bad(items), cost)


def pair_rounds(budget: Budget, items: object, cost: int) -> Iterable[tuple[object, object]]:
    """Index and item, or key and value."""
    if not isinstance(items, list | tuple | Mapping):
        bad(items)
    budget.spend(len(items) * cost)
    if isinstance(items, Mapping):
        return ((key, items[key]) for key in items)
    return enumerate(items)


Held = EvaluationError | Unknown | KeyError | type[KeyError]
"""The class stands for an error nobody raised."""


def hold(held: Held | None, error: Exception) -> Held:
    """Keep an error until it is clear whether it matters; what is none of CEL's goes on at once."""
    if not isinstance(error, EvaluationError | Unknown):
        raise error
    if held is None or isinstance(held, EvaluationError | Unknown):
        return graver(held, error)
    return error if isinstance(error, Unknown) else held


def join(held: Held | None, found: Held) -> Held:
    """The same for an error that was given and not raised."""
    return hold(held, found) if isinstance(found, EvaluationError | Unknown) else held or found


def built(budget: Budget, value: object) -> object:
    """The result, if it is not too large to print or store."""
    if isinstance(value, list | dict):
        check_size(budget, value)
    return value


def caller(function: Function | None, method: bool) -> Callable[..., object]:
    """What calls a function: picks the overload by the classes of the values and remembers it."""
    if function is None:
        return bad
    memo: dict[tuple[type, ...], Overload] = {}

    def call(budget: Budget, *values: object) -> object:
        args: Sequence[object] = values
        classes = tuple(map(type, values))
        overload = memo.get(classes)
        if overload is None:
            args = [adapt(value) for value in values]
            overload = function.select([kind_of(arg) for arg in args], method=method)
            if overload is None:
                bad(function.name)
            if PLAIN.issuperset(classes) and len(memo) < _MAX_MEMO:
                memo[classes] = overload
        try:
            return adapt(overload.call(budget, args))
        except (ValueError, TypeError, ArithmeticError, LookupError) as error:
            raise EvaluationError(_REWORDED) from error

    return call


NAMES: Final[Mapping[str, object]] = {
    "__builtins__": {},
    **{kind.__name__: kind for kind in (bytes, dict, float, int, list, str)},
    **{kind.__name__: kind for kind in (Budget, MapBuilder, OptionalValue)},
    **{error.__name__: error for error in (Exception, KeyError)},
    **{f.__name__: f for f in (isinstance, len)},
    "ABSENT": ABSENT,
    "FIELDLESS": FIELDLESS,
    "NO_NUMBERS": NO_NUMBERS,
    "NO_TEXTS": NO_TEXTS,
    "NO_BYTES": NO_BYTES,
    "SCALARS": SCALARS,
    "CHEAP": CHEAP,
    "ORDERED": ORDERED,
    "CHEAP_ORDERED": CHEAP_ORDERED,
    "SIZED": SIZED,
    "PLAIN": PLAIN,
    "NONE": NONE,
    **{
        f.__name__: f
        for f in (
            adapt,
            add_entries,
            add_optional,
            bad,
            built,
            contains,
            equal,
            hold,
            index,
            index_optional,
            item_rounds,
            join,
            less,
            maybe,
            name,
            not_greater,
            opened,
            optional,
            pair_rounds,
            is_present,
            rounds,
            select,
            select_optional,
            some,
            step,
        )
    },
}
"""Every name generated code may use that it does not make itself."""

"""Which overloads of a function take arguments of these types, and what they give."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from rulewright.cel.checker.types import (
    NOTHING,
    NUMBERS,
    comparable,
    is_nullable,
    is_open,
    item_of,
    joined,
    params_of,
    without_null,
)
from rulewright.cel.signature import Function, Overload
from rulewright.cel.values import DYN, NULL, Type

OF_ANY_NUMBERS = frozenset(["math.greatest", "math.least"])


class Resolution(Struct, frozen=True):
    """The type a call gives, and the arguments that must not be null although they may be."""

    result: Type
    unsafe: tuple[int, ...] = ()


def resolve(function: Function, kinds: Sequence[Type], *, method: bool) -> Resolution | None:
    """The resolution of a call; None where no overload takes these types."""
    plain = [without_null(kind) for kind in kinds]
    if function.name in OF_ANY_NUMBERS:
        return _of_numbers(plain, kinds)
    results = _results(function, plain, method=method)
    if not results:
        return None
    unsafe: list[int] = []
    for index, kind in enumerate(kinds):
        asked = _as_null(kind)
        if asked is not None:
            with_null = _results(function, [*plain[:index], asked, *plain[index + 1 :]], method=method)
            results += with_null
            if not with_null:
                unsafe.append(index)
    return Resolution(_joined(results), tuple(unsafe))


def _as_null(kind: Type) -> Type | None:
    """What the argument is when its null comes: null itself, or a list of nulls."""
    if is_nullable(kind):
        return NULL
    return Type("list", (NULL,)) if kind.name == "list" and is_nullable(item_of(kind)) else None


def _results(function: Function, kinds: Sequence[Type], *, method: bool) -> list[Type]:
    found = (_result(overload, kinds) for overload in function.overloads if overload.method is method)
    return [result for result in found if result is not None]


def _result(overload: Overload, kinds: Sequence[Type]) -> Type | None:
    params = overload.params
    if overload.variadic and len(kinds) > len(params):
        params = (*params, *[params[-1]] * (len(kinds) - len(params)))
    if len(params) != len(kinds):
        return None
    bound: dict[str, Type] = {}
    if all(takes(param, kind, bound) for param, kind in zip(params, kinds, strict=True)):
        return _filled(overload.result, bound)
    return None


def takes(param: Type, kind: Type, bound: dict[str, Type]) -> bool:
    """Whether a parameter takes a value of this type; type parameters are put into `bound`."""
    if param.variable:
        if not comparable(bound.get(param.name, NOTHING), kind):
            return False
        bound[param.name] = joined(bound.get(param.name, NOTHING), kind)
        return True
    if is_open(kind):
        # What comes may be anything, so what it is made of may be anything, too.
        return all(takes(inner, DYN, bound) for inner in param.params)
    if param.name == "dyn":
        return True
    if param.name != kind.name:
        return False
    inner = [kind if kind == NULL else without_null(kind) for kind in params_of(kind)]
    if any(variable.variable for variable in param.params):
        inner = list(params_of(kind))
    return len(param.params) <= len(inner) and all(
        takes(part, given, bound) for part, given in zip(param.params, inner, strict=False)
    )


def _filled(result: Type, bound: dict[str, Type]) -> Type:
    if result.variable:
        return bound.get(result.name, NOTHING)
    if not result.params:
        return result
    return Type(result.name, tuple(_filled(part, bound) for part in result.params))


def _joined(results: Sequence[Type]) -> Type:
    result = NOTHING
    for one in results:
        result = joined(result, one)
    return result


def _of_numbers(plain: Sequence[Type], kinds: Sequence[Type]) -> Resolution | None:
    """greatest and least are declared for any value, but take numbers, or one list of them."""
    asked = [item_of(plain[0])] if len(plain) == 1 and plain[0].name == "list" else list(plain)
    numbers = [without_null(kind) for kind in asked]
    if not plain or not all(is_open(kind) or kind in NUMBERS for kind in numbers):
        return None
    unsafe = tuple(index for index, kind in enumerate(kinds) if _as_null(kind) is not None)
    return Resolution(_joined(numbers), unsafe)

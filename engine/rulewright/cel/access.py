"""Reading a field of a map or an item of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rulewright.cel.comparison import MISSING, lookup, read
from rulewright.cel.errors import EvaluationError
from rulewright.cel.values import NONE, OptionalValue, adapt, kind_name

if TYPE_CHECKING:
    from rulewright.cel.limits import Budget


def select_field(operand: object, field: str, *, optional: bool = False) -> object:
    """`operand.field`. What is selected from an optional value, or by `.?`, is an optional value."""
    if isinstance(operand, OptionalValue):
        return _select_optional(operand.value, field) if operand.present else NONE
    if optional:
        return _select_optional(operand, field)
    if not isinstance(operand, Mapping):
        raise _no_fields(operand, field)
    try:
        return read(operand, field)
    except KeyError:
        raise EvaluationError(f'no such field "{field}"') from None


def _select_optional(operand: object, field: str) -> OptionalValue:
    if not isinstance(operand, Mapping):
        raise _no_fields(operand, field)
    return OptionalValue(True, read(operand, field)) if field in operand else NONE


def _no_fields(operand: object, field: str) -> EvaluationError:
    return EvaluationError(f'cannot read "{field}" of {kind_name(operand)}')


def is_present(operand: object, field: str) -> bool:
    """`has(operand.field)`."""
    if isinstance(operand, OptionalValue):
        return operand.present and is_present(operand.value, field)
    if not isinstance(operand, Mapping):
        raise _no_fields(operand, field)
    return field in operand


def index_value(budget: Budget, operand: object, index: object, *, optional: bool = False) -> object:
    """`operand[index]`; from an optional value, or by `[?`, an optional value."""
    if isinstance(operand, OptionalValue):
        if not operand.present:
            return NONE
        operand, optional = operand.value, True
    found = _find(budget, operand, index, computed=not optional)
    if optional:
        return NONE if found is MISSING else OptionalValue(True, adapt(found))
    if found is MISSING:
        shown = f'"{index}"' if isinstance(index, str) else str(index).lower()
        if isinstance(operand, Mapping):
            raise EvaluationError(f"no such key {shown}")
        raise EvaluationError(f"no item {shown}: the list has {len(operand)}")  # type: ignore[arg-type]
    return adapt(found)


def _find(budget: Budget, operand: object, index: object, *, computed: bool) -> object:
    """The item or value, or `MISSING`; an error where the operand or the index is of the wrong type.

    A mapping that computes values may have one for a key it doesn't list: taken where `computed`.
    """
    if isinstance(operand, Mapping):
        if computed and type(operand) is not dict and isinstance(index, str):
            try:
                return read(operand, index)
            except KeyError:
                return MISSING
        return lookup(budget, operand, index)
    if isinstance(operand, list | tuple):
        return _item(operand, index)
    raise EvaluationError(f"cannot index {kind_name(operand)}")


def _item(items: Sequence[object], index: object) -> object:
    if isinstance(index, bool) or not isinstance(index, int | float):
        raise EvaluationError(f"a list's index can't be {kind_name(index)}")
    if isinstance(index, float) and not index.is_integer():
        raise EvaluationError(f"a list's index must be whole, not {index}")
    position = int(index)
    return items[position] if 0 <= position < len(items) else MISSING


def given_step(budget: Budget, value: object, key: object) -> object:
    """The value one step of a `given` path further, or None where it is absent."""
    if isinstance(value, OptionalValue):
        value = value.value
    if isinstance(value, Mapping):
        found = lookup(budget, value, key)
        return None if found is MISSING else adapt(found)
    if isinstance(value, list | tuple) and isinstance(key, int | float) and not isinstance(key, bool):
        found = _item(value, key)
        return None if found is MISSING else adapt(found)
    return None

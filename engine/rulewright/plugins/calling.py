"""What plug-ins declared, ready to be called while payloads are decided: what they raise does not get out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rulewright.cel import CelError, EvaluationError, Function, Overload, Type, kind_of
from rulewright.cel.limits import CHARACTERS_PER_STEP
from rulewright.cel.values import (
    BOOL,
    DOUBLE,
    DYN,
    INT,
    INT_MAX,
    INT_MIN,
    STRING,
    TIMESTAMP,
    Duration,
    Timestamp,
    adapt,
)
from rulewright.dialects import Dialect, rfc9457
from rulewright.fieldtypes import FieldType, SafeCheck, resolve
from rulewright.plugins.kinds import CelFunction, ErrorDialect
from rulewright.problem import Problem

TYPES: Final = {
    "string": STRING,
    "int": INT,
    "double": DOUBLE,
    "bool": BOOL,
    "timestamp": TIMESTAMP,
    "list": Type("list", (DYN,)),
    "map": Type("map", (DYN, DYN)),
    "dyn": DYN,
}


def callable_function(declared: CelFunction) -> Function:
    """The row of the function table for a declared function."""
    result = TYPES[declared.result]

    def call(*values: object) -> object:
        try:
            found = adapt(declared.call(*map(as_python, values)))
        except (CelError, KeyboardInterrupt):
            raise
        except BaseException as error:
            # Its text may quote a value that nobody may see.
            raise EvaluationError(f"{declared.name}() fails with {type(error).__name__}") from None
        _require(declared, found, result)
        return found

    def cost(*values: object) -> int:
        read = sum(len(one) // CHARACTERS_PER_STEP for one in values if isinstance(one, str))
        held = sum(len(one) for one in values if isinstance(one, list | tuple | dict))
        return declared.cost + read + held

    params = tuple(TYPES[name] for name in declared.params)
    return Function(declared.name, (Overload(params, result, call, cost=cost),))


def as_python(value: object) -> object:
    """The value as functions of plug-ins get it: they know Python's moments and spans, not those of CEL."""
    if isinstance(value, Timestamp):
        return value.to_datetime()
    return value.to_timedelta() if isinstance(value, Duration) else value


def _require(declared: CelFunction, found: object, result: Type) -> None:
    """Raise where the function gives something else than it promises: null is allowed for `dyn` only."""
    try:
        kind = kind_of(found)
    except EvaluationError:
        kind = None
    if kind is None or (result is not DYN and kind.name != result.name):
        given = type(found).__name__
        raise EvaluationError(f"{declared.name}() must give {declared.result}, but gave {given}")
    if isinstance(found, int) and not INT_MIN <= found <= INT_MAX:
        raise EvaluationError(f"{declared.name}() must give a whole number of 64 bits, but gave a longer one")


def safe_dialect(declared: ErrorDialect) -> Dialect:
    """A dialect that always answers: the refusal stands whether or not its words can be found."""

    def write(status: int, problems: Sequence[Problem]) -> object:
        try:
            return declared.write(status, problems)
        except KeyboardInterrupt:
            raise
        except BaseException:
            return rfc9457(status, problems)

    return write


def safe_type(declared: FieldType) -> FieldType:
    """A field type whose check can't stop the fast path."""
    if declared.check is None:
        return declared
    return replace(declared, check=SafeCheck(resolve(declared.check)))

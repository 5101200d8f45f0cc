"""Facts: records that were read and facts that rules inferred, with the keys that they are joined by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from rulewright.cel import Duration, Timestamp

# Sorts facts and tells two of them apart: given ones by their position, inferred ones by their values.
FactKey = tuple[int, str, int | str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. `keys` are the tokens (see `join_token`) of the fields that rules join it by.

    A field that can't be read has no token, and joins nothing.
    """

    kind: str
    # Holds the values of an inferred fact, some of which may be secrets.
    key: FactKey = field(repr=False)
    values: Mapping[str, object] = field(compare=False, repr=False)
    keys: Mapping[str, str] = field(compare=False, repr=False)

    @property
    def is_given(self) -> bool:
        """Whether it was there before any rule fired."""
        return self.key[0] == 0


def given_fact(kind: str, position: int, values: Mapping[str, object], keys: Mapping[str, str]) -> Fact:
    """A record as a fact; two records are two facts, alike or not."""
    return Fact(kind, (0, kind, position), values, keys)


def inferred_fact(kind: str, values: Mapping[str, object]) -> Fact:
    """A fact that a rule asserts. Two with the same values are one.

    `values` are scalars of CEL; raises TypeError for a list or a map.
    """
    identity = "\x1f".join(f"{name}={_identity(values[name])}" for name in sorted(values))
    tokens = {name: join_token(value) for name, value in values.items()}
    keys = {name: token for name, token in tokens.items() if token is not None}
    return Fact(kind, (1, kind, identity), values, keys)


def join_token(value: object) -> str | None:
    """Return a text that two values share exactly if `==` of CEL holds for them; None for NaN.

    Raises TypeError for what is no scalar.
    """
    if isinstance(value, float):
        if math.isnan(value):
            return None
        # In CEL a whole number equals the int of the same value.
        return f"d{int(value)}" if value.is_integer() else f"f{value!r}"
    return _token(value, "d")


def _identity(value: object) -> str:
    """As `join_token`, but 1 and 1.0 are two: which of them a rule reads may make a difference."""
    return f"f{value!r}" if isinstance(value, float) else _token(value, "i")


def _token(value: object, number: str) -> str:
    match value:
        case None:
            return "n"
        case bool():
            return f"b{int(value)}"
        case int():
            return f"{number}{int(value)}"
        case str():
            # Lengths keep a text from reading like the end of one value and the start of the next.
            return f"s{len(value)}:{value}"
        case bytes():
            return f"y{value.hex()}"
        case Timestamp():
            return f"t{value.nanos}"
        case Duration():
            return f"u{value.nanos}"
        case datetime():
            return f"t{Timestamp.from_datetime(value).nanos}"
        case date():
            return f"t{Timestamp.from_datetime(datetime(value.year, value.month, value.day)).nanos}"
    raise TypeError(f"a fact holds texts, numbers, booleans, instants and null, not a {type(value).__name__}")

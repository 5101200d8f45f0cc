"""The checker's types: CEL's, records with named fields, and what may be null.

Two types stand beside CEL's own: `wrapper(T)` is T or null, and `nothing` is the type of what an empty list
holds: it fits everywhere, and gives way to any other type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rulewright.cel.values import BOOL, DOUBLE, DYN, INT, NULL, STRING, UINT, Type

NOTHING: Final = Type("nothing")
NUMBERS: Final = frozenset([INT, UINT, DOUBLE])
KEYS: Final = frozenset([INT, UINT, BOOL, STRING])
"""What the keys of a map may be."""

_PARAMETERS: Final[Mapping[str, tuple[Type, ...]]] = {
    "list": (DYN,),
    "map": (DYN, DYN),
    "optional_type": (DYN,),
    "type": (DYN,),
}
"""What a type written without parameters has for them."""


@dataclass(frozen=True, slots=True)
class RecordField:
    """A field of a record. `optional`: it may be absent, which reads as null; `nullable`: it may be null."""

    type: Type
    optional: bool = False
    nullable: bool = False
    values: frozenset[str] = frozenset()
    """The only texts it may be, where that is known."""

    @property
    def read_type(self) -> Type:
        """The type of what reading the field gives."""
        return nullable(self.type) if self.optional or self.nullable else self.type


@dataclass(frozen=True, slots=True)
class RecordType(Type):
    """A map whose keys are known. Two records with one `label` are of one type."""

    label: str = ""
    fields: Mapping[str, RecordField] = field(default_factory=dict, compare=False)


def record(label: str, fields: Mapping[str, RecordField]) -> RecordType:
    """The type of a map with these fields."""
    return RecordType("map", (STRING, DYN), label=label, fields=fields)


def nullable(kind: Type) -> Type:
    """T or null."""
    if kind.name in ("wrapper", "dyn", "null_type"):
        return kind
    return NULL if kind is NOTHING else Type("wrapper", (kind,))


def without_null(kind: Type) -> Type:
    """T of T or null."""
    return kind.params[0] if kind.name == "wrapper" else kind


def is_nullable(kind: Type) -> bool:
    """May this be null beside something else?"""
    return kind.name == "wrapper"


def is_open(kind: Type) -> bool:
    """Is nothing known about this type?"""
    return kind.name == "dyn" or kind is NOTHING


def params_of(kind: Type) -> tuple[Type, ...]:
    """The parameters of a type; those of a bare `list` are dynamic."""
    return kind.params or _PARAMETERS.get(kind.name, ())


def item_of(kind: Type) -> Type:
    """The type of a list's items."""
    return params_of(kind)[0] if kind.name == "list" else DYN


def joined(one: Type, other: Type) -> Type:
    """The type of a value that is of either type; dyn where they have nothing in common."""
    if one == other or other is NOTHING:
        return one
    if one is NOTHING:
        return other
    if one.name == "dyn" or other.name == "dyn":
        return DYN
    if NULL in (one, other) or is_nullable(one) or is_nullable(other):
        return nullable(joined(_not_null(one), _not_null(other)))
    mine, theirs = params_of(one), params_of(other)
    if one.name != other.name or len(mine) != len(theirs) or not mine:
        return DYN
    return Type(one.name, tuple(joined(a, b) for a, b in zip(mine, theirs, strict=True)))


def _not_null(kind: Type) -> Type:
    return NOTHING if kind == NULL else without_null(kind)


def comparable(one: Type, other: Type) -> bool:
    """Can a value of one type ever equal one of the other? Numbers count by value; null is left aside."""
    one, other = without_null(one), without_null(other)
    if is_open(one) or is_open(other) or NULL in (one, other):
        return True
    if one in NUMBERS and other in NUMBERS:
        return True
    if one.name != other.name:
        return False
    if one.name == "type" or isinstance(one, RecordType) or isinstance(other, RecordType):
        return True
    return all(map(comparable, params_of(one), params_of(other)))


def fits(expected: Type, actual: Type) -> bool:
    """Can a value of this type be used where that one is expected? Null is left aside."""
    expected, actual = without_null(expected), without_null(actual)
    if is_open(expected) or is_open(actual) or actual == NULL:
        return True
    if expected == DOUBLE:
        return actual in NUMBERS
    if expected.name != actual.name:
        return False
    if isinstance(expected, RecordType) or isinstance(actual, RecordType):
        return True
    return all(map(fits, params_of(expected), params_of(actual)))


def finished(kind: Type) -> Type:
    """The type with dyn in the place of what nothing is known about."""
    if kind is NOTHING:
        return DYN
    if not kind.params or isinstance(kind, RecordType):
        return kind
    return Type(kind.name, tuple(map(finished, kind.params)), kind.variable)

"""How large values may be: what a schema's maxima say, and what is taken where it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct, field

from rulewright.cel.limits import CHARACTERS_PER_STEP

DEFAULT_CHARACTERS: Final = 250
DEFAULT_ITEMS: Final = 100
_DEEPEST: Final = 5
"""Levels of fields and items that are told apart."""
MOST: Final = 10**15
"""Sizes and costs stop here: beyond every limit, and small enough to reckon with."""


class Size(Struct, frozen=True):
    """The largest a value may be: characters of a text, items of a list or map, or a whole number itself.

    `item` is the size of one item, `fields` those of a record; what they leave out has the defaults.
    """

    count: int
    kind: Literal["text", "items", "scalar"] = "items"
    item: Size | None = None
    fields: Mapping[str, Size] = field(default_factory=dict)

    @property
    def each(self) -> Size:
        """The size of one item."""
        return UNKNOWN if self.item is None else self.item

    def field(self, name: str) -> Size:
        """The size of a field."""
        return self.fields.get(name, self.each)

    def steps(self, depth: int = 4) -> int:
        """What copying or comparing the value as a whole costs."""
        if self.kind == "scalar":
            return 1
        if self.kind == "text":
            return 1 + self.count // CHARACTERS_PER_STEP
        if self.fields:
            return _capped(1 + sum(size.steps(depth - 1) for size in self.fields.values())) if depth else 1
        return _capped(1 + self.count * (self.item.steps(depth - 1) if self.item and depth else 1))


def text_of(characters: int = DEFAULT_CHARACTERS) -> Size:
    """The size of a text."""
    return Size(_capped(characters), "text")


def list_of_size(count: int, item: Size) -> Size:
    """The size of a list or map."""
    return Size(_capped(count), item=item)


def number_of_size(largest: int = DEFAULT_ITEMS) -> Size:
    """The size of a number: how many rounds or characters it may stand for."""
    return Size(_capped(abs(largest)), "scalar")


def larger(one: Size, other: Size, depth: int = _DEEPEST) -> Size:
    """A size that holds either value; what lies deep within is taken to be as large as is common."""
    if one is other:
        return one
    if depth == 0:
        return Size(max(one.count, other.count), item=UNKNOWN)
    names = {**one.fields, **other.fields}
    fields = {name: larger(one.field(name), other.field(name), depth - 1) for name in names}
    items = [size.item for size in (one, other) if size.item is not None]
    item = items[0] if len(items) == 1 else larger(items[0], items[1], depth - 1) if items else None
    kind = one.kind if one.kind == other.kind else "items"
    return Size(max(one.count, other.count), kind, item, fields)


def _capped(number: int) -> int:
    return min(number, MOST)


SCALAR: Final = Size(1, "scalar")
"""What takes one step whatever its value: true, 1.5, a date."""
UNKNOWN: Final = Size(DEFAULT_ITEMS, item=Size(DEFAULT_CHARACTERS, "text"))
"""A value nothing is known about: as large as a list or a text commonly is."""

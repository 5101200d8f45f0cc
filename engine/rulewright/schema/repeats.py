"""Which values are equal: true is not 1, and 1.0 is. Which items stand twice is told in linear time."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any


class Kept(list[Any]):
    """A list without its repeats. `places` says at which index each item stood before."""

    __slots__ = ("places",)

    def __init__(self, items: Sequence[Any], places: Sequence[int]) -> None:
        super().__init__(items[place] for place in places)
        self.places = tuple(places)


def is_one_of(value: object, options: tuple[object, ...] | list[object]) -> bool:
    """Whether `value` equals an option; true is not 1."""
    return any(value == option and isinstance(value, bool) == isinstance(option, bool) for option in options)


def has_repeats(items: Sequence[Any]) -> bool:
    """Whether an item stands twice."""
    return len(set(map(_identity, items))) < len(items)


def without_repeats(items: list[Any], unsound: Collection[Any] = ()) -> list[Any]:
    """Return the first of each item; the very list where none stands twice.

    `unsound` are the places of items with an error, of which nobody knows what they are: all are kept.
    """
    places = first_places(items, unsound)
    return items if len(places) == len(items) else Kept(items, places)


def first_places(items: Sequence[Any], unsound: Collection[Any] = ()) -> list[int]:
    """Where each item stands first; `unsound` as above."""
    firsts: dict[Hashable, int] = {}
    for place, item in enumerate(items):
        firsts.setdefault((None, place) if place in unsound else _identity(item), place)
    return [*firsts.values()]


def _identity(value: Any) -> Hashable:
    """Return a key that two values share exactly if they are equal."""
    if isinstance(value, bool):
        # To a dict true is 1.
        return (bool, value)
    if isinstance(value, list | tuple):
        return (list, tuple(map(_identity, value)))
    if isinstance(value, Mapping):
        return (dict, frozenset((name, _identity(part)) for name, part in value.items()))
    return value if isinstance(value, Hashable) else (type(value), repr(value))

"""JSON Pointers (RFC 6901): the names on the way to a value, written as one text, and read again.

Imports nothing: a warm start needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from typing import Final

# No list is as long as to need more digits, and Python reads no number of some thousand of them.
_MOST_DIGITS: Final = 9


def escape_pointer(name: str) -> str:
    """Write a name as a reference token of a JSON Pointer (section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def steps_of(pointer: str) -> list[str]:
    """The names and indexes on the way to a JSON Pointer; none of "", the whole."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def index_in(values: Sized, step: str) -> int | None:
    """The index that a step means in a list; None for a name, and for what is beyond the list's end."""
    if not step.isdecimal() or len(step) > _MOST_DIGITS:
        return None
    index = int(step)
    return index if index < len(values) else None


def part_at(value: object, step: str, otherwise: object) -> object:
    """What a map or a list holds at one step; `otherwise` where it holds nothing there."""
    if isinstance(value, Mapping) and step in value:
        return value[step]
    if isinstance(value, list | tuple) and (index := index_in(value, step)) is not None:
        return value[index]
    return otherwise


def pointer_to(steps: Iterable[str]) -> str:
    """The JSON Pointer to what stands at the end of these names and indexes."""
    return "".join(f"/{escape_pointer(step)}" for step in steps)

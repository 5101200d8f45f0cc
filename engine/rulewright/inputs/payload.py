"""What reading gives: a payload and where its values stand, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

# JSON Pointers of one payload -> "file:line:column" each, of the value or of what lacks it.
Locator = Callable[[Collection[str]], Mapping[str, str]]
# The same below one item of a document that is a list.
ItemLocator = Callable[[int, Collection[str]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Payload:
    """One payload, as JSON decoding gives it, and where it starts.

    `raw` is its own text where that is at hand (a line of JSONL). `alone` says that it is the whole of
    its document, and no item of a list.
    """

    value: object
    at: str
    locate: Locator = field(repr=False, compare=False)
    raw: bytes | None = None
    alone: bool = False
    locate_item: ItemLocator | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """Text where a payload should be and none can be read. `code` is a problem's code."""

    code: Literal["invalid_json", "limit"]
    message: str
    at: str
    raw: bytes = b""
    alone: bool = False


Item: TypeAlias = Payload | Broken


def places_of(item: Item, pointers: Collection[str]) -> Mapping[str, str]:
    """Where the values at JSON Pointers stand. Worked out when asked: most payloads have no problem."""
    if isinstance(item, Broken) or not pointers:
        return dict.fromkeys(pointers, item.at)
    return item.locate(pointers)

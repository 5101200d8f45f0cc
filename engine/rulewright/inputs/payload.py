"""What reading gives: a payload and where its values stand, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from rulewright.inputs.json_places import locate_in_line
from rulewright.inputs.limits import MAX_VALUES, ROOMY_BYTES

# JSON Pointers of one payload -> "file:line:column" each, of the value or of what lacks it.
Locator = Callable[[Collection[str]], Mapping[str, str]]
# The same below one item of a document that is a list.
ItemLocator = Callable[[int, Collection[str]], Mapping[str, str]]


class LineLocator(Struct, frozen=True):
    """A Locator for a line of JSONL; a `partial` takes three times as long to make."""

    name: str
    number: int
    raw: bytes

    def __call__(self, pointers: Collection[str]) -> Mapping[str, str]:
        return locate_in_line(self.name, self.number, self.raw, pointers)


class Payload(Struct, frozen=True):
    """One payload, as JSON decoding gives it, and where it starts.

    `raw` is its own text where that is at hand (a line of JSONL). `alone` says that it is the whole of
    its document, and no item of a list.
    """

    value: object
    at: str
    locate: Locator
    raw: bytes | None = None
    alone: bool = False
    locate_item: ItemLocator | None = None


class Broken(Struct, frozen=True):
    """Text where a payload should be and none can be read. `code` is a problem's code."""

    code: Literal["invalid_json", "limit"]
    message: str
    at: str
    raw: bytes = b""
    alone: bool = False


Item: TypeAlias = Payload | Broken


def bound_values(payload: Payload, size: int | None = None) -> Item:
    """The payload, or why it is not looked at.

    `size` is that of its text, in bytes or characters: of a short one nothing is counted. None: not known.
    """
    if (size is not None and size <= ROOMY_BYTES) or not holds_many(payload.value):
        return payload
    message = f"the payload holds more than {MAX_VALUES:,} values"
    return Broken("limit", message, payload.at, payload.raw or b"", payload.alone)


def holds_many(value: object) -> bool:
    """Whether there are more values in an object or a list, however deep, than a payload may hold."""
    count, waiting = 0, [value]
    while waiting and count <= MAX_VALUES:
        one = waiting.pop()
        parts = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        count += len(parts)
        waiting += (part for part in parts if isinstance(part, dict | list))
    return count > MAX_VALUES


def places_of(item: Item, pointers: Collection[str]) -> Mapping[str, str]:
    """Where the values at JSON Pointers stand. Worked out when asked: most payloads have no problem."""
    if isinstance(item, Broken) or not pointers:
        return dict.fromkeys(pointers, item.at)
    return item.locate(pointers)

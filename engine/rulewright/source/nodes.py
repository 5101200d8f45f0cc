"""Nodes of a YAML file: scalars, lists and maps, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rulewright.pointers import index_in, steps_of
from rulewright.problem import Severity, SourceProblem, Span
from rulewright.source.locate import character_ranges
from rulewright.source.text import SourceText

Style = Literal["plain", "single", "double", "literal", "folded"]
# What to_plain gives: str, int, float, bool, None, list and dict.
Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"


class _Reporting:
    """What every node can do: give a problem of its own place."""

    __slots__ = ()
    span: Span
    origin: SourceText

    def problem(
        self, code: str, message: str, *, hint: str | None = None, severity: Severity = "error"
    ) -> SourceProblem:
        """A problem at this node."""
        return self.origin.problem(code, message, self.span, hint=hint, severity=severity)


@dataclass(frozen=True, slots=True)
class Scalar(_Reporting):
    """One value. `text` is what YAML decodes it to, `value` the same under the strict typing.

    `start` and `end` delimit the raw text in `origin`, quotes and block headers included.
    """

    value: str | int | float | bool | None
    text: str
    style: Style
    span: Span
    origin: SourceText = field(repr=False, compare=False)
    start: int = field(repr=False, compare=False)
    end: int = field(repr=False, compare=False)

    def locate(self, start: int, end: int) -> Span:
        """Where the characters `start` to `end` of `text` stand in the file, whatever the style."""
        raw = self.origin.text[self.start : self.end]
        ranges = character_ranges(raw, self.style, self.text)
        if ranges is None:
            return self.span
        if not ranges:
            return self.origin.span(self.start, self.start)
        first = min(max(start, 0), len(ranges))
        begin = ranges[first][0] if first < len(ranges) else ranges[-1][1]
        finish = ranges[min(end, len(ranges)) - 1][1] if end > first else begin
        return self.origin.span(self.start + begin, self.start + max(begin, finish))

    @property
    def comment(self) -> Span | None:
        """The comment right behind a plain scalar: perhaps a ` #` that cut the text short."""
        if self.style != "plain":
            return None
        rest = self.origin.text[self.end : self.origin.line_end(self.end)]
        if not rest.lstrip(" \t").startswith("#"):
            return None
        start = self.end + rest.index("#")
        return self.origin.span(start, self.origin.line_end(start))


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a map and what it holds."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class ListNode(_Reporting):
    """A YAML list."""

    items: tuple[Node, ...]
    span: Span
    origin: SourceText = field(repr=False, compare=False)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class MapNode(_Reporting):
    """A YAML map; keys are text, and each is there once."""

    entries: tuple[Entry, ...]
    span: Span
    origin: SourceText = field(repr=False, compare=False)
    _by_key: dict[str, Entry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The one way to fill a field of a frozen object from its others.
        object.__setattr__(self, "_by_key", {entry.key.text: entry for entry in self.entries})

    def get(self, key: str) -> Node | None:
        """What `key` holds, or None."""
        entry = self.entry(key)
        return None if entry is None else entry.value

    def entry(self, key: str) -> Entry | None:
        """The entry of `key`, or None."""
        return self._by_key.get(key)

    def keys(self) -> tuple[str, ...]:
        """The keys as written, in order."""
        return tuple(entry.key.text for entry in self.entries)


Node = Scalar | ListNode | MapNode


def to_plain(node: Node) -> Plain:
    """The node as Python's own str, int, float, bool, None, list and dict."""
    match node:
        case Scalar():
            return node.value
        case ListNode():
            return [to_plain(item) for item in node.items]
        case MapNode():
            return {entry.key.text: to_plain(entry.value) for entry in node.entries}


def span_at(node: Node, pointer: str) -> Span:
    """Where the value at a JSON Pointer stands; for what is not there, its nearest parent."""
    for step in steps_of(pointer):
        child = child_at(node, step)
        if child is None:
            break
        node = child
    return node.span


def child_at(node: Node, step: str) -> Node | None:
    """One step of a JSON Pointer."""
    if isinstance(node, MapNode):
        return node.get(step)
    index = index_in(node.items, step) if isinstance(node, ListNode) else None
    return node.items[index] if isinstance(node, ListNode) and index is not None else None

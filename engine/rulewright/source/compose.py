"""PyYAML's event stream to nodes, with every bound checked before a node is built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from rulewright.problem import SourceProblem, Span
from rulewright.source.decode import decode_bytes
from rulewright.source.limits import DEFAULT_LIMITS, SourceLimits
from rulewright.source.messages import explain_tag, explain_yaml_error
from rulewright.source.nodes import Entry, ListNode, MapNode, Node, Scalar, Style
from rulewright.source.text import SourceText
from rulewright.source.typing_rules import plain_value

_STYLES: dict[str | None, Style] = {"'": "single", '"': "double", "|": "literal", ">": "folded"}
# Loader with the C scanner where PyYAML was built with it; the fallback reads the same, slowly.
_LOADER: Any = getattr(yaml, "CLoader", yaml.Loader)


def read_source(
    data: str | bytes, file: str, limits: SourceLimits = DEFAULT_LIMITS
) -> tuple[Node | None, tuple[SourceProblem, ...]]:
    """The one document of a YAML text, and every problem found in reading it.

    The node is None when nothing could be read; it is there, as far as it goes, beside problems of
    the kind that leave the rest readable (a duplicate key, a tag). An empty text is a null scalar.
    """
    source, problem = decode_bytes(data, file, limits)
    if problem is not None:
        return None, (problem,)
    composer = _Composer(source, limits)
    try:
        node = composer.compose()
    except _StoppedError as stop:
        return None, (*composer.problems, stop.problem)
    except yaml.YAMLError as error:
        return None, (*composer.problems, explain_yaml_error(source, error))
    return node, tuple(composer.problems)


class _StoppedError(Exception):
    """The rest of the file can't or must not be read."""

    def __init__(self, problem: SourceProblem) -> None:
        self.problem = problem
        super().__init__(problem.message)


@dataclass(slots=True)
class _Composer:
    """The state of reading one file."""

    source: SourceText
    limits: SourceLimits
    problems: list[SourceProblem] = field(default_factory=list)
    # An anchor's node and its size in nodes; None while it is still being read.
    anchors: dict[str, tuple[Node, int] | None] = field(default_factory=dict)
    aliases: int = 0
    size: int = 0

    def compose(self) -> Node:
        events = self._guarded(yaml.parse(self.source.text, Loader=_LOADER))
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise self._stop("several-documents", "a second document starts here", event)
                root = self._node(events, next(events))
        return self._null() if root is None else root

    def _guarded(self, events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
        """The events, as long as they keep within depth and number.

        libyaml hands them out one by one, so that a bomb is left behind before it is read: neither
        its parser's memory nor anyone's recursion ever grows with the depth of the text.
        """
        depth = 0
        for count, event in enumerate(events):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > self.limits.max_depth:
                message = f"lists and maps are nested more than {self.limits.max_depth} deep"
                raise self._stop("too-deep", message, event)
            if count > self.limits.max_events:
                raise self._stop(
                    "too-large", f"the file has more than {self.limits.max_events:,} parts", event
                )
            yield event

    def _node(self, events: Iterator[yaml.Event], event: yaml.Event) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        self.size += 1
        anchor, before = cast("str | None", getattr(event, "anchor", None)), self.size
        if anchor is not None:
            self.anchors[anchor] = None
        if getattr(event, "tag", None) is not None:
            self.problems.append(explain_tag(self.source, self._span(event), self._raw(event)))
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._list(events, event)
        else:
            node = self._map(events, event)
        if anchor is not None:
            self.anchors[anchor] = (node, self.size - before + 1)
        return node

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        style = _STYLES.get(event.style, "plain")
        # An anchor before the scalar belongs to the event, not to the scalar's own text.
        start, end = _extent(event)
        if event.anchor is not None:
            start = self._after_properties(start, end)
        if event.tag is not None:
            # The problem is told; what was written stays text, so that nothing else is said about it.
            start, end = _extent(event)
            text = self.source.text[start:end]
            return Scalar(text, text, "plain", self.source.span(start, end), self.source, start, end)
        value = plain_value(event.value) if style == "plain" else event.value
        span = self.source.span(start, self._trimmed(start, end))
        return Scalar(value, event.value, style, span, self.source, start, end)

    def _after_properties(self, start: int, end: int) -> int:
        text = self.source.text
        if start < end and text[start] == "&":
            while start < end and not text[start].isspace():
                start += 1
            while start < end and text[start].isspace():
                start += 1
        return start

    def _trimmed(self, start: int, end: int) -> int:
        """`end` without the blank lines that a block scalar takes in behind its text."""
        text = self.source.text
        while end > start and text[end - 1] in " \t\r\n":
            end -= 1
        return end

    def _list(self, events: Iterator[yaml.Event], start: yaml.Event) -> ListNode:
        items: list[Node] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._node(events, event))
        return ListNode(tuple(items), self._collection_span(start, event), self.source)

    def _map(self, events: Iterator[yaml.Event], start: yaml.Event) -> MapNode:
        entries: dict[str, Entry] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key, value = self._node(events, event), self._node(events, next(events))
            name = self._key(key, entries)
            if name is not None:
                entries[name.text] = Entry(name, value)
        return MapNode(tuple(entries.values()), self._collection_span(start, event), self.source)

    def _key(self, key: Node, entries: dict[str, Entry]) -> Scalar | None:
        """The key if it may stand; the problem is noted and the entry left out if not."""
        problem: SourceProblem | None = None
        if not isinstance(key, Scalar):
            problem = key.problem("key-not-text", "a key must be text, not a list or a map")
        elif key.style == "plain" and key.text == "<<":
            problem = key.problem("merge-key", "merge keys (<<) aren't read; write the keys out")
        elif not isinstance(key.value, str):
            hint = f'quote it: "{key.text}"'
            problem = key.problem("key-not-text", f"the key {key.text or 'null'} is not text", hint=hint)
        elif key.text in entries:
            first = entries[key.text].key.span
            problem = key.problem("duplicate-key", f"{key.text} is here already, in line {first.line}")
        else:
            return key
        self.problems.append(problem)
        return None

    def _alias(self, event: yaml.AliasEvent) -> Node:
        anchor = str(event.anchor)
        self.aliases += 1
        if self.aliases > self.limits.max_aliases:
            raise self._stop(
                "too-many-aliases", f"more than {self.limits.max_aliases} aliases (*name)", event
            )
        found = self.anchors.get(anchor)
        if found is None:
            inside = anchor in self.anchors
            message = f"*{anchor} stands inside itself" if inside else f"no anchor &{anchor} before"
            hint = None if inside else f"a text that starts with * must be in quotes: '*{anchor}'"
            raise _StoppedError(self.source.problem("unknown-alias", message, self._span(event), hint=hint))
        node, size = found
        self.size += size
        if self.size > self.limits.max_events:
            raise self._stop("too-large", "aliases make this file too large", event)
        return node

    def _null(self) -> Scalar:
        return Scalar(None, "", "plain", self.source.span(0, 0), self.source, 0, 0)

    def _raw(self, event: yaml.Event) -> str:
        start, _ = _extent(event)
        return self.source.text[start : self.source.line_end(start)]

    def _span(self, event: yaml.Event) -> Span:
        start, end = _extent(event)
        return self.source.span(start, self._trimmed(start, end))

    def _collection_span(self, start: yaml.Event, end: yaml.Event) -> Span:
        first = _extent(start)[0]
        return self.source.span(first, self._trimmed(first, _extent(end)[1]))

    def _stop(self, code: str, message: str, event: yaml.Event) -> _StoppedError:
        return _StoppedError(self.source.problem(code, message, self._span(event)))


def _extent(event: yaml.Event) -> tuple[int, int]:
    """Where an event's text starts and ends; every event of a parser has both marks."""
    if event.start_mark is None or event.end_mark is None:
        return 0, 0
    return event.start_mark.index, event.end_mark.index

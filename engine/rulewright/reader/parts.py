"""A map of keywords whose shape is known to be sound, read keyword by keyword."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from rulewright.model import Constant, Constants, Expression, Itself, Template, TemplateList, TemplateMap
from rulewright.problem import Span, VendorError
from rulewright.reader.scalars import duration_seconds
from rulewright.source import ListNode, MapNode, Node, Scalar, to_plain


class Part(Struct, frozen=True):
    """The keywords of one map. Every getter gives None (or nothing) for a keyword that isn't there."""

    node: MapNode

    @property
    def span(self) -> Span:
        """The whole map."""
        return self.node.span

    @property
    def at(self) -> Mapping[str, Span]:
        """Where each keyword stands."""
        return {entry.key.text: entry.key.span for entry in self.node.entries}

    def __contains__(self, keyword: str) -> bool:
        return self.node.entry(keyword) is not None

    def node_of(self, keyword: str) -> Node | None:
        """The value as a node."""
        return self.node.get(keyword)

    def constant(self, keyword: str) -> Constant:
        """A scalar's typed value."""
        found = self.node.get(keyword)
        return found.value if isinstance(found, Scalar) else None

    def text(self, keyword: str) -> str | None:
        """A text as written; a number (a version) as it was written too."""
        found = self.node.get(keyword)
        return found.text if isinstance(found, Scalar) and found.value is not None else None

    def flag(self, keyword: str) -> bool:
        """true, or false where it isn't there."""
        return self.constant(keyword) is True

    def whole(self, keyword: str) -> int | None:
        """A whole number."""
        found = self.constant(keyword)
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    def seconds(self, keyword: str) -> int | None:
        """A duration."""
        found = self.text(keyword)
        return None if found is None else duration_seconds(found)

    def texts(self, keyword: str) -> tuple[str, ...]:
        """A list of texts, or one text alone."""
        found = self.node.get(keyword)
        items: tuple[Node | None, ...] = found.items if isinstance(found, ListNode) else (found,)
        return tuple(item.text for item in items if isinstance(item, Scalar))

    def occasions(self) -> tuple[str, ...] | None:
        """`on`, None where it isn't there and the default counts."""
        return self.texts("on") if "on" in self else None

    def constants(self, keyword: str) -> Constants | None:
        """A literal value, lists and maps too."""
        found = self.node.get(keyword)
        return None if found is None else Constants(to_plain(found), found.span)

    def expression(self, keyword: str) -> Expression | None:
        """A CEL text."""
        found = self.node.get(keyword)
        return Expression(found.text, found) if isinstance(found, Scalar) else None

    def template(self, keyword: str) -> Template | None:
        """A template: CEL, a constant, or maps and lists of them."""
        found = self.node.get(keyword)
        return None if found is None else template_of(found)

    def template_map(self, keyword: str) -> TemplateMap | None:
        """A map of templates."""
        found = self.node.get(keyword)
        return template_map_of(found) if isinstance(found, MapNode) else None

    def empty_map(self) -> TemplateMap:
        """A map of templates without any, at this part's place."""
        return TemplateMap({}, self.span)

    def part(self, keyword: str) -> Part | None:
        """A map of keywords below."""
        found = self.node.get(keyword)
        return Part(found) if isinstance(found, MapNode) else None

    def parts(self, keyword: str) -> Iterator[Part]:
        """A list of maps of keywords below."""
        found = self.node.get(keyword)
        for item in found.items if isinstance(found, ListNode) else ():
            if isinstance(item, MapNode):
                yield Part(item)

    def named(self, keyword: str) -> Iterator[tuple[Scalar, Part]]:
        """A map from names to maps of keywords; null counts as an empty one."""
        found = self.node.get(keyword)
        for entry in found.entries if isinstance(found, MapNode) else ():
            if isinstance(entry.value, MapNode):
                yield entry.key, Part(entry.value)
            elif isinstance(entry.value, Scalar) and entry.value.value is None:
                yield entry.key, Part(MapNode((), entry.value.span, entry.value.origin))

    def text_map(self, keyword: str) -> Mapping[str, str]:
        """A map from any text to text."""
        return {name: str(value) for name, value in self.plain_map(keyword).items()}

    def plain_map(self, keyword: str) -> Mapping[str, Constant]:
        """A map from any text to scalars."""
        found = self.node.get(keyword)
        entries = found.entries if isinstance(found, MapNode) else ()
        return {entry.key.text: entry.value.value for entry in entries if isinstance(entry.value, Scalar)}

    def error(self, keyword: str = "error") -> VendorError | None:
        """The vendor's own error, in its short or long form."""
        found = self.node.get(keyword)
        if isinstance(found, Scalar):
            return VendorError(found.text)
        if not isinstance(found, MapNode):
            return None
        long = Part(found)
        return VendorError(long.text("code") or "", long.text("title"), long.whole("status"))


def template_of(node: Node) -> Template:
    """language.md "What is CEL": every text is CEL, other scalars are themselves."""
    if isinstance(node, MapNode):
        return template_map_of(node)
    if isinstance(node, ListNode):
        return TemplateList(tuple(template_of(item) for item in node.items), node.span)
    if isinstance(node.value, str):
        return Expression(node.text, node)
    return Itself(node.value, node.span)


def template_map_of(node: MapNode) -> TemplateMap:
    """A map whose values are templates."""
    entries = {entry.key.text: template_of(entry.value) for entry in node.entries}
    return TemplateMap(entries, node.span, Part(node).at)

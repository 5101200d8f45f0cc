"""From the place of a keyword to the place of its value, or of one text within it.

The model keeps where each keyword stands; a report puts its caret under what is wrong, most often a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from rulewright.problem import Span
from rulewright.source import ListNode, MapNode, Node, Scalar


class Places(Struct, frozen=True):
    """The values of all files, by the places of their keys; maps and lists by their own places too."""

    nodes: Mapping[Span, Node] = field(default_factory=dict)

    @classmethod
    def of(cls, roots: Iterable[Node]) -> Places:
        """The places of whole files."""
        nodes: dict[Span, Node] = {}
        for root in roots:
            for node in _walk(root):
                if isinstance(node, MapNode):
                    nodes.setdefault(node.span, node)
                    nodes.update((entry.key.span, entry.value) for entry in node.entries)
        return cls(nodes)

    def value_at(self, span: Span, text: str | None = None) -> Span:
        """The value of the keyword at `span`, or the scalar below it that reads `text`.

        A value of several lines stays with its keyword: a caret can't underline it.
        """
        node = self.nodes.get(span)
        if node is None:
            return span
        if text is not None:
            for below in _walk(node):
                if isinstance(below, Scalar) and below.text == text:
                    return below.span
        return node.span if node.span.line == node.span.end_line else span


def _walk(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, MapNode):
            stack.extend(entry.value for entry in reversed(node.entries))
        elif isinstance(node, ListNode):
            stack.extend(reversed(node.items))

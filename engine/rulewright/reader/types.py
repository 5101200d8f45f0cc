"""Shared types of api.yaml: their keywords are merged beneath a field's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from rulewright.fieldtypes import FieldType
from rulewright.problem import SourceProblem
from rulewright.source import MapNode, Scalar

# No resource has nearly as many; types that hold types twice over could make any number.
MAX_FIELDS = 2_000
# What walks fields may recurse; types unfold deeper than the text of any file.
MAX_DEPTH = 32


class Resolved(Struct, frozen=True):
    """A field's keywords with those of its types; `stack` names the types that it came through."""

    node: MapNode
    base: str | None
    type_name: str | None
    stack: tuple[str, ...]


@dataclass(slots=True)
class Merging:
    """What the fields of one file are merged with, and the problems met."""

    types: Mapping[str, MapNode]
    kinds: Mapping[str, FieldType]
    formats: Mapping[str, Scalar]
    unknown: str
    problems: list[SourceProblem] = field(default_factory=list)
    count: int = 0
    depth: int = 0

    def resolve(self, node: MapNode, stack: tuple[str, ...]) -> Resolved | None:
        """The field's keywords with its types' beneath; None where its types go round in a circle."""
        type_name: str | None = None
        while True:
            name = node.get("type")
            if not isinstance(name, Scalar) or name.text not in self.types:
                base = name.text if isinstance(name, Scalar) else None
                return Resolved(node, base, type_name, stack)
            if len(stack) > MAX_DEPTH:
                self.problems.append(
                    name.problem("too-deep", f"types use each other more than {MAX_DEPTH} deep")
                )
                return None
            if name.text in stack:
                circle = " -> ".join((*stack[stack.index(name.text) :], name.text))
                self.problems.append(name.problem("type-cycle", f"the types hold each other: {circle}"))
                return None
            stack = (*stack, name.text)
            type_name = type_name or name.text
            node = merged(without(node, {"type"}), self.types[name.text])

    def has_room(self, node: MapNode) -> bool:
        """Count one more field; False, with a problem noted, when there are too many or it is too deep."""
        if self.depth > MAX_DEPTH:
            self.problems.append(node.problem("too-deep", f"fields are nested more than {MAX_DEPTH} deep"))
            return False
        self.count += 1
        if self.count == MAX_FIELDS + 1:
            self.problems.append(
                node.problem("too-large", f"types make more than {MAX_FIELDS:,} fields of this file")
            )
        return self.count <= MAX_FIELDS


def merged(own: MapNode, inherited: MapNode) -> MapNode:
    """`own` with the keywords of `inherited` that it does not write itself."""
    keys = set(own.keys())
    return MapNode(
        (*own.entries, *(e for e in inherited.entries if e.key.text not in keys)), own.span, own.origin
    )


def without(node: MapNode, keywords: set[str] | frozenset[str]) -> MapNode:
    """The map without some keywords."""
    return MapNode(tuple(e for e in node.entries if e.key.text not in keywords), node.span, node.origin)

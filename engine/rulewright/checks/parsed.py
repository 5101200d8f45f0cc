"""Expressions as trees: the names they read, each step with its place in the text."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from rulewright import cel
from rulewright.cel.tree import Given, Has, Ident, Index, Literal, Select


class Step(Struct, frozen=True):
    """One name of a path, at `text[start:end]`."""

    name: str
    start: int
    end: int


class Reading(Struct, frozen=True):
    """A path that an expression reads. `guarded`: only `given` or `has` asks for it."""

    steps: tuple[Step, ...]
    guarded: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The path's names."""
        return tuple(step.name for step in self.steps)


def readings(text: str, root: cel.Node | None) -> Iterator[Reading]:
    """Every path that the expression reads, variables of macros left out."""
    stack: list[tuple[cel.Node, frozenset[str]]] = [] if root is None else [(root, frozenset())]
    while stack:
        node, local = stack.pop()
        steps = _chain(text, node)
        if steps is None:
            stack.extend((child, local.union(bound)) for child, bound in cel.scoped_children(node))
        elif steps[0].name not in local and steps[0].name not in cel.TYPE_NAMES:
            yield Reading(steps, isinstance(node, Given | Has))


def _chain(text: str, node: cel.Node) -> tuple[Step, ...] | None:
    """The node as a path of names, or None where it is something else."""
    match node:
        case Given():
            return _chain(text, node.path)
        case Ident():
            return (Step(node.name, node.start, node.end),)
        case Select() | Has():
            return _longer(text, node.operand, node.field)
        case Index(index=Literal(value=str() as key)):
            return _longer(text, node.operand, key)
    return None


def _longer(text: str, operand: cel.Node, name: str) -> tuple[Step, ...] | None:
    below = _chain(text, operand)
    if below is None:
        return None
    start = max(text.find(name, operand.end), operand.end)
    return (*below, Step(name, start, start + len(name)))

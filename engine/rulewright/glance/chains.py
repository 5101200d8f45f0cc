"""`a.b[0].c`: an expression that names something, taken apart."""

from __future__ import annotations

from rulewright import cel
from rulewright.cel.tree import Has, Ident, Index, Literal, Select
from rulewright.formula import Path
from rulewright.hotpath.writing.unit import NotGenerated


def chain(node: cel.Node) -> tuple[Ident | None, Path, tuple[cel.Node, ...]]:
    """`a.b[0].c` as its name, the steps with a name, and the indexes; no name where it starts otherwise."""
    steps: list[str] = []
    others: list[cel.Node] = []
    while True:
        match node:
            case Select():
                steps.append(node.field)
                node = node.operand
            case Index(index=Literal(value=str() as key)):
                steps.append(key)
                node = node.operand
            case Index():
                others.append(node.index)
                if not isinstance(node.index, Literal):
                    # Which part is read is known at run time only.
                    raise NotGenerated("an index that is worked out")
                node = node.operand
            case Ident():
                return node, tuple(reversed(steps)), tuple(others)
            case _:
                return None, tuple(reversed(steps)), tuple(others)


def bottom(node: cel.Node) -> cel.Node:
    """What the steps of a chain start from."""
    while isinstance(node, Select | Index):
        node = node.operand
    return node


def selected(node: Has) -> Select:
    """What `has(a.b)` asks for, as `a.b`."""
    return Select(start=node.start, end=node.end, operand=node.operand, field=node.field)

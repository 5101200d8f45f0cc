"""Names of an expression: which dotted names are variables, and which paths it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rulewright.cel.parser import dotted_path
from rulewright.cel.tree import (
    Given,
    Has,
    Ident,
    Index,
    Literal,
    Node,
    Select,
    map_children,
    scoped_children,
    unwound,
)
from rulewright.cel.values import TYPE_NAMES

if TYPE_CHECKING:
    from collections.abc import Collection

Path = tuple[str, ...]


def qualify(node: Node, names: Collection[str], container: str = "") -> Node:
    """The tree with every name resolved as CEL does it.

    The longest prefix of `a.b.c` that is one of the declared `names` becomes one identifier, looked for in
    `container` first, then in the containers around it. Variables of macros come before all that.
    """
    return _qualify(node, frozenset(names), _prefixes(container), frozenset())


def _prefixes(container: str) -> tuple[str, ...]:
    parts = container.split(".") if container else []
    return (*(".".join(parts[:length]) + "." for length in range(len(parts), 0, -1)), "")


def _qualify(node: Node, names: frozenset[str], prefixes: tuple[str, ...], local: frozenset[str]) -> Node:
    if isinstance(node, Ident | Select):
        resolved = _resolve(node, names, prefixes, local)
        if resolved is not None:
            return resolved
    return map_children(node, lambda child, bound: _qualify(child, names, prefixes, local.union(bound)))


def _resolve(
    node: Node, names: frozenset[str], prefixes: tuple[str, ...], local: frozenset[str]
) -> Node | None:
    path = dotted_path(node)
    if path is None:
        return None
    root, _ = unwound(node)
    absolute = isinstance(root, Ident) and root.absolute
    if not absolute and path.split(".", 1)[0] in local:
        return None
    for prefix in ("",) if absolute else prefixes:
        if prefix + path in names:
            return Ident(start=node.start, end=node.end, name=prefix + path, absolute=absolute)
    return None


def references(node: Node) -> tuple[Path, ...]:
    """The paths the expression reads, each once, in the order of the text: `("payload", "address")`.

    A path is the longest chain of fields from a free name; `m["key"]` counts as one. Macros' variables and
    names of types are left out.
    """
    found: dict[Path, None] = {}
    stack: list[tuple[Node, frozenset[str]]] = [(node, frozenset())]
    while stack:
        current, local = stack.pop()
        path, rest = _static_path(current)
        if path is None:
            below = [(child, local.union(bound)) for child, bound in scoped_children(current)]
        else:
            below = [(child, local) for child in rest]
            if not _is_local(current, path[0], local):
                found.setdefault(path)
        stack.extend(reversed(below))
    return tuple(found)


def _static_path(node: Node) -> tuple[Path | None, tuple[Node, ...]]:
    """The path a node reads, or None, and the nodes on the way that read something of their own."""
    steps: list[str] = []
    rest: list[Node] = []
    while True:
        match node:
            case Given():
                node = node.path
            case Select() | Has():
                steps.append(node.field)
                node = node.operand
            case Index(index=Literal(value=str() as key)):
                steps.append(key)
                node = node.operand
            case Index():
                # What lies below an index only known at run time is read, but can't be named.
                steps.clear()
                rest.append(node.index)
                node = node.operand
            case Ident() if node.absolute or node.name not in TYPE_NAMES:
                return (node.name, *reversed(steps)), tuple(reversed(rest))
            case _:
                return None, ()


def _is_local(node: Node, name: str, local: frozenset[str]) -> bool:
    if name not in local:
        return False
    while not isinstance(node, Ident):
        node = node.path if isinstance(node, Given) else node.operand  # type: ignore[attr-defined]
    return not node.absolute

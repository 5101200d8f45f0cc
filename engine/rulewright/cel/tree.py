"""The tree of an expression: frozen nodes, each with the offsets of its text.

Operators are `Call`s under the names the function table lists (`_+_`, `!_`, `_==_`, `@in`, ...).
`&&` and `||` are one `Logic` node per chain, so that a long chain is wide and not deep.
Macros stay macros: easy to walk, easy to compile, easy to explain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from typing import Literal as OneOf

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MacroKind = OneOf[
    "all",
    "exists",
    "exists_one",
    "map",
    "filter",
    "find",
    "transform_list",
    "transform_map",
    "transform_map_entry",
]


class Node(Struct, frozen=True, kw_only=True):
    """A piece of an expression: `text[start:end]`."""

    start: int
    end: int


class Literal(Node, frozen=True, kw_only=True):
    """`null`, `true`, `1`, `1u`, `1.5`, `'text'`, `b'bytes'`."""

    value: object


class Ident(Node, frozen=True, kw_only=True):
    """A name, dotted where a namespace was resolved. `absolute`: leading dot, so no macro's variable."""

    name: str
    absolute: bool = False


class Select(Node, frozen=True, kw_only=True):
    """`operand.field`, or `operand.?field` when `optional`."""

    operand: Node
    field: str
    optional: bool = False


class Has(Node, frozen=True, kw_only=True):
    """`has(operand.field)`: is the key there?"""

    operand: Node
    field: str


class Given(Node, frozen=True, kw_only=True):
    """`given(path)`: is every step of the path there and not null?"""

    path: Node


class Index(Node, frozen=True, kw_only=True):
    """`operand[index]`, or `operand[?index]` when `optional`."""

    operand: Node
    index: Node
    optional: bool = False


class Call(Node, frozen=True, kw_only=True):
    """A function, method or operator. With a target it is called as `target.function(args)`."""

    function: str
    target: Node | None
    args: tuple[Node, ...]


class Logic(Node, frozen=True, kw_only=True):
    """A chain of `&&` or of `||`: two or more operands."""

    operator: OneOf["&&", "||"]
    operands: tuple[Node, ...]


class Conditional(Node, frozen=True, kw_only=True):
    """`condition ? then : otherwise`."""

    condition: Node
    then: Node
    otherwise: Node


class ListExpr(Node, frozen=True, kw_only=True):
    """`[a, ?b]`; `optional[i]` says whether element `i` has the question mark."""

    elements: tuple[Node, ...]
    optional: tuple[bool, ...]


class MapEntry(Node, frozen=True, kw_only=True):
    """`key: value`, or `?key: value` when `optional`."""

    key: Node
    value: Node
    optional: bool = False


class MapExpr(Node, frozen=True, kw_only=True):
    """`{key: value, ?key: value}`."""

    entries: tuple[MapEntry, ...]


class Macro(Node, frozen=True, kw_only=True):
    """A macro over the items of `range`; its variable is the item (or key), two are index (or key) and value.

    all, exists, exists_one, filter, find: `condition` only. map, transform_list, transform_map,
    transform_map_entry: `body`, and `condition` where items are filtered first.
    """

    kind: MacroKind
    range: Node
    variables: tuple[str, ...]
    condition: Node | None
    body: Node | None


class Bind(Node, frozen=True, kw_only=True):
    """`cel.bind(variable, value, body)`."""

    variable: str
    value: Node
    body: Node


class OptionalMap(Node, frozen=True, kw_only=True):
    """`operand.optMap(variable, body)`, or `optFlatMap` when `flat`."""

    operand: Node
    variable: str
    body: Node
    flat: bool


CHILD_FIELDS: Final[Mapping[type[Node], tuple[str, ...]]] = {
    Literal: (),
    Ident: (),
    Select: ("operand",),
    Has: ("operand",),
    Given: ("path",),
    Index: ("operand", "index"),
    Call: ("target", "args"),
    Logic: ("operands",),
    Conditional: ("condition", "then", "otherwise"),
    ListExpr: ("elements",),
    MapEntry: ("key", "value"),
    MapExpr: ("entries",),
    Macro: ("range", "condition", "body"),
    Bind: ("value", "body"),
    OptionalMap: ("operand", "body"),
}


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in the order of the text."""
    found: list[Node] = []
    for name in CHILD_FIELDS[type(node)]:
        value = getattr(node, name)
        if isinstance(value, tuple):
            found.extend(value)
        elif value is not None:
            found.append(value)
    return tuple(found)


def scoped_children(node: Node) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """The nodes directly below, each with the variables this node binds for it."""
    inner = _bound_variables(node)
    outer = _outer_child(node)
    for child in children(node):
        yield child, () if child is outer else inner


def map_children(node: Node, change: Callable[[Node, tuple[str, ...]], Node]) -> Node:
    """A copy whose children are `change(child, variables bound for it)`."""
    inner = _bound_variables(node)
    outer = _outer_child(node)

    def changed(child: Node) -> Node:
        return change(child, () if child is outer else inner)

    updates: dict[str, object] = {}
    for name in CHILD_FIELDS[type(node)]:
        value = getattr(node, name)
        if isinstance(value, tuple):
            updates[name] = tuple(changed(child) for child in value)
        elif value is not None:
            updates[name] = changed(value)
    return replace(node, **updates)


def walk(node: Node) -> Iterator[Node]:
    """Every node of the tree, a parent before its children, in the order of the text."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def unwound(node: Node) -> tuple[Node, list[Select | Index]]:
    """What a path such as `a.b[c]` starts with, and its steps in the order in which they are taken."""
    steps: list[Select | Index] = []
    while isinstance(node, Select | Index):
        steps.append(node)
        node = node.operand
    return node, steps[::-1]


def _bound_variables(node: Node) -> tuple[str, ...]:
    match node:
        case Macro():
            return node.variables
        case Bind() | OptionalMap():
            return (node.variable,)
        case _:
            return ()


def _outer_child(node: Node) -> Node | None:
    """The child that does not see the variables its parent binds."""
    match node:
        case Macro():
            return node.range
        case Bind():
            return node.value
        case OptionalMap():
            return node.operand
        case _:
            return None

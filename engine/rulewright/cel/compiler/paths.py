"""Code that reads: names, fields, items, `has` and `given`."""

from __future__ import annotations

from typing import cast

from rulewright.cel.compiler.unit import Code, Frame, path_of
from rulewright.cel.namespace import Path
from rulewright.cel.tree import Given, Has, Ident, Index, Literal, Node, Select, unwound
from rulewright.cel.values import BOOL, LIST, TYPE_NAMES


def ident(frame: Frame, node: Ident) -> Code:
    """A macro's variable, a binding, or a type."""
    if not node.absolute and node.name in frame.variables:
        return frame.variables[node.name]
    key = ("b", node.name)
    if key in frame.known:
        return Code(frame.known[key], raw=True, simple=True)
    return _kept(frame, node, key, _binding(node))


def _binding(node: Ident) -> Code:
    text = f"name(b, {node.name!r})" if node.name in TYPE_NAMES else f"b[{node.name!r}]"
    return Code(text, raw=True)


def select(frame: Frame, node: Select) -> Code:
    """`operand.field`. Subscripting is right or raises; only the exact version must know whether it may."""
    key = _key(frame, node)
    if key is not None and key in frame.known:
        return Code(frame.known[key], raw=True, simple=True)
    operand = frame.value(node.operand)
    if node.optional:
        return Code(f"select_optional({operand.text}, {node.field!r})")
    code = _field(frame, operand, node.field)
    return code if key is None else _kept(frame, node, key, code)


def _field(frame: Frame, operand: Code, field: str) -> Code:
    if operand.kind is not None:
        # Surely no map, and Python warns of subscripts like that.
        return Code(f"select({operand.text}, {field!r})", raw=True)
    if not frame.exact:
        return Code(f"{operand.text}[{field!r}]", raw=True)
    first, again = frame.twice(operand)
    # A plain dict without the key raises KeyError, which here can only mean what CEL means by an error.
    there = f"{first}.__class__ is dict"
    return Code(f"({again}[{field!r}] if {there} else select({again}, {field!r}))", raw=True)


_LONGEST_READING = 8
"""Steps of a path in one expression, because each takes brackets."""


def reading(frame: Frame, node: Node, steps: int = 0) -> Code:
    """The code of an operand; a plain path gives `ABSENT` where it leads nowhere, in place of raising."""
    key = _key(frame, node)
    if steps > _LONGEST_READING or (key is not None and key in frame.known):
        return frame.value(node)
    is_variable = key is not None and len(key) == 1
    path = None if is_variable else path_of(node)
    if key is None or path is None or frame.tried is None or not frame.unit.is_shared(path):
        return _read(frame, node, steps)
    code = _binding(node) if isinstance(node, Ident) else _read(frame, node, steps)
    name = frame.tried.get(key)
    if name is not None:
        return Code(f"({name} if {name} is not None else ({name} := {code.text}))", raw=True)
    name = frame.tried[key] = frame.keep()
    return Code(f"({name} := {code.text})", raw=True)


def _read(frame: Frame, node: Node, steps: int) -> Code:
    field = _literal_field(node)
    if field is None:
        return frame.value(node)
    operand = reading(frame, cast("Select | Index", node).operand, steps + 1)
    if operand.kind is not None:
        return _field(frame, operand, field)
    first, again = frame.twice(operand)
    there = f"{first}.__class__ is dict and {field!r} in {again}"
    absent = f"ABSENT if {again}.__class__ in FIELDLESS"
    return Code(f"({again}[{field!r}] if {there} else {absent} else select({again}, {field!r}))", raw=True)


def _literal_field(node: Node) -> str | None:
    """The field that a step of a path reads, if it is written there."""
    if isinstance(node, Select) and not node.optional:
        return node.field
    if isinstance(node, Index) and not node.optional and isinstance(node.index, Literal):
        return node.index.value if type(node.index.value) is str else None
    return None


def _key(frame: Frame, node: Node) -> Path | None:
    """Where a path's value is kept: its steps below the name of its root in Python."""
    path = path_of(node)
    if path is None:
        return None
    root, _ = unwound(node)
    variable = None if cast("Ident", root).absolute else frame.variables.get(path[0])
    return ("b", *path) if variable is None else (variable.text, *path[1:])


def _kept(frame: Frame, node: Node, key: Path, code: Code) -> Code:
    """The code, keeping its value under a name where the expression reads the path again."""
    path = path_of(node)
    if path is None or not frame.unit.is_shared(path):
        return code
    name = frame.keep()
    frame.known[key] = name
    return Code(f"({name} := {code.text})", raw=True)


def has(frame: Frame, node: Has) -> Code:
    """`has(operand.field)`: `in` on any dict, whatever the class makes of it."""
    first, again = frame.twice(frame.value(node.operand))
    inside = (
        f"{node.field!r} in {again} if isinstance({first}, dict) else is_present({again}, {node.field!r})"
    )
    return Code(f"({inside})", BOOL)


def given(frame: Frame, node: Given) -> Code:
    """`given(a.b[c])`: the steps one by one; a step that is null or absent ends the path."""
    root, steps = unwound(node.path)
    code = ident(frame, cast("Ident", root))
    for step in steps:
        code = _field_step(frame, code, step) if isinstance(step, Select) else _item_step(frame, code, step)
    return Code(f"({code.text} is not None)", BOOL)


def _field_step(frame: Frame, code: Code, node: Select) -> Code:
    first, again = frame.twice(code)
    plain = f"{again}.get({node.field!r}) if {first}.__class__ is dict"
    return Code(f"({plain} else step({frame.budget}, {again}, {node.field!r}))", raw=True)


def _item_step(frame: Frame, code: Code, node: Index) -> Code:
    first, again = frame.twice(code)
    with frame.branch():
        key = frame.cooked(node.index)
    return Code(f"(None if {first} is None else step({frame.budget}, {again}, {key.text}))", raw=True)


def index(frame: Frame, node: Index) -> Code:
    """`operand[index]`, with shortcuts for the literal keys of maps and the literal places of lists."""
    operand = frame.value(node.operand)
    key = node.index.value if isinstance(node.index, Literal) else None
    if node.optional:
        return Code(f"index_optional({frame.budget}, {operand.text}, {frame.value(node.index).text})")
    if type(key) is str:
        return _field(frame, operand, key)
    if type(key) is int and key >= 0 and operand.kind in (None, LIST):
        first, again = frame.twice(operand)
        there = f"{first}.__class__ is list and len({again}) > {key}"
        return Code(f"({again}[{key}] if {there} else index({frame.budget}, {again}, {key}))", raw=True)
    return Code(f"index({frame.budget}, {operand.text}, {frame.value(node.index).text})")

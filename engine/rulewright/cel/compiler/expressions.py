"""From the tree to code: which function writes which node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rulewright.cel.compiler import arithmetic, calls, comparing, loops, paths, structure
from rulewright.cel.compiler.unit import Code, Frame, Unit
from rulewright.cel.tree import (
    Bind,
    Call,
    Conditional,
    Given,
    Has,
    Ident,
    Index,
    ListExpr,
    Literal,
    Logic,
    Macro,
    MapExpr,
    Node,
    OptionalMap,
    Select,
    walk,
)
from rulewright.cel.values import LIST

_OPERATORS: Final[Mapping[str, Callable[[Frame, Call], Code]]] = {
    **dict.fromkeys(("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"), comparing.comparison),
    **dict.fromkeys(("_+_", "_-_", "_*_", "_/_", "_%_"), arithmetic.binary),
    "@in": comparing.membership,
    "-_": arithmetic.negative,
    "!_": arithmetic.negation,
}


def emit(frame: Frame, node: Node) -> Code:
    """The code of a node."""
    return _EMIT[type(node)](frame, node)


def _call(frame: Frame, node: Call) -> Code:
    operator = _OPERATORS.get(node.function)
    if operator is not None and frame.unit.is_standard(node.function):
        return operator(frame, node)
    return calls.call(frame, node)


_EMIT: Final[Mapping[type[Node], Callable[[Frame, Any], Code]]] = {
    Literal: structure.literal,
    Ident: paths.ident,
    Select: paths.select,
    Has: paths.has,
    Given: paths.given,
    Index: paths.index,
    Call: _call,
    Logic: structure.logic,
    Conditional: structure.conditional,
    ListExpr: structure.list_expr,
    MapExpr: structure.map_expr,
    Macro: loops.macro,
    Bind: structure.bind,
    OptionalMap: structure.optional_map,
}


def is_metered(root: Node) -> bool:
    """Whether an evaluation must count its steps.

    Without loops, names for values and functions that make much of little, an expression costs no more than
    its own size and that of the values it reads.
    """
    return any(
        isinstance(node, Macro | Bind | OptionalMap)
        or (
            isinstance(node, Call)
            and node.function not in _OPERATORS
            and node.function not in calls.UNCOUNTED
        )
        for node in walk(root)
    )


def write(root: Node, unit: Unit) -> str:
    """The source of the module that evaluates an expression; its function is `evaluate`.

    It gives the value or raises; the fast version turns to `again` with whatever it met.
    """
    frame = Frame(unit, emit)
    code = frame.cooked(root)
    result = code.text
    if not isinstance(root, Ident | Select | Index) and (code.kind is None or code.kind is LIST):
        result = f"built({frame.budget}, {result})"
    lines = [f"return {result}"]
    if unit.metered:
        lines = [f"B = Budget({unit.steps})", *lines]
    if unit.exact:
        body = "\n    ".join(lines)
    else:
        body = (
            "try:\n        " + "\n        ".join(lines) + "\n    except Exception: pass\n    return again(b)"
        )
    return "\n".join([*unit.sources, f"def evaluate(b):\n    {body}\n"])

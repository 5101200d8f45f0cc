"""From the tree to code: which function writes which node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rulewright.cel.compiler import arithmetic, calls, comparing, loops, paths, structure
from rulewright.cel.compiler.absorbing import absorb
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


def write(root: Node, unit: Unit) -> str:
    """The source of the module that evaluates an expression: its function is `evaluate`.

    The fast version turns to `again` with whatever it met. The exact one raises; its `settle`, which can take
    the fast one's place, turns to `tell`.
    """
    frame = Frame(unit, emit)
    lines = [f"B = Budget({unit.steps})"] if unit.metered else []
    if unit.exact and isinstance(root, Logic):
        lines += absorb(frame, root)
    else:
        lines.append(f"return {_result(frame, root)}")
    if unit.exact:
        functions = [_function("evaluate", lines), _function("settle", _or("tell", lines))]
    else:
        functions = [_function("evaluate", _or("again", lines))]
    return "\n".join([*unit.sources, *functions])


def _function(name: str, lines: list[str]) -> str:
    return "\n    ".join([f"def {name}(b):", *lines]) + "\n"


def _or(function: str, lines: list[str]) -> list[str]:
    return ["try:", *(f"    {line}" for line in lines), "except Exception: pass", f"return {function}(b)"]


def _result(frame: Frame, root: Node) -> str:
    code = frame.cooked(root)
    if isinstance(root, Ident | Select | Index) or (code.kind is not None and code.kind is not LIST):
        return code.text
    # Built lists and maps may be far larger than what it took to build them.
    return f"built({frame.budget}, {code.text})"

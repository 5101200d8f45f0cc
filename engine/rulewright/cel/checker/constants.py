"""What is decided before any value arrives: calls on literals, and conditions that are always one way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rulewright.cel.errors import CelError, EvaluationError
from rulewright.cel.evaluator import evaluate
from rulewright.cel.functions import ALL_FUNCTIONS
from rulewright.cel.limits import Budget
from rulewright.cel.tree import (
    CHILD_FIELDS,
    Call,
    Ident,
    ListExpr,
    Literal,
    Logic,
    MapEntry,
    MapExpr,
    Node,
    children,
    scoped_children,
    walk,
)
from rulewright.cel.values import TYPE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEPS = 1_000
"""For working out what a condition without names gives."""
_ALWAYS = {"_==_": True, "_!=_": False, "_<_": False, "_>_": False, "_<=_": True, "_>=_": True}
"""What comparing something with itself gives."""


def always(node: Node) -> bool | None:
    """What a condition always is; None where that depends."""
    found = _by_form(node)
    if found is not None or not _names_nothing(node):
        return found
    try:
        value = evaluate(node, {}, budget=Budget(_STEPS))
    except CelError:
        return None
    return value if isinstance(value, bool) else None


def _by_form(node: Node) -> bool | None:
    match node:
        case Call(function=function, args=(left, right)) if function in _ALWAYS:
            if not isinstance(left, Literal) and same(left, right):
                return _ALWAYS[function]
        case Logic(operator="&&", operands=operands) if _contradict(operands, "_==_"):
            return False
        case Logic(operator="||", operands=operands) if _contradict(operands, "_!=_"):
            return True
    return None


def _contradict(operands: tuple[Node, ...], comparison: str) -> bool:
    """`x && !x`, or `x == 'a' && x == 'b'`; with || the same of `x || !x` and `x != 'a' || x != 'b'`."""
    plain: set[object] = set()
    turned: set[object] = set()
    values: dict[object, object] = {}
    for operand in operands:
        match operand:
            case Call(function="!_", args=(inner,)):
                turned.add(_form(inner))
            case (
                Call(function=function, args=(side, Literal(value=value)))
                | Call(function=function, args=(Literal(value=value), side))
            ) if function == comparison:
                if values.setdefault(_form(side), value) != value:
                    return True
            case _:
                plain.add(_form(operand))
    return bool(plain & turned)


def _names_nothing(node: Node) -> bool:
    """Whether no variable is read and only functions of the language are called."""
    stack: list[tuple[Node, frozenset[str]]] = [(node, frozenset())]
    while stack:
        current, local = stack.pop()
        if isinstance(current, Ident) and current.name not in local and current.name not in TYPE_NAMES:
            return False
        if isinstance(current, Call) and current.function not in ALL_FUNCTIONS:
            return False
        stack.extend((child, local.union(bound)) for child, bound in scoped_children(current))
    return True


def same(one: Node, other: Node) -> bool:
    """Whether two pieces say the same, wherever they stand."""
    return _form(one) == _form(other)


def _form(node: Node) -> object:
    own = tuple(
        (type(value), value)
        for name in node.__struct_fields__
        if name not in ("start", "end", *CHILD_FIELDS[type(node)])
        for value in (getattr(node, name),)
    )
    return type(node), own, tuple(map(_form, children(node)))


def failing_call(node: Call) -> str | None:
    """Why a call on literals always fails, such as timestamp('tomorrow'); None where it doesn't."""
    operands = children(node)
    if not operands or not all(_is_literal(operand) for operand in operands):
        return None
    try:
        evaluate(node, {}, budget=Budget(_STEPS))
    except EvaluationError as error:
        return error.message
    except CelError:
        return None
    return None


def _is_literal(node: Node) -> bool:
    """A value written out, a sign before it and lists of such included."""
    return all(
        isinstance(part, Literal | ListExpr | MapExpr | MapEntry)
        or (isinstance(part, Call) and part.function == "-_")
        for part in walk(node)
    )


def repeated_keys(node: MapExpr) -> Iterator[Node]:
    """The keys of a map that are written a second time."""
    seen: dict[tuple[bool, object], Node] = {}
    for entry in node.entries:
        if not isinstance(entry.key, Literal) or not isinstance(entry.key.value, str | int):
            continue
        key = (isinstance(entry.key.value, bool), entry.key.value)
        if key in seen:
            yield entry.key
        seen.setdefault(key, entry.key)

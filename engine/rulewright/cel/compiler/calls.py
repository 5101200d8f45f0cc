"""Code of function calls: a few of the commonest in place, the rest through the function table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rulewright.cel.compiler.linear import linear_pattern
from rulewright.cel.compiler.unit import Code, Frame
from rulewright.cel.errors import EvaluationError
from rulewright.cel.functions import ALL_FUNCTIONS
from rulewright.cel.limits import Budget
from rulewright.cel.tree import Call, Literal, Node
from rulewright.cel.values import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    OPTIONAL,
    STRING,
    TIMESTAMP,
    UINT,
    Duration,
    Timestamp,
    Type,
)

_CERTAIN: Final = (BOOL, BYTES, DOUBLE, DURATION, INT, OPTIONAL, STRING, TIMESTAMP, UINT)
"""Result types that say all there is to know of a value's class."""
_FOLDED: Final = ("timestamp", "duration")
"""Of literals, these are worked out once."""
_LONGEST_MATCHED: Final = 4_096
"""Characters that are searched by a linear pattern without counting steps; fewer in loops."""
_LONGEST_IN_LOOPS: Final = 64


def call(frame: Frame, node: Call) -> Code:
    """A function or method."""
    if node.function in ("or", "orValue") and node.target is not None:
        return _or_value(frame, node, node.target)
    if frame.unit.is_standard(node.function):
        shortcut = _SHORTCUTS.get((node.function, node.target is not None, len(node.args)))
        code = shortcut(frame, node) if shortcut is not None else None
        if code is not None:
            return code
    return general_call(frame, node)


def general_call(frame: Frame, node: Call) -> Code:
    """A call through the function table."""
    operands = node.args if node.target is None else (node.target, *node.args)
    texts = "".join(f", {frame.value(operand).text}" for operand in operands)
    function = frame.unit.constant("call", node.function, node.target is not None)
    return Code(f"{function}({frame.budget}{texts})", _result_kind(frame, node))


def _result_kind(frame: Frame, node: Call) -> Type | None:
    """The type every overload of a standard function gives, if it is one."""
    if not frame.unit.is_standard(node.function):
        return None
    method = node.target is not None
    results = {
        overload.result for overload in ALL_FUNCTIONS[node.function].overloads if overload.method is method
    }
    if len(results) != 1:
        return None
    (result,) = results
    return next((kind for kind in _CERTAIN if kind.name == result.name and not result.variable), None)


def _folded(frame: Frame, node: Call) -> Code | None:
    """`timestamp('...')` and `duration('...')`: the value itself."""
    (argument,) = node.args
    if not isinstance(argument, Literal) or not isinstance(argument.value, str):
        return None
    overload = ALL_FUNCTIONS[node.function].select([STRING], method=False)
    assert overload is not None
    try:
        value = overload.call(Budget(), [argument.value])
    except EvaluationError:
        return None
    assert isinstance(value, Timestamp | Duration)
    kind = TIMESTAMP if isinstance(value, Timestamp) else DURATION
    return Code(frame.unit.constant(node.function, value.nanos), kind, simple=True)


def _size(frame: Frame, node: Call) -> Code:
    first, again = frame.twice(frame.value(node.args[0] if node.target is None else node.target))
    function = frame.unit.constant("call", "size", node.target is not None)
    plain = f"len({again}) if {first}.__class__ in SIZED"
    return Code(f"({plain} else {function}({frame.budget}, {again}))", INT)


def _text_method(template: str) -> Callable[[Frame, Call], Code | None]:
    """A method of texts whose argument is a literal text."""

    def shortcut(frame: Frame, node: Call) -> Code | None:
        (argument,) = node.args
        if not isinstance(argument, Literal) or type(argument.value) is not str or node.target is None:
            return None
        part = repr(argument.value)
        first, again = frame.twice(frame.value(node.target))
        function = frame.unit.constant("call", node.function, True)
        plain = template.replace("@text", again).replace("@part", part)
        otherwise = f"{function}({frame.budget}, {again}, {part})"
        # A loop pays for what it reads; looking at one end of a text costs next to nothing.
        if frame.in_loop and node.function == "contains":
            return Code(otherwise.replace(again, first, 1), BOOL)
        return Code(f"({plain} if {first}.__class__ is str else {otherwise})", BOOL)

    return shortcut


def _matches(frame: Frame, node: Call) -> Code | None:
    """`matches` with a literal pattern that Python's own engine surely runs in linear time."""
    *targets, argument = node.args if node.target is None else (node.target, *node.args)
    if not isinstance(argument, Literal) or type(argument.value) is not str:
        return None
    pattern = linear_pattern(argument.value)
    if pattern is None:
        return None
    first, again = frame.twice(frame.value(targets[0]))
    search = frame.unit.constant("search", pattern)
    function = frame.unit.constant("call", "matches", node.target is not None)
    longest = _LONGEST_IN_LOOPS if frame.in_loop else _LONGEST_MATCHED
    # RE2 refuses half of a surrogate pair, which no ASCII text holds.
    fits = f"{first}.__class__ is str and {again}.isascii() and len({again}) <= {longest}"
    otherwise = f"{function}({frame.budget}, {again}, {argument.value!r})"
    return Code(f"({search}({again}) is not None if {fits} else {otherwise})", BOOL)


def _or_value(frame: Frame, node: Call, target: Node) -> Code:
    """`or` and `orValue` read their argument only where there is no value."""
    first, again = frame.twice(frame.value(target))
    with frame.branch():
        arguments = "".join(f", {frame.value(argument).text}" for argument in node.args)
    function = frame.unit.constant("call", node.function, True)
    there = again if node.function == "or" else f"{again}.value"
    plain = f"{there} if {first}.__class__ is OptionalValue and {again}.present"
    return Code(f"({plain} else {function}({frame.budget}, {again}{arguments}))")


_SHORTCUTS: Final[dict[tuple[str, bool, int], Callable[[Frame, Call], Code | None]]] = {
    ("size", False, 1): _size,
    ("size", True, 0): _size,
    ("startsWith", True, 1): _text_method("@text.startswith(@part)"),
    ("endsWith", True, 1): _text_method("@text.endswith(@part)"),
    ("contains", True, 1): _text_method("@part in @text"),
    ("matches", True, 1): _matches,
    ("matches", False, 2): _matches,
    **{(name, False, 1): _folded for name in _FOLDED},
}
"""By name, whether it has a target, and the number of arguments."""

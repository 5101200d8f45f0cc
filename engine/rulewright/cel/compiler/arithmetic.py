"""Code of `+ - * / %`, unary minus and `!`: in place for ints that stay within 64 bits and for doubles."""

from __future__ import annotations

from rulewright.cel.compiler.comparing import literal_text
from rulewright.cel.compiler.unit import Code, Frame
from rulewright.cel.tree import Call, Literal, Node
from rulewright.cel.values import BOOL, BYTES, DOUBLE, INT, INT_MAX, INT_MIN, STRING, UINT, Type

_KEPT_KINDS = (INT, UINT, DOUBLE, STRING, BYTES)
"""With an operand of one of these, the result has the same type or there is none."""


def binary(frame: Frame, node: Call) -> Code:
    """An operation on two operands."""
    operator = node.function.strip("_")
    a, b = (_operand(frame, operand) for operand in node.args)
    kind = next((code.kind for code in (a, b) if code.kind in _KEPT_KINDS), None)
    function = frame.unit.constant("call", node.function, False)
    if operator not in ("+", "-", "*") or kind in (UINT, STRING, BYTES) or (a.literal and b.literal):
        return Code(f"{function}({frame.budget}, {a.text}, {b.text})", kind)
    first, one = frame.twice(a)
    second, two = frame.twice(b)
    otherwise = f"{function}({frame.budget}, {one}, {two})"
    if kind is DOUBLE:
        # Comparing the classes evaluates both operands before either name is used.
        return Code(
            f"({one} {operator} {two} if {_same_class(a, first, b, second, 'float')} else {otherwise})", kind
        )
    result = frame.keep()
    fits = f"{INT_MIN} <= ({result} := {one} {operator} {two}) <= {INT_MAX}"
    return Code(f"({result} if {_same_class(a, first, b, second, 'int')} and {fits} else {otherwise})", kind)


def _same_class(a: Code, first: str, b: Code, second: str, name: str) -> str:
    if a.literal:
        return f"{second}.__class__ is {name}"
    if b.literal:
        return f"{first}.__class__ is {name}"
    return f"{first}.__class__ is {second}.__class__ is {name}"


def _operand(frame: Frame, node: Node) -> Code:
    if isinstance(node, Literal) and type(node.value) in (int, float):
        kind = INT if type(node.value) is int else DOUBLE
        return Code(literal_text(node.value), kind, simple=True, literal=True)
    return frame.value(node)


def negative(frame: Frame, node: Call) -> Code:
    """Unary minus."""
    operand = frame.value(node.args[0])
    function = frame.unit.constant("call", node.function, False)
    return Code(f"{function}({frame.budget}, {operand.text})", _kind_of_number(operand))


def _kind_of_number(operand: Code) -> Type | None:
    return operand.kind if operand.kind in (INT, DOUBLE) else None


def negation(frame: Frame, node: Call) -> Code:
    """`!`, which takes nothing but a boolean."""
    operand = frame.value(node.args[0])
    if operand.kind is BOOL:
        return Code(f"(not {operand.text})", BOOL)
    first, again = frame.twice(operand)
    return Code(f"({first} is False or {again} is not True and bad({again}))", BOOL)

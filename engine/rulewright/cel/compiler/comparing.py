"""Code of `==`, `!=`, `<`, `<=`, `>`, `>=` and `in`.

Python compares as CEL does but for three things: it takes true for 1 and false for 0, it compares an int and
a float exactly where CEL compares doubles, and lists and maps by their own rules. So a literal on one side
needs at most a guard against booleans, values of one scalar class none; the rest is left to the functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rulewright.cel.compiler.paths import reading
from rulewright.cel.compiler.unit import Code, Frame
from rulewright.cel.tree import Call, ListExpr, Literal, Node
from rulewright.cel.values import BOOL, DOUBLE, INT, UINT, Uint

_EXACT_DOUBLES = 2**53
"""Below this every int is a double, so that comparing exactly and comparing doubles are one."""
_NUMBERS = (INT, UINT, DOUBLE)
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_ORDER_CALLS = {
    "<": "less({a}, {b})",
    "<=": "not_greater({a}, {b})",
    ">": "less({b}, {a})",
    ">=": "not_greater({b}, {a})",
}


def literal_text(value: object) -> str:
    """A literal of Python; a minus sign in brackets, because it binds less than what may follow."""
    text = repr(int(value)) if isinstance(value, Uint) else repr(value)
    return f"({text})" if text.startswith("-") else text


def comparison(frame: Frame, node: Call, failed: str = "") -> Code:
    """A comparison of two operands. `failed`: the code in place of raising the commonest errors."""
    operator = node.function.strip("_")
    left, right = node.args
    if _is_comparable_literal(right):
        text = _with_literal(frame, operator, left, right, failed)
    elif _is_comparable_literal(left):
        text = _with_literal(frame, _MIRRORED[operator], right, left, failed)
    else:
        text = _general(frame, operator, left, right, failed)
    return Code(text, BOOL)


def _is_comparable_literal(node: Node) -> bool:
    if not isinstance(node, Literal):
        return False
    return not isinstance(node.value, int | float) or abs(node.value) < _EXACT_DOUBLES


def _with_literal(frame: Frame, operator: str, node: Node, other: Node, failed: str) -> str:
    assert isinstance(other, Literal)
    value = other.value
    if value is None or isinstance(value, bool):
        return _with_singleton(frame, operator, node, value, failed)
    operand = reading(frame, node) if failed else frame.value(node)
    if operator in ("==", "!="):
        return _equal_literal(frame, operator, operand, value, failed)
    return _ordered_literal(frame, operator, operand, value, failed)


def _with_singleton(frame: Frame, operator: str, node: Node, value: object, failed: str) -> str:
    if operator in ("==", "!="):
        # A class CEL has no name for is compared like any other: it is neither null nor a boolean.
        same = f"{'is' if operator == '==' else 'is not'} {value!r}"
        if not failed:
            return f"({frame.value(node).text} {same})"
        first, again = frame.twice(reading(frame, node))
        return f"({failed} if {first} is ABSENT else {again} {same})"
    operand = frame.value(node)
    if value is None:
        return f"bad({operand.text})"
    return f"({_ORDER_CALLS[operator].format(a=operand.text, b=repr(value))})"


def _equal_literal(frame: Frame, operator: str, operand: Code, value: object, failed: str) -> str:
    text = literal_text(value)
    first, again = frame.twice(operand)
    if operand.kind is BOOL:
        # Only Python takes a boolean for a number; evaluated still, for what it may raise.
        return f"({first} is None)" if operator == "==" else f"({first} is not None)"
    guard = ""
    if isinstance(value, int | float) and value in (0, 1) and operand.kind not in _NUMBERS:
        boolean = "True" if value == 1 else "False"
        guard = f" and {again} is not {boolean}" if operator == "==" else f" or {again} is {boolean}"
    if not frame.exact:
        return f"({first if guard else operand.text} {operator} {text}{guard})"
    negation = "not " if operator == "!=" else ""
    plain = f"{again} {operator} {text}{guard}"
    otherwise = f"{negation}equal({frame.budget}, {again}, {text})"
    return f"({plain} if {first}.__class__ in SCALARS else {_unless_absent(again, otherwise, failed)})"


def _unless_absent(name: str, otherwise: str, failed: str) -> str:
    return f"{failed} if {name} is ABSENT else {otherwise}" if failed else otherwise


def _ordered_literal(frame: Frame, operator: str, operand: Code, value: object, failed: str) -> str:
    text = literal_text(value)
    order = _ORDER_CALLS[operator]
    is_number = isinstance(value, int | float)
    if (operand.kind in _NUMBERS and is_number) or (not is_number and not frame.exact):
        # Python itself refuses to order a text and anything else.
        return f"({operand.text} {operator} {text})"
    first, again = frame.twice(operand)
    if frame.exact:
        same = "str" if isinstance(value, str) else "bytes" if isinstance(value, bytes) else ""
        guard = f"{first}.__class__ is {same or 'int'}" + ("" if same else f" or {again}.__class__ is float")
        otherwise = order.format(a=again, b=text)
        if failed:
            unlike = _UNLIKE.get(type(value), "NO_NUMBERS")
            otherwise = f"{failed} if {again}.__class__ in {unlike} else {otherwise}"
        return f"({again} {operator} {text} if {guard} else {otherwise})"
    return _guarded_order(operator, first, again, text, value)


def _guarded_order(operator: str, first: str, again: str, text: str, value: object) -> str:
    """The comparison, with a look for booleans only where one could have given this result."""
    given_true, given_false = (_holds(operator, flag, value) for flag in (True, False))
    if given_true is given_false is False:
        return f"({first} {operator} {text} or ({again} is True or {again} is False) and bad({again}))"
    if given_true is given_false is True:
        return f"({first} {operator} {text} and ({again} is not True and {again} is not False or bad()))"
    return f"({again} {operator} {text} if {first} is not True and {again} is not False else bad())"


def _holds(operator: str, flag: bool, value: object) -> bool:
    number = float(value)  # type: ignore[arg-type]
    return {"<": flag < number, "<=": flag <= number, ">": flag > number, ">=": flag >= number}[operator]


_UNLIKE: Final[Mapping[type, str]] = {str: "NO_TEXTS", bytes: "NO_BYTES"}
"""Classes that surely have no order with a literal of this class."""


def _general(frame: Frame, operator: str, left: Node, right: Node, failed: str) -> str:
    read = reading if failed else Frame.value
    a, b = read(frame, left), read(frame, right)
    if a.kind in _NUMBERS and a.kind is b.kind:
        return f"({a.text} {operator} {b.text})"
    first, one = frame.twice(a)
    second, two = frame.twice(b)
    if operator in ("==", "!="):
        classes = "CHEAP" if frame.in_loop else "SCALARS"
        negation = "not " if operator == "!=" else ""
        otherwise = f"{negation}equal({frame.budget}, {one}, {two})"
    else:
        classes = "CHEAP_ORDERED" if frame.in_loop else "ORDERED"
        otherwise = _ORDER_CALLS[operator].format(a=one, b=two)
    if failed:
        # The second operand is not evaluated, as it would not be had the first one raised.
        absent = f"{first} is ABSENT or {second} is ABSENT"
        same = f"{one}.__class__ is {two}.__class__ and {two}.__class__ in {classes}"
        return f"({failed} if {absent} else {one} {operator} {two} if {same} else {otherwise})"
    # Comparing the classes evaluates both operands, in order, before either name is used.
    guard = f"{first}.__class__ is {second}.__class__ and {two}.__class__ in {classes}"
    return f"({one} {operator} {two} if {guard} else {otherwise})"


def membership(frame: Frame, node: Call, failed: str = "") -> Code:
    """`item in collection`; a list of literal texts becomes a set. `failed`: as for comparisons."""
    item, collection = node.args
    texts = _literal_texts(collection)
    operand = reading(frame, item) if failed and texts else frame.value(item)
    if not texts:
        return Code(f"contains({frame.budget}, {operand.text}, {frame.value(collection).text})", BOOL)
    members = "{" + ", ".join(repr(text) for text in texts) + "}"
    first, again = frame.twice(operand)
    if not frame.exact:
        return Code(f"({operand.text} in {members})", BOOL)
    plain = f"{again} in {members} if {first}.__class__ in SCALARS"
    listed = "[" + ", ".join(repr(text) for text in texts) + "]"
    otherwise = _unless_absent(again, f"contains({frame.budget}, {again}, {listed})", failed)
    return Code(f"({plain} else {otherwise})", BOOL)


def _literal_texts(node: Node) -> list[str] | None:
    if not isinstance(node, ListExpr) or any(node.optional):
        return None
    texts = [element.value for element in node.elements if isinstance(element, Literal)]
    if len(texts) < len(node.elements) or not all(type(text) is str for text in texts):
        return None
    return [text for text in texts if isinstance(text, str)]

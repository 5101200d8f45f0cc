"""What calling a function costs at most, and how large its result may be, by the sizes of its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rulewright.cel.checker.sizes import (
    DEFAULT_ITEMS,
    SCALAR,
    UNKNOWN,
    Size,
    larger,
    list_of_size,
    number_of_size,
    text_of,
)
from rulewright.cel.errors import CelError
from rulewright.cel.limits import CHARACTERS_PER_STEP
from rulewright.cel.regex import matching_cost
from rulewright.cel.tree import Call, Literal, Node

_LONGEST_TRIED: Final = 100_000
_LONGEST_NUMBER: Final = 64
"""Characters of a number, date or duration as text."""
_Inputs = Sequence[Size]

_COMPARED: Final = frozenset(["_==_", "_!=_"])
_OF_EVERY_PAIR: Final = frozenset(["distinct", "sort"])
_SEARCHES: Final = frozenset(["contains", "indexOf", "lastIndexOf"])


def charge(node: Call, operands: Sequence[Node], inputs: _Inputs) -> int:
    """The steps of the call itself, those of its arguments left aside."""
    name = node.function
    if name in _COMPARED:
        return min(map(_compared, inputs))
    if name == "@in":
        return 1 + inputs[1].count * min(_compared(inputs[0]), _compared(inputs[1].each))
    if name in _OF_EVERY_PAIR:
        return 1 + inputs[0].count * (inputs[0].count + 1)
    if name == "matches":
        return _matching(operands[-1], inputs)
    if name in _SEARCHES:
        return 1 + (inputs[0].count + inputs[1].count) // CHARACTERS_PER_STEP
    if name in _BUILDERS:
        return 3 + inputs[0].count + _BUILDERS[name](inputs).count // CHARACTERS_PER_STEP
    return 2 + sum(map(_read, inputs))


def _compared(size: Size) -> int:
    """Lists and maps are counted as a whole, and then item by item."""
    return 1 + size.steps() * (2 if size.kind == "items" else 1)


def _read(size: Size) -> int:
    if size.kind == "scalar":
        return 0
    return size.count // CHARACTERS_PER_STEP if size.kind == "text" else size.count


def _matching(pattern: Node, inputs: _Inputs) -> int:
    text = min(inputs[0].count, _LONGEST_TRIED)
    if isinstance(pattern, Literal) and isinstance(pattern.value, str):
        try:
            return matching_cost("." * text, pattern.value)
        except CelError:
            return 1
    return 1 + text


def result_size(name: str, inputs: _Inputs) -> Size:
    """How large the result may be. Whatever is not in the table gives something as large as its arguments."""
    sizer = _RESULTS.get(name)
    if sizer is not None:
        return sizer(inputs)
    if name.startswith("math.") and inputs:
        return _number_among(inputs)
    if name.startswith(("_", "@", "-", "!", "is", "get")):
        return SCALAR
    return _largest(inputs)


def _largest(inputs: _Inputs) -> Size:
    if not inputs:
        return UNKNOWN
    found = inputs[0]
    for size in inputs[1:]:
        found = larger(found, size)
    return found


def _sum(inputs: _Inputs) -> Size:
    """Only like is added to like, so one that is known to be a number or a text says what both are."""
    kinds = {size.kind for size in inputs}
    if "scalar" in kinds:
        return number_of_size(sum(size.count for size in inputs if size.kind == "scalar"))
    if "text" in kinds:
        return text_of(sum(size.count for size in inputs if size.kind == "text"))
    return list_of_size(sum(size.count for size in inputs), larger(inputs[0].each, inputs[-1].each))


def _product(inputs: _Inputs) -> Size:
    return number_of_size(inputs[0].count * inputs[1].count)


def _total(inputs: _Inputs) -> Size:
    return number_of_size(inputs[0].count * max(inputs[0].each.count, 1))


def _number_among(inputs: _Inputs) -> Size:
    """The result of a function that gives a number, of numbers or of a list of them."""
    return number_of_size(max(size.each.count if size.kind == "items" else size.count for size in inputs))


def _counted(inputs: _Inputs) -> Size:
    return number_of_size(inputs[0].count)


def _joined(inputs: _Inputs) -> Size:
    glue = inputs[1].count if len(inputs) > 1 else 0
    return text_of(inputs[0].count * (inputs[0].each.count + glue))


def _replaced(inputs: _Inputs) -> Size:
    return text_of((inputs[0].count + 1) * max(inputs[2].count, 1) + inputs[0].count)


def _formatted(inputs: _Inputs) -> Size:
    piece = inputs[1].each
    one = max(piece.each.count, _LONGEST_NUMBER)
    longest = _LONGEST_NUMBER if piece.kind == "scalar" else piece.count * one
    return text_of(inputs[0].count + inputs[0].count * longest)


_BUILDERS: Final[Mapping[str, Callable[[_Inputs], Size]]] = {
    "replace": _replaced,
    "join": _joined,
    "format": _formatted,
    "split": lambda inputs: inputs[0],
    "lists.range": lambda inputs: inputs[0],
    "flatten": lambda inputs: list_of_size(16 * inputs[0].count * (1 + inputs[0].each.count), UNKNOWN),
}
"""What pays for what it builds."""

_RESULTS: Final[Mapping[str, Callable[[_Inputs], Size]]] = {
    "_+_": _sum,
    "_-_": lambda inputs: number_of_size(inputs[0].count + inputs[1].count),
    "_*_": _product,
    "_/_": lambda inputs: inputs[0],
    "_%_": lambda inputs: inputs[1],
    "-_": lambda inputs: inputs[0],
    "size": _counted,
    "indexOf": _counted,
    "lastIndexOf": _counted,
    "sum": _total,
    "double": lambda _: SCALAR,
    "bool": lambda _: SCALAR,
    "int": lambda inputs: inputs[0] if inputs[0].kind == "scalar" else number_of_size(DEFAULT_ITEMS),
    "lists.range": lambda inputs: list_of_size(inputs[0].count, number_of_size(inputs[0].count)),
    "split": lambda inputs: list_of_size(inputs[0].count + 1, text_of(inputs[0].count)),
    "join": _joined,
    "replace": _replaced,
    "format": _formatted,
    "flatten": lambda inputs: list_of_size(inputs[0].count * inputs[0].each.count, inputs[0].each.each),
    "first": lambda inputs: inputs[0].each,
    "last": lambda inputs: inputs[0].each,
    "orValue": _largest,
    "string": lambda inputs: text_of(inputs[0].count if inputs[0].kind == "text" else _LONGEST_NUMBER),
    "pick": lambda inputs: inputs[0],
    "contains": lambda _: SCALAR,
    "startsWith": lambda _: SCALAR,
    "endsWith": lambda _: SCALAR,
    "matches": lambda _: SCALAR,
    "hasValue": lambda _: SCALAR,
    "timestamp": lambda _: SCALAR,
    "duration": lambda _: SCALAR,
    "money": lambda _: Size(3, item=text_of(_LONGEST_NUMBER)),
    "base64.encode": lambda inputs: text_of(inputs[0].count * 2),
    "strings.quote": lambda inputs: text_of(inputs[0].count * 2 + 2),
}

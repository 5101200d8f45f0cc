"""Code of conditions whose errors are held back until it is clear whether they matter.

Most errors are fields that are missing or null, and values of the wrong type. Raising them would cost more
than all the rest, so conditions look for those first: a path that leads nowhere gives `ABSENT`, and what is
made of it sets `h`. Anything else raises, and is caught and held.
"""

from __future__ import annotations

from typing import Final

from rulewright.cel.compiler import comparing
from rulewright.cel.compiler.paths import reading
from rulewright.cel.compiler.unit import Frame
from rulewright.cel.tree import Call, Ident, Index, Logic, Node, Select

HOLD: Final = (
    # A plain map has no such key, where nothing looked for it first.
    "except KeyError as e: h = h or e",
    "except Exception as e: h = hold(h, e)",
)
"""Lines that keep an error until it is clear whether it matters."""

_FAILED: Final = {True: "(h := h or KeyError) is not None", False: "(h := h or KeyError) is None"}
"""Keeps an error nobody raised, and gives true or false."""

_COMPARISONS: Final = frozenset(["_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"])


def absorb(frame: Frame, node: Logic, last: str = "raise h") -> list[str]:
    """The body of a function that gives the value of `&&` or `||` whatever some operands raise.

    `last`: what to do with the error where it does matter.
    """
    decisive = node.operator == "||"
    before = frame.tried or {}
    tried = dict(before)
    lines: list[str] = []
    for operand in node.operands:
        inner = frame.inner({}, loop=False)
        inner.tried = tried
        lines += holding(f"if {decides(inner, operand, decisive)}: return {decisive}")
    first = " = ".join(["h", *(name for path, name in tried.items() if path not in before), "None"])
    return [first, *lines, f"if h is not None: {last}", f"return {not decisive}"]


def holding(line: str) -> list[str]:
    """A line whose error is held."""
    return ["try:", f"    {line}", *HOLD]


def decides(frame: Frame, node: Node, decisive: bool) -> str:
    """The code of "this condition is surely `decisive`", in a function that has an `h` to hold errors."""
    condition = attempt(frame, node, not decisive)
    return condition if decisive else f"not {condition}"


def attempt(frame: Frame, node: Node, given: bool) -> str:
    """The code of a condition; it gives `given` and sets `h` where it meets one of the commonest errors."""
    failed = _FAILED[given]
    match node:
        case Call(function=function) if frame.unit.is_standard(function):
            if function in _COMPARISONS:
                return comparing.comparison(frame, node, failed).text
            if function == "@in":
                return comparing.membership(frame, node, failed).text
            if (
                function == "!_"
                and isinstance(node.args[0], Select | Call)
                and not _is_negation(node.args[0])
            ):
                return f"(not {attempt(frame, node.args[0], not given)})"
        case Logic():
            return _nested(frame, node, given)
        case Ident() | Select() | Index():
            first, again = frame.twice(reading(frame, node))
            return f"({first} is True or {again} is not False and {failed})"
    return frame.test(node)


def _is_negation(node: Node) -> bool:
    return isinstance(node, Call) and node.function == "!_"


def _nested(frame: Frame, node: Logic, given: bool) -> str:
    """A function that gives its error in place of raising it."""
    result = frame.keep()
    call = frame.function(absorb(frame, node, "return h"), ())
    comparison = "is not" if given else "is"
    held = f"(h := h or KeyError if {result} is KeyError else join(h, {result})) {comparison} None"
    return f"(({result} := {call}) is True or {result} is not False and {held})"

"""Binary operators: which bind tighter, and the tree they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from typing import Literal as OneOf

from rulewright.cel.tree import Call, Logic, Node

if TYPE_CHECKING:
    from collections.abc import Mapping

PRECEDENCE: Final[Mapping[str, int]] = {
    "||": 1,
    "&&": 2,
    "==": 3,
    "!=": 3,
    "<": 3,
    "<=": 3,
    ">": 3,
    ">=": 3,
    "in": 3,
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
}
"""A higher number binds tighter; operators of one number are taken from left to right."""
_LOGIC: Final[Mapping[str, OneOf["&&", "||"]]] = {"&&": "&&", "||": "||"}


class Operands:
    """The two stacks of operator-precedence parsing: waiting operators, and operands."""

    def __init__(self, first: Node) -> None:
        self.nodes: list[Node] = [first]
        self.operators: list[str] = []

    def push(self, operator: str, node: Node) -> None:
        """Add an operator and its right operand, after reducing what binds as tightly or tighter."""
        self.reduce(PRECEDENCE[operator], keep=operator if operator in _LOGIC else None)
        self.operators.append(operator)
        self.nodes.append(node)

    def reduce(self, precedence: int = 0, keep: str | None = None) -> Node:
        """Build nodes for the operators that bind at least as tightly; a chain of `keep` is left to grow."""
        while self.operators and PRECEDENCE[self.operators[-1]] >= precedence and self.operators[-1] != keep:
            operator = self.operators[-1]
            if operator in _LOGIC:
                self._reduce_chain(operator)
            else:
                self.operators.pop()
                right = self.nodes.pop()
                left = self.nodes.pop()
                name = "@in" if operator == "in" else f"_{operator}_"
                self.nodes.append(
                    Call(start=left.start, end=right.end, function=name, target=None, args=(left, right))
                )
        return self.nodes[-1]

    def _reduce_chain(self, operator: str) -> None:
        count = 1
        while self.operators and self.operators[-1] == operator:
            self.operators.pop()
            count += 1
        operands = tuple(self.nodes[-count:])
        del self.nodes[-count:]
        self.nodes.append(
            Logic(start=operands[0].start, end=operands[-1].end, operator=_LOGIC[operator], operands=operands)
        )

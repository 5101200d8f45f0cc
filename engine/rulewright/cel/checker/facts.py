"""What a condition says about null: which paths can't be null where it holds, or where it doesn't."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from rulewright.cel.namespace import Path
from rulewright.cel.tree import Call, Given, Has, Ident, Index, Literal, Logic, Node, Select

Facts = frozenset[Path]
"""Paths that are not null."""

NO_FACTS: Final[Facts] = frozenset()
Surely = Callable[[Has], bool]
"""Does `has` of this field mean that it is not null, too?"""


def path_of(node: Node) -> Path | None:
    """`a.b["c"]` as ("a", "b", "c"); None for what is no plain path."""
    steps: list[str] = []
    while True:
        match node:
            case Ident():
                return (node.name, *reversed(steps))
            case Select(optional=False):
                steps.append(node.field)
                node = node.operand
            case Index(index=Literal(value=str() as key), optional=False):
                steps.append(key)
                node = node.operand
            case _:
                return None


def facts_of(node: Node, holds: bool, surely: Surely) -> Facts:
    """What is not null where the condition holds, or where it does not."""
    match node:
        case Given() if holds:
            return _with_steps(path_of(node.path))
        case Has() if holds:
            below = path_of(node.operand)
            return _with_steps(below and ((*below, node.field) if surely(node) else below))
        case Logic():
            parts = [facts_of(operand, holds, surely) for operand in node.operands]
            certain = holds is (node.operator == "&&")
            return NO_FACTS.union(*parts) if certain else parts[0].intersection(*parts[1:])
        case Call(function="!_", args=(operand,)):
            return facts_of(operand, not holds, surely)
        case Call(function="_==_" | "_!=_", args=(left, right)):
            return _of_equality(left, right, holds is (node.function == "_==_"))
        case Call(function="@in", args=(item, _)) if holds:
            return _with_steps(path_of(item))
    return NO_FACTS


def _of_equality(left: Node, right: Node, equal: bool) -> Facts:
    """`x != null` and `x == 'a'` both say that x is there."""
    for side, other in ((left, right), (right, left)):
        if isinstance(other, Literal) and equal is (other.value is not None):
            return _with_steps(path_of(side))
    return NO_FACTS


def _with_steps(path: Path | None) -> Facts:
    """The path, and every path on the way to it."""
    return frozenset(path[:length] for length in range(1, len(path) + 1)) if path else NO_FACTS


def from_the_others(parts: Sequence[Facts]) -> Iterator[Facts]:
    """For each operand of a chain what all the others say.

    The order does not matter: `&&` and `||` hold an error back until they know whether it counts.
    """
    count = Counter(path for part in parts for path in part)
    for part in parts:
        yield frozenset(path for path, times in count.items() if times > (path in part))


def closed(facts: Facts, implies: Mapping[Path, tuple[Path, ...]]) -> Facts:
    """The facts and all that follows from them."""
    pending, known = list(facts), set(facts)
    while pending:
        for path in implies.get(pending.pop(), ()):
            if path not in known:
                known.add(path)
                pending.append(path)
    return frozenset(known)


def hidden(facts: Facts, names: Iterable[str]) -> Facts:
    """The facts without those about names that are bound anew."""
    bound = set(names)
    return frozenset(path for path in facts if path[0] not in bound) if facts else facts

"""`$first.record.id`: values of earlier steps, used as values in later ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from rulewright.outcome import Outcome
from rulewright.pointers import part_at
from rulewright.report.outcomes import outcome_json
from rulewright.scenarios.model import ABSENT
from rulewright.source import ListNode, MapNode, Node, Scalar

# A text that is such a name from end to end; "$5" and "US$ 5" are just text.
NAME: Final = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)((?:\.[A-Za-z0-9_]+)*)")


class UnboundError(Exception):
    """A step did not come to what a later step wants of it."""


def plain_outcome(outcome: Outcome) -> dict[str, object]:
    """An outcome in the shape of design.md section 4; what JSON leaves out is there as null or false."""
    return {"response": None, "replayed": False, **outcome_json(outcome)}


def resolve(value: object, bound: Mapping[str, Mapping[str, object]]) -> object:
    """Put what was bound in the place of every `$name`. Raises UnboundError."""
    if isinstance(value, str):
        found = NAME.fullmatch(value)
        return value if found is None else _look_up(value, found[1], found[2].split(".")[1:], bound)
    if isinstance(value, Mapping):
        return {name: resolve(part, bound) for name, part in value.items()}
    if isinstance(value, list):
        return [resolve(part, bound) for part in value]
    return value


def _look_up(text: str, name: str, steps: list[str], bound: Mapping[str, Mapping[str, object]]) -> object:
    if name not in bound:
        raise UnboundError(f"{text}: the step that binds {name} did not get to an outcome")
    value: object = bound[name]
    for step in steps:
        value = part_at(value, step, ABSENT)
        if value is ABSENT:
            verdict = bound[name].get("verdict")
            raise UnboundError(f"{text}: the outcome of {name} ({verdict}) has no {step} there")
    return value


def names_in(node: Node) -> Iterator[tuple[Scalar, str, tuple[str, ...]]]:
    """Yield every `$name.path` below a node: the scalar, the name and the steps of its path."""
    if isinstance(node, MapNode):
        for entry in node.entries:
            yield from names_in(entry.value)
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from names_in(item)
    elif isinstance(node.value, str):
        found = NAME.fullmatch(node.value)
        if found is not None:
            yield node, found[1], tuple(found[2].split(".")[1:])

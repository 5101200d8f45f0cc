"""endless-inference: rules of `infer` make facts of facts without end.

A rule that counts up what it reads itself, or several that do so in a circle, and no `when` that could
stop them: each fact leads to another. Write a `when` with the last value that is needed. An evaluation in
which they start is refused with `limit`, and so is one with a circle whose end can't be told from the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rulewright.cel import CelError, Node, parse
from rulewright.cel.tree import Call, Ident, Literal, Select
from rulewright.checks.subject import Subject, problem, span_of
from rulewright.model import Expression, Inference
from rulewright.problem import SourceProblem

CODE = "endless-inference"
_LONGEST = 6
_Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Step:
    """A rule that takes the value of a field of one kind, plus `more`, into a field of another."""

    inference: Inference
    start: _Place
    end: _Place
    more: float


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every circle that grows, once; not those that go through another one."""
    steps = [step for one in subject.file.inferences if one.when is None for step in _steps(one)]
    told: set[frozenset[str]] = set()
    for step in steps:
        for circle in _circles(steps, (step,)):
            names = frozenset(one.inference.id for one in circle)
            if sum(one.more for one in circle) != 0 and not any(known <= names for known in told):
                told.add(names)
                listed = " -> ".join((*(one.inference.id for one in circle), step.inference.id))
                span = span_of(step.inference.at, "assert", default=step.inference.span)
                text = f"once they start, these rules make new facts without end: {listed}"
                yield problem(CODE, text, span, severity="warning")


def _circles(steps: list[_Step], way: tuple[_Step, ...]) -> Iterator[tuple[_Step, ...]]:
    """The circles that start with a way; each rule of one is taken once, and few rules have no `when`."""
    if way[-1].end == way[0].start:
        yield way
        return
    # Longer ones are left to the budget: looking for them takes longer and longer.
    for step in steps if len(way) < _LONGEST else ():
        if step.start == way[-1].end and step.inference not in [one.inference for one in way]:
            yield from _circles(steps, (*way, step))


def _steps(inference: Inference) -> Iterator[_Step]:
    for kind, values in inference.asserts.items():
        for name, value in values.entries.items():
            if not isinstance(value, Expression):
                continue
            try:
                found = _taken(parse(value.text))
            except CelError:
                continue
            if found is not None and found[0] in inference.facts:
                fact, field, more = found
                yield _Step(inference, (inference.facts[fact], field), (kind, name), more)


def _taken(node: Node) -> tuple[str, str, float] | None:
    """The fact and the field whose value a node takes, and the number that it adds."""
    match node:
        case Select(operand=Ident(name=fact), field=field, optional=False):
            return fact, field, 0
        case Call(function="_+_" | "_-_" as function, target=None, args=(left, Literal(value=more))):
            sign = 1 if function == "_+_" else -1
        case Call(function="_+_", target=None, args=(Literal(value=more), left)):
            sign = 1
        case _:
            return None
    inner = _taken(left)
    if inner is None or isinstance(more, bool) or not isinstance(more, int | float):
        return None
    return inner[0], inner[1], inner[2] + sign * more

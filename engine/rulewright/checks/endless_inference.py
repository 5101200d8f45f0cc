"""endless-inference: rules of `infer` make facts of facts without end.

A rule that counts up, or multiplies, what it reads itself, or several that do so in a circle, and no `when`
that could stop them: each fact leads to another. Write a `when` with the last value that is needed:

    - {id: next, facts: {d: day}, when: d.n > 0, assert: {day: {n: d.n + 1}}}                # never ends
    - {id: next, facts: {d: day}, when: d.n > 0 && d.n < 7, assert: {day: {n: d.n + 1}}}     # right

An evaluation in which they start is refused with `limit`, and so is one with a circle whose end can't be
told from the file. A warning.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from rulewright.cel import CelError, Node, parse
from rulewright.cel.tree import Call, Given, Has, Ident, Literal, Logic, Select, walk
from rulewright.checks.subject import Subject, problem, span_of
from rulewright.model import Expression, Inference
from rulewright.problem import SourceProblem

CODE = "endless-inference"
_LONGEST = 6
# Comparisons, and what each is with its sides exchanged.
_TURNED = {"_<_": "_>_", "_<=_": "_>=_", "_>_": "_<_", "_>=_": "_<=_"}
_UPWARDS = frozenset({"_>_", "_>=_"})
_DOWNWARDS = frozenset({"_<_", "_<=_"})
_Place = tuple[str, str]


class _Step(Struct, frozen=True):
    """A rule that takes a value from a field of one kind, times `factor` plus `more`, into one of another.

    `fact` is its name for the fact that it takes the value of; a text grows by the length of what is added.
    """

    inference: Inference
    fact: str
    start: _Place
    end: _Place
    factor: float
    more: float


class _Growth(Struct, frozen=True):
    """Where a circle takes the value that a rule reads: upwards or downwards, from that side of `away`."""

    upwards: bool
    away: float | None = None


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every circle that grows, once; not those that go through another one."""
    taken = (step for one in subject.file.inferences for step in _steps(one))
    # Most rules have an end; without them, few circles are left to look for.
    steps = [step for step in taken if any(_is_lasting(step, _Growth(upwards)) for upwards in (True, False))]
    told: set[frozenset[str]] = set()
    for step in steps:
        for circle in _circles(steps, (step,)):
            names = frozenset(one.inference.id for one in circle)
            if _goes_on(circle) and not any(known <= names for known in told):
                told.add(names)
                listed = " -> ".join((*(one.inference.id for one in circle), step.inference.id))
                span = span_of(step.inference.at, "assert", default=step.inference.span)
                text = f"once they start, these rules make new facts without end: {listed}"
                yield problem(CODE, text, span, severity="warning")


def _circles(steps: list[_Step], way: tuple[_Step, ...]) -> Iterator[tuple[_Step, ...]]:
    """The circles that start with a way; each rule of one is taken once."""
    if way[-1].end == way[0].start:
        yield way
        return
    # Longer ones are left to the budget: looking for them takes longer and longer.
    for step in steps if len(way) < _LONGEST else ():
        if step.start == way[-1].end and step.inference not in [one.inference for one in way]:
            yield from _circles(steps, (*way, step))


def _goes_on(circle: tuple[_Step, ...]) -> bool:
    """Whether nothing ends a circle that has started: it grows, and no condition fails for that."""
    turns = [_turned(circle[place:] + circle[:place]) for place in range(len(circle))]
    factor, _ = turns[0]
    if any(step.factor <= 0 for step in circle):
        return False
    if factor == 1:
        ways = [[_Growth(more > 0) for _, more in turns]] if all(more for _, more in turns) else []
    elif factor > 1:
        # What is multiplied goes away from the one value that stays as it is, to either side.
        still = [more / (1 - factor) for _, more in turns]
        ways = [[_Growth(upwards, value) for value in still] for upwards in (True, False)]
    else:
        return False
    return any(all(map(_is_lasting, circle, way)) for way in ways)


def _turned(circle: tuple[_Step, ...]) -> tuple[float, float]:
    """What one turn makes of the value that its first rule reads: the factor, and what is added."""
    factor, more = 1.0, 0.0
    for step in circle:
        factor, more = factor * step.factor, more * step.factor + step.more
    return factor, more


def _is_lasting(step: _Step, growth: _Growth) -> bool:
    """Whether a rule's condition still holds after the value has grown, if it has held once."""
    if step.inference.when is None:
        return True
    try:
        return _lasts(parse(step.inference.when.text), step.fact, step.start[1], growth)
    except CelError:
        return False


def _lasts(node: Node, fact: str, field: str, growth: _Growth) -> bool:
    match node:
        case Logic(operator="&&", operands=operands):
            return all(_lasts(one, fact, field, growth) for one in operands)
        case Logic(operands=operands):
            return any(_lasts(one, fact, field, growth) for one in operands)
        case Given() | Has():
            return True
        case Call(function=function, args=(Literal(value=limit), right)) if function in _TURNED:
            return _lasts_beyond(_TURNED[function], right, limit, fact, field, growth)
        case Call(function=function, args=(left, Literal(value=limit))) if function in _TURNED:
            return _lasts_beyond(function, left, limit, fact, field, growth)
    return not _names(node, fact)


def _lasts_beyond(function: str, node: Node, limit: object, fact: str, field: str, growth: _Growth) -> bool:
    """Whether a comparison with a constant, once true, stays true of what grows."""
    if not _names(node, fact):
        return True
    match node:
        case Select(operand=Ident(name=name), field=read) if name == fact and read == field:
            if function not in (_UPWARDS if growth.upwards else _DOWNWARDS):
                return False
            return isinstance(limit, int | float) and _is_on_the_side(limit, growth)
    return False


def _is_on_the_side(limit: float, growth: _Growth) -> bool:
    """Whether everything beyond a limit grows that way."""
    if growth.away is None:
        return True
    return limit >= growth.away if growth.upwards else limit <= growth.away


def _names(node: Node, name: str) -> bool:
    """Whether anything in an expression reads a name."""
    return any(isinstance(one, Ident) and one.name == name for one in walk(node))


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
                fact, field, factor, more = found
                yield _Step(inference, fact, (inference.facts[fact], field), (kind, name), factor, more)


def _taken(node: Node) -> tuple[str, str, float, float] | None:
    """The fact and the field whose value a node takes, the factor, and the number that it adds."""
    match node:
        case Select(operand=Ident(name=fact), field=field, optional=False):
            return fact, field, 1, 0
        case Call(function="_+_" | "_-_" | "_*_" as function, target=None, args=(left, Literal(value=other))):
            pass
        case Call(function="_+_" | "_*_" as function, target=None, args=(Literal(value=other), left)):
            pass
        case _:
            return None
    inner = _taken(left)
    if inner is None or isinstance(other, bool) or not isinstance(other, int | float | str):
        return None
    fact, field, factor, more = inner
    if function == "_*_":
        return None if isinstance(other, str) else (fact, field, factor * other, more * other)
    added = len(other) if isinstance(other, str) else other if function == "_+_" else -other
    return fact, field, factor, more + added

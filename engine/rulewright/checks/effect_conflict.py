"""effect-conflict: two effects set one field of the same record to different constants.

Effects on one record compose, and none wins over another. This is reported where it is sure to happen: the
same target and where, the same condition (or none), and two different constants.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from rulewright.checks.subject import Subject, problem
from rulewright.model import Effect, Expression, Itself, Template, TemplateList, TemplateMap
from rulewright.problem import SourceProblem

CODE = "effect-conflict"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every pair of effects that run together."""
    workflow = subject.file.workflow
    moves = workflow.transitions if workflow else ()
    groups = [subject.file.effects, *(move.effects for move in moves)]
    for effects in groups:
        for one, other in combinations(effects, 2):
            if one.verb not in {"create", "send"} and _circumstances(one) == _circumstances(other):
                yield from _conflicts(one, other)


def _circumstances(effect: Effect) -> object:
    return effect.verb, effect.target, effect.on, written(effect.when), written(effect.where)


def _conflicts(one: Effect, other: Effect) -> Iterator[SourceProblem]:
    for name, value in one.set.entries.items() if one.set else ():
        against = other.set.entries.get(name) if other.set else None
        if (
            against is not None
            and _is_constant(value)
            and _is_constant(against)
            and written(value) != written(against)
        ):
            message = f"{name} is set here to something else than by {one.id}, in line {value.span.line}"
            yield problem(CODE, message, against.span)


def _is_constant(template: Template) -> bool:
    """A number, boolean or null, or a text literal of CEL."""
    if isinstance(template, Itself):
        return True
    text = template.text.strip() if isinstance(template, Expression) else ""
    return text[:1] in {"'", '"'} and text[-1:] == text[:1] and text.count(text[:1]) == 2


def written(template: Template | None) -> object:
    """A template without its place, for comparing."""
    match template:
        case Expression():
            return "cel", template.text.strip()
        case Itself():
            return type(template.value), template.value
        case TemplateMap():
            return tuple((name, written(below)) for name, below in sorted(template.entries.items()))
        case TemplateList():
            return tuple(map(written, template.items))
        case _:
            return None

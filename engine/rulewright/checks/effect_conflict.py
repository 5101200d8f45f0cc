"""effect-conflict: two effects set one field of the same record to different constants.

Effects on one record compose, and none wins over another. This is reported where it is sure to happen: the
same target and where, the same condition (or none), and two different constants.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, problem
from rulewright.model import Effect, Expression, Itself, Template, TemplateList, TemplateMap
from rulewright.problem import SourceProblem

CODE = "effect-conflict"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Effects that run together, each against the first that sets the same field."""
    workflow = subject.file.workflow
    moves = workflow.transitions if workflow else ()
    for effects in (subject.file.effects, *(move.effects for move in moves)):
        first: dict[object, tuple[Effect, Template]] = {}
        for effect in effects:
            if effect.verb not in {"create", "send"}:
                yield from _conflicts(effect, first)


def _conflicts(effect: Effect, first: dict[object, tuple[Effect, Template]]) -> Iterator[SourceProblem]:
    circumstances = effect.verb, effect.target, effect.on, written(effect.when), written(effect.where)
    for name, value in effect.set.entries.items() if effect.set else ():
        if not _is_constant(value):
            continue
        earlier, against = first.setdefault((circumstances, name), (effect, value))
        if written(against) != written(value):
            message = (
                f"{name} is set here to something else than by {earlier.id}, in line {against.span.line}"
            )
            yield problem(CODE, message, value.span)


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

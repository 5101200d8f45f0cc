"""wrong-literal: what stands for itself where a field's value is worked out is not of the field's type.

    {type: integer, compute: true}         # true is no whole number
    set: {shirt: 5}                        # shirt is a text: write "'5'"
    by: {number: {is: 5}}                  # a map is no whole number

In compute, default_from, by, where, set, with, scope and write_back every text is an expression; numbers,
true, false, lists and maps stand for themselves. In by, where and scope a list means any of its items.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from rulewright.checks.subject import Subject, problem
from rulewright.checks.wrong_constant import misfit
from rulewright.model import Effect, Field, Itself, LookUp, Template, TemplateList, TemplateMap, Workflow
from rulewright.problem import SourceProblem
from rulewright.reader.kinds import describe

CODE = "wrong-literal"
_TEXTS = frozenset({"string", "email", "uuid"})
_DATES = frozenset({"date", "datetime"})


class _Place(Struct, frozen=True):
    """A value of a field as a rule file gives it. `any_of`: a list means any of its items."""

    words: str
    field: Field
    template: Template
    any_of: bool = False


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every literal that a rule puts into a field, or compares with one."""
    for place in _places(subject):
        yield from _misfits(place)


def _places(subject: Subject) -> Iterator[_Place]:
    for _, field in subject.all_fields():
        yield from _of_field(subject, field)
    for lookup in subject.file.lookups:
        yield from _asked(subject, lookup)
    for effect in subject.all_effects():
        yield from _of_effect(subject, effect)
    for inference in subject.file.inferences:
        yield from _entries("set", subject.fields, inference.set)
    yield from _entries("scope", subject.fields, subject.file.scope, any_of=True)
    for target in subject.api.targets:
        if subject.sends_to(target.name):
            yield from _entries("write_back", subject.fields, target.write_back)
    if subject.file.workflow is not None:
        yield from _of_workflow(subject, subject.file.workflow)


def _of_field(subject: Subject, field: Field) -> Iterator[_Place]:
    if field.default_from is not None:
        yield _Place("default_from", field, field.default_from)
    if field.compute is not None:
        yield _Place("compute", field, field.compute.value)
    if field.unique is not None:
        yield from _entries("where", subject.fields, field.unique.where, any_of=True)
    if field.references is not None:
        fields = subject.universe.fields_of(field.references.resource)
        yield from _entries("where", fields, field.references.where, any_of=True)


def _asked(subject: Subject, lookup: LookUp) -> Iterator[_Place]:
    return _entries("by", subject.universe.fields_of(lookup.resource), lookup.by, any_of=True)


def _of_effect(subject: Subject, effect: Effect) -> Iterator[_Place]:
    target = subject.target_of(effect)
    fields = None if target is None else subject.universe.fields_of(target)
    yield from _entries("where", fields, effect.where, any_of=True)
    yield from _entries("set", fields, effect.set)


def _of_workflow(subject: Subject, workflow: Workflow) -> Iterator[_Place]:
    for transition in workflow.transitions:
        yield from _entries("set", subject.fields, transition.set)
    events = {event.name: {field.name: field for field in event.fields} for event in workflow.events}
    for reaction in workflow.reactions:
        yield from _asked(subject, reaction.for_each)
        yield from _entries("with", events.get(reaction.fire), reaction.with_)


def _entries(
    words: str, fields: Mapping[str, Field] | None, template: TemplateMap | None, *, any_of: bool = False
) -> Iterator[_Place]:
    """The values of a map whose keys are fields; a key that is none is told of elsewhere."""
    if template is None or fields is None:
        return
    for name, entry in template.entries.items():
        if name in fields:
            yield _Place(f"{words}: {name}", fields[name], entry, any_of)


def _misfits(place: _Place) -> Iterator[SourceProblem]:
    field, template = place.field, place.template
    match template:
        case Itself(value=value) if value is not None:
            yield from _unless_fits(place, value)
        case TemplateList() if field.type != "list" and place.any_of:
            for item in template.items:
                yield from _misfits(_Place(place.words, field, item))
        case TemplateList():
            yield from _unless_fits(place, [])
            if field.items is not None and field.type == "list":
                for item in template.items:
                    yield from _misfits(_Place(f"{place.words}: item", field.items, item))
        case TemplateMap():
            yield from _unless_fits(place, {})
            parts = {child.name: child for child in field.fields or ()}
            known = parts if field.items is None else dict.fromkeys(template.entries, field.items)
            for part in _entries(place.words, known, template if field.type in ("object", "map") else None):
                yield from _misfits(part)


def _unless_fits(place: _Place, value: object) -> Iterator[SourceProblem]:
    expected = misfit(place.field, value)
    if expected is None or (place.any_of and place.field.type == "list"):
        return
    if place.field.type in _DATES:
        expected = "a date"
    hint = None
    if place.field.type in _TEXTS and not isinstance(value, list | dict):
        shown = str(value).lower() if isinstance(value, bool) else value
        hint = f"a text stands in two pairs of quotes: \"'{shown}'\""
    elif place.words == "compute" and isinstance(value, dict):
        hint = "the long form has value and on, and no other: {value: record.a + 1, on: [create]}"
    message = f"{place.words}: expected {expected}, found {describe(value)}"
    yield problem(CODE, message, place.template.span, hint=hint)

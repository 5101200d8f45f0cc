"""Fields that hold what a sensitive one held are sensitive themselves, unless their file says otherwise.

Worked out when rules are loaded, over all files at once: a value may go from one resource to the next. All
that comes later only asks whether a field is sensitive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from msgspec.structs import replace

from rulewright.checks.copies import WORKFLOW, Place, copies_of
from rulewright.checks.subject import Subject, Universe, walk_fields
from rulewright.model import Event, Field, RuleFile, RuleSet
from rulewright.plugins import Registry


def guarded(rules: RuleSet, registry: Registry) -> RuleSet:
    """The rules with `sensitive` said of every field that takes a sensitive value or is compared with one."""
    while _hides(rules):
        universe = Universe(rules, registry)
        found = {
            copy.place for file in rules.resources.values() for copy in copies_of(Subject(universe, file))
        }
        found |= {*chain.from_iterable(map(_of_events, rules.resources.values()))}
        found |= {*chain.from_iterable(map(_of_parts, rules.resources.values()))}
        if not found:
            break
        rules = replace(
            rules, resources={name: _guard(file, found) for name, file in rules.resources.items()}
        )
    return rules


def _hides(rules: RuleSet) -> bool:
    return any(
        field.sensitive
        for file in rules.resources.values()
        for fields in (file.fields, *(event.fields for event in _events(file)))
        for _, field in walk_fields(fields)
    )


def _events(file: RuleFile) -> tuple[Event, ...]:
    return file.workflow.events if file.workflow is not None else ()


def _of_parts(file: RuleFile) -> Iterator[Place]:
    """All that is in a sensitive field: rules about a part see it by itself."""
    yield from _parts_within(file.fields, (file.resource,))
    for event in _events(file):
        yield from _parts_within(event.fields, (file.resource, WORKFLOW, event.name))


def _parts_within(fields: Iterable[Field], around: Place) -> Iterator[Place]:
    for field in fields:
        place = (*around, field.name)
        parts = (*(field.fields or ()), *((field.items,) if field.items is not None else ()))
        if field.sensitive:
            yield from ((*place, one.name) for one in parts if not one.sensitive)
        yield from _parts_within(parts, place)


def _of_events(file: RuleFile) -> Iterator[Place]:
    """A field of an event that the resource has, too, is one with it: what is sent goes into the record."""
    own = {field.name: field for field in file.fields}
    for event in _events(file):
        for field in event.fields:
            other = own.get(field.name)
            if other is None or field.sensitive is other.sensitive:
                continue
            if not field.sensitive and "sensitive" not in field.at:
                yield file.resource, WORKFLOW, event.name, field.name
            elif not other.sensitive and "sensitive" not in other.at:
                yield file.resource, field.name


def _guard(file: RuleFile, found: Collection[Place]) -> RuleFile:
    here = {place for place in found if place[0] == file.resource}
    if not here:
        return file
    workflow = file.workflow
    if workflow is not None:
        events = tuple(
            replace(event, fields=_mark(event.fields, (file.resource, WORKFLOW, event.name), here))
            for event in workflow.events
        )
        workflow = replace(workflow, events=events)
    return replace(file, fields=_mark(file.fields, (file.resource,), here), workflow=workflow)


def _mark(fields: Iterable[Field], around: Place, found: Collection[Place]) -> tuple[Field, ...]:
    return tuple(_mark_one(field, (*around, field.name), found) for field in fields)


def _mark_one(field: Field, place: Place, found: Collection[Place]) -> Field:
    if not any(one[: len(place)] == place for one in found):
        return field
    inner = field.items
    return replace(
        field,
        sensitive=field.sensitive or place in found,
        fields=_mark(field.fields, place, found) if field.fields is not None else None,
        items=_mark_one(inner, (*place, inner.name), found) if inner is not None else None,
    )

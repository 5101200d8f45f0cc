"""keyword-for-place: a keyword says nothing about a field that stands in an object, a list or a map.

    address: {type: object, fields: {line: {type: string, unique: true}}}
    lines: {type: list, items: {type: object, fields: {no: {type: integer, generate: sequence}}}}
    tags: {type: list, items: {type: string, default: none}}   # an item is there, or it is no item

A store numbers, and keeps unique, what is a field of the resource itself and no list; `as` names the record
of such a field (else a warning). What would supply an item, or say whether it must be given, is a warning.
So is what would supply a field that only an event has: its payload is what the caller sent, and no record
keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rulewright.checks.subject import Subject, problem, span_of
from rulewright.model import Field
from rulewright.problem import SourceProblem

CODE = "keyword-for-place"
# They say nothing about an item.
NOT_OF_ITEMS: Final = (
    "required_if",
    "required_unless",
    "required_with",
    "required_without",
    "forbidden_if",
    "prohibited_if",
    "forbidden_with",
    "forbidden_without",
    "excluded_if",
    "default",
    "default_from",
    "compute",
    "generate",
    "readonly",
    "immutable",
)
# They say nothing about a field of an event that the resource has not.
NOT_OF_EVENTS: Final = ("default", "default_from", "compute", "generate", "immutable", "unique")


def check(subject: Subject) -> Iterator[SourceProblem]:
    """What stands in fields, and lists that are to be unique."""
    for field in subject.file.fields:
        if field.type == "list" and field.unique is not None:
            message = "a store does not keep lists unique; unique_items is about the items of one list"
            yield problem(CODE, message, span_of(field.at, "unique", default=field.span))
        yield from _inside(field)
    for event in subject.file.workflow.events if subject.file.workflow else ():
        for field in event.fields:
            if field.name not in subject.fields:
                yield from _of_event(field)


def _of_event(field: Field) -> Iterator[SourceProblem]:
    for keyword in NOT_OF_EVENTS:
        if keyword in field.at:
            message = f"{keyword} says nothing about a field that only an event has: no record keeps it"
            hint = (
                "let an expression say what it stands for where it is not sent" if "def" in keyword else None
            )
            yield problem(CODE, message, field.at[keyword], hint=hint, severity="warning")


def _inside(field: Field) -> Iterator[SourceProblem]:
    for part in field.fields or ():
        yield from _of_part(part)
        yield from _inside(part)
    if field.items is not None:
        yield from _of_part(field.items)
        yield from _of_item(field.items)
        yield from _inside(field.items)


def _of_part(field: Field) -> Iterator[SourceProblem]:
    if field.unique is not None:
        message = "a store keeps a field of the resource unique, not a part of one"
        yield problem(CODE, message, span_of(field.at, "unique", default=field.span))
    if field.references is not None and field.references.bind is not None:
        message = "`as` names the record of a field of the resource, not of a part of one"
        span = span_of(field.at, "references", default=field.span)
        hint = "what reads it can't be decided; name a look-up for that"
        yield problem(CODE, message, span, hint=hint, severity="warning")
    if field.generate is not None and field.generate.kind == "sequence":
        message = "a sequence numbers a field of the resource, not a part of one"
        yield problem(CODE, message, field.generate.span, hint="generate: uuid makes ids anywhere")


def _of_item(field: Field) -> Iterator[SourceProblem]:
    for keyword in NOT_OF_ITEMS:
        if keyword in field.at:
            message = f"{keyword} says nothing about an item: it is there, or the list or map is without it"
            yield problem(CODE, message, field.at[keyword], severity="warning")

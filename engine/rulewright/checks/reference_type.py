"""reference-type: a field can't name a record, because it is of another type than what it is compared with.

    id: {type: integer}                                      # in shop/person.yaml
    buyer: {type: string, references: {resource: shop/person}}    # a text never equals a whole number
    buyer: {type: integer, references: {resource: shop/person}}   # right

A reference compares with the other resource's key, or with the field that `by` names; on a list each item.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.cel.checker.types import fits
from rulewright.cel.checker.wording import spoken_apart
from rulewright.checks.field_types import TIMESTAMP, of_field
from rulewright.checks.subject import Subject, problem
from rulewright.model import Field
from rulewright.problem import SourceProblem

CODE = "reference-type"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every reference whose two sides are known."""
    registry = subject.universe.registry
    for _, field in subject.all_fields():
        other, named = _compared(subject, field)
        if other is None or named is None:
            continue
        ours, theirs = of_field(named, registry), of_field(other, registry)
        if TIMESTAMP in (ours, theirs) or fits(ours, theirs) or fits(theirs, ours):
            continue
        this, that = spoken_apart((ours, theirs))
        message = f"{field.name} holds {this}, and {other.name} is {that}: they never equal each other"
        assert field.references is not None
        yield problem(CODE, message, subject.place(field.references.span))


def _compared(subject: Subject, field: Field) -> tuple[Field | None, Field | None]:
    """The field of the other resource, and the field or the items that hold its values."""
    rule = field.references
    file = subject.universe.rules.resources.get(rule.resource) if rule is not None else None
    if rule is None or file is None or subject.is_flawed(field, "references"):
        return None, None
    other = {one.name: one for one in file.fields}.get(rule.by or file.key)
    return other, field.items if field.type == "list" else field

"""contradiction: two keywords of a field can't both have their way.

An error where no payload could ever fit (required with readonly: reject; required_with and forbidden_with
the same field; two variants that require the same), a warning where one keyword makes the other useless
(default beside compute; a variant that requires what another does, and more: both fit then, so it is never
chosen, whatever they forbid).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from rulewright.checks.subject import Subject, problem, span_of
from rulewright.model import Field, Variant
from rulewright.problem import Severity, SourceProblem

CODE = "contradiction"


class Pair(Struct, frozen=True):
    """Two keywords that don't go together."""

    one: str
    other: str
    message: str
    severity: Severity = "error"

    @property
    def is_always_wrong(self) -> bool:
        """What is readonly may be accepted by an operation, and then required."""
        return self.severity == "error" and self.one != "readonly"


PAIRS: Final = (
    Pair("readonly", "required", "a caller may not set a readonly field, so it can't be required"),
    Pair("readonly", "required_if", "a caller may not set a readonly field, so it can't be required"),
    Pair("generate", "compute", "a value is generated or computed, not both"),
    Pair("generate", "default", "a value is generated or a default, not both"),
    Pair("default", "default_from", "a field has one default: default or default_from"),
    Pair("default", "compute", "compute always gives the value, so the default is never used", "warning"),
    Pair(
        "default_from", "compute", "compute always gives the value, so default_from is never used", "warning"
    ),
    Pair("default", "required", "a required field is always sent, so the default is never used", "warning"),
    Pair("required_if", "required", "the field is always required, so the condition says nothing", "warning"),
    Pair("forbidden_if", "prohibited_if", "these are two names of one keyword"),
)


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every pair of keywords, every pair of sibling lists, every variant."""
    accepted = {name for operation in subject.file.operations for name in operation.accepts}
    settable = [field for field in subject.file.fields if field.name in accepted]
    for _, field in subject.all_fields():
        for pair in PAIRS:
            if pair.one == "readonly" and any(field is one for one in settable):
                # Of those who may set it.
                continue
            if _is_set(field, pair.one) and _is_set(field, pair.other):
                span = span_of(field.at, pair.one, default=field.span)
                yield problem(CODE, f"{pair.message} ({pair.other})", span, severity=pair.severity)
        yield from _of_siblings(field)
    for variant in subject.file.variants:
        for name in sorted(set(variant.required) & set(variant.forbidden)):
            yield problem(CODE, f"{name} is both required and forbidden in this variant", variant.span)
    for index, variant in enumerate(subject.file.variants):
        yield from _overlap(variant, subject.file.variants[:index], subject.file.variants[index + 1 :])


def _overlap(
    variant: Variant, before: Sequence[Variant], after: Sequence[Variant]
) -> Iterator[SourceProblem]:
    """Variants are told apart by what they require, and by nothing else."""
    own = frozenset(variant.required)
    same = next((other for other in before if frozenset(other.required) == own), None)
    less = next((other for other in (*before, *after) if frozenset(other.required) < own), None)
    hint = "a variant fits once its required fields are given; what it forbids does not choose"
    if same is not None:
        message = f"{variant.name} requires what {same.name} does, so both fit or neither"
        yield problem(CODE, message, variant.span, hint=hint)
    elif less is not None:
        message = f"{variant.name} is never chosen: where it fits, {less.name} fits too"
        yield problem(CODE, message, variant.span, hint=hint, severity="warning")


def _is_set(field: Field, keyword: str) -> bool:
    return keyword in field.at and getattr(field, keyword, True) is not False


def _of_siblings(field: Field) -> Iterator[SourceProblem]:
    for keyword in ("required_with", "required_without", "forbidden_with", "forbidden_without"):
        if field.name in getattr(field, keyword):
            message = f"{keyword} names other fields, and this is {field.name} itself"
            yield problem(CODE, message, span_of(field.at, keyword, default=field.span))
    for suffix in ("with", "without"):
        both = set(getattr(field, f"required_{suffix}")) & set(getattr(field, f"forbidden_{suffix}"))
        for name in sorted(both):
            message = f"{field.name} is both required and forbidden {suffix} {name}"
            yield problem(CODE, message, span_of(field.at, f"forbidden_{suffix}", default=field.span))

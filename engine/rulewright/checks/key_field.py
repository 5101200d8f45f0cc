"""key-field: the key of a resource is no field that can be one.

`key` names a field of type string, integer or uuid (or of a plug-in); the system makes it, or the caller
sends it: one of generate, compute, default_from or required makes sure that it is there.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, problem, span_of, unknown
from rulewright.problem import SourceProblem

CODE = "key-field"
_UNFIT = frozenset({"number", "boolean", "date", "datetime", "object", "list", "map", "any"})


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The key."""
    file = subject.file
    if not file.key:
        return  # missing-keyword has said so
    span = subject.value_of(file, "key")
    field = subject.fields.get(file.key)
    if field is None and subject.is_flawed(file, "fields"):
        return  # it may be the very field that could not be read
    if field is None:
        yield unknown(CODE, "the key field", file.key, subject.fields, span)
        return
    if field.type in _UNFIT:
        yield problem(
            CODE, f"a field of type {field.type} can't be the key", span, hint="use string, integer or uuid"
        )
    if field.nullable:
        message, hint = (
            f"the key {file.key} may be sent as null",
            "leave nullable out: every record has a key",
        )
        yield problem(
            CODE, message, span_of(field.at, "nullable", default=field.span), hint=hint, severity="warning"
        )
    supplied = (field.required, field.generate, field.compute, field.default_from)
    if file.operations and not any(supplied):
        message = f"nothing makes sure that the key {file.key} is there"
        hint = f"add required: true or generate: to the field {file.key}"
        yield problem(CODE, message, field.span, hint=hint, severity="warning")

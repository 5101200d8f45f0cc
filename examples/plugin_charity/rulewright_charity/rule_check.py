"""charity-number-type: a charity number is kept as something else.

As an integer it loses the letters of Scotland and Northern Ireland; as a string nobody looks at its form.
Write type: uk_charity_number.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright import SourceProblem
from rulewright.checks.subject import Subject, problem

PAGE = __doc__ or ""


def check_number_types(subject: Subject) -> Iterator[SourceProblem]:
    """Every field whose name ends with charity_number."""
    for _, field in subject.all_fields():
        if field.name.endswith("charity_number") and field.type != "uk_charity_number":
            message = f"{field.name} is kept as {field.type}"
            hint = "write type: uk_charity_number"
            place = subject.value_of(field, "type")
            yield problem("charity-number-type", message, place, hint=hint, severity="warning")

"""bad-format: a format does not describe dates.

A format is strptime's, such as '%d/%m/%Y', or one of iso, iso_ms_z and iso_offset; the last two are for a
datetime, since they write a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem

CODE = "bad-format"
_NAMED = frozenset({"iso", "iso_ms_z", "iso_offset"})


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The format of every date and datetime."""
    for _, field in subject.all_fields():
        if field.format is None or field.type not in {"date", "datetime"}:
            continue
        if field.format in _NAMED:
            if field.type == "date" and field.format != "iso":
                message = f"{field.format} writes a time, and {field.name} is a date"
                yield problem(CODE, message, subject.value_of(field, "format"), hint="write format: iso")
            continue
        if not _is_readable(field.format):
            message = f'"{field.format}" is no format of dates'
            hint = "for example '%d/%m/%Y', iso, iso_ms_z or iso_offset"
            yield problem(CODE, message, subject.value_of(field, "format"), hint=hint)


def _is_readable(pattern: str) -> bool:
    """Can a date that was written so be read again?"""
    day = datetime(2025, 1, 31, tzinfo=UTC)
    try:
        return datetime.strptime(day.strftime(pattern), pattern).date() == day.date()
    except ValueError:
        return False

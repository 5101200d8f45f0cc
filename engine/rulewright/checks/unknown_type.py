"""unknown-type: a field's type does not exist.

Types are string, integer, number, boolean, date, datetime, uuid, email, object, list, map, any, those of
plug-ins, and the shared types of api.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, unknown
from rulewright.problem import SourceProblem

CODE = "unknown-type"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The type of every field."""
    known = subject.universe.registry.types
    for _, field in subject.all_fields():
        if field.type not in known:
            yield unknown(
                CODE,
                "the type",
                field.type,
                known,
                subject.value_of(field, "type"),
            )

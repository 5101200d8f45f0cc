"""unknown-word: a generator or an error dialect does not exist.

Generators are sequence, uuid, prefixed_id and those of plug-ins; dialects are rfc9457, problem_details,
goodstack, laravel, drf and those of plug-ins.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, unknown
from rulewright.problem import SourceProblem

CODE = "unknown-word"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every generator, and the API's dialect."""
    words = subject.universe.registry
    for _, field in subject.all_fields():
        if field.generate is not None and field.generate.kind not in words.generators:
            yield unknown(
                CODE,
                "the generator",
                field.generate.kind,
                words.generators,
                subject.place(field.generate.span),
            )
    errors = subject.api.errors
    if errors is not None and errors.dialect not in words.dialects:
        yield unknown(
            CODE,
            "the dialect",
            errors.dialect,
            frozenset(words.dialects),
            subject.place(errors.span, errors.dialect),
        )

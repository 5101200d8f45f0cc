"""unknown-word: a generator, an error dialect or the setting of a `readonly` does not exist.

Generators are sequence, uuid, prefixed_id and those of plug-ins; dialects are rfc9457, problem_details,
goodstack, laravel, drf and those of plug-ins. The setting that `readonly: settings.NAME` names stands in
api.yaml, and its default is ignore or reject.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, unknown
from rulewright.model import Field
from rulewright.problem import SourceProblem

CODE = "unknown-word"


_READONLY = frozenset({"ignore", "reject"})


def _check_switch(subject: Subject, field: Field) -> Iterator[SourceProblem]:
    name, span = field.readonly_by, subject.value_of(field, "readonly")
    if name is None:
        return
    defaults = {setting.name: setting.default for setting in subject.api.settings}
    if name not in defaults:
        yield unknown(CODE, "the setting", name, defaults, span)
    elif defaults[name] not in _READONLY:
        yield unknown(CODE, f"what settings.{name} says:", str(defaults[name]), _READONLY, span)


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every generator, and the API's dialect."""
    words = subject.universe.registry
    for _, field in subject.all_fields():
        yield from _check_switch(subject, field)
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

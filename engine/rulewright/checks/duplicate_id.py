"""duplicate-id: two rules have one id.

A rule's id goes out with every problem, so it has to tell the rules apart. Checks, invariants, effects
and inferences of a file share one space; the checks of a field share it with the field's keywords.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, problem
from rulewright.model import Check, Effect, Inference
from rulewright.problem import SourceProblem, Span

CODE = "duplicate-id"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The ids of the file, then those of each field."""
    file = subject.file
    rules: list[Check | Effect | Inference] = [
        *file.checks,
        *file.invariants,
        *subject.all_effects(),
        *file.inferences,
    ]
    ids = [(rule.id, subject.value_of(rule, "id")) for rule in rules]
    yield from _repeated(ids, {})
    for _, field in subject.all_fields():
        ids = [(rule.id, subject.value_of(rule, "id")) for rule in field.checks]
        yield from _repeated(ids, dict(field.at))


def _repeated(ids: list[tuple[str, Span]], taken: dict[str, Span]) -> Iterator[SourceProblem]:
    for name, span in ids:
        if name in taken:
            yield problem(CODE, f"the id {name} is taken already, in line {taken[name].line}", span)
        taken.setdefault(name, span)

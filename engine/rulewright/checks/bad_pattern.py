"""bad-pattern: a pattern is no regular expression that runs in linear time.

Patterns are RE2's: no look-ahead, no look-behind and no back-references, since these can take for ever on
a text that someone made for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.cel import CelError, check_pattern
from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem

CODE = "bad-pattern"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The pattern of every field."""
    for _, field in subject.all_fields():
        if field.pattern is None:
            continue
        try:
            check_pattern(field.pattern)
        except CelError as error:
            yield problem(CODE, error.message, subject.value_of(field, "pattern"))

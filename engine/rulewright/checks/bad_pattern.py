"""bad-pattern: a pattern is no regular expression that runs in linear time.

Patterns are RE2's: no look-ahead, no look-behind and no back-references, since these can take for ever on
a text that someone made for it.

A pattern is written without slashes around it; they would be part of the text that it matches. A warning:

    pattern: /^V[0-9]+$/i                  # wrong
    pattern: '(?i)V[0-9]+'                 # right: the whole text has to match
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rulewright.cel import CelError, check_pattern
from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem

CODE = "bad-pattern"
# As other languages write patterns, with the flags that RE2 has too.
_SLASHED = re.compile(r"/(.+)/([ims]*)")


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The pattern of every field."""
    for _, field in subject.all_fields():
        if field.pattern is None:
            continue
        try:
            check_pattern(field.pattern)
        except CelError as error:
            yield problem(CODE, error.message, subject.value_of(field, "pattern"))
            continue
        slashed = _SLASHED.fullmatch(field.pattern)
        if slashed is not None:
            bare = f"(?{slashed[2]}){slashed[1]}" if slashed[2] else slashed[1]
            message = "the slashes around the pattern are part of the text that it matches"
            where = subject.value_of(field, "pattern")
            yield problem(
                CODE, message, where, hint=f"write '{bare}'; the whole text has to match", severity="warning"
            )

"""look-up-shape: the keywords of a look-up don't fit together.

find and find_all need `by`, so that an index answers them. max and min need `of`, the field whose
largest or smallest value is asked for; the others take none. if_missing is for `find`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rulewright.checks.subject import Subject, problem, span_of
from rulewright.model import LookUp
from rulewright.problem import SourceProblem

CODE = "look-up-shape"
# The kinds of look-up that need `by`, that need `of` (no other takes it), and that take if_missing.
BY: Final = frozenset({"find", "find_all"})
OF: Final = frozenset({"max", "min"})
IF_MISSING: Final = frozenset({"find"})


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every look-up, those of reactions too."""
    workflow = subject.file.workflow
    inline = [reaction.for_each for reaction in workflow.reactions] if workflow else []
    for lookup in dict.fromkeys(lookup.name for lookup in subject.file.lookups):
        yield from _of_one(next(found for found in subject.file.lookups if found.name == lookup))
    for found in inline:
        if found not in subject.file.lookups:
            yield from _of_one(found)


def _of_one(lookup: LookUp) -> Iterator[SourceProblem]:
    kind = lookup.kind
    if kind in BY and not lookup.by.entries:
        yield problem(CODE, f"{kind} needs by", lookup.span, hint="for example by: {id: payload.person}")
    if kind in OF and lookup.of is None:
        yield problem(CODE, f"{kind} needs of", lookup.span, hint=f"name the field whose {kind} is asked for")
    if kind not in OF and lookup.of is not None:
        yield problem(CODE, f"{kind} takes no of", span_of(lookup.at, "of", default=lookup.span))
    if kind not in IF_MISSING and lookup.if_missing != "null":
        span = span_of(lookup.at, "if_missing", default=lookup.span)
        yield problem(CODE, f"{kind} always gives something, so if_missing says nothing", span)

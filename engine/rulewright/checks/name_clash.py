"""name-clash: two things that expressions name have one name.

Look-ups, the `as` of references and the `bind` of effects share one space of names with payload, record
and the other names that are always there; words of CEL's grammar (in, as, for, ...) can't be names.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.cel.parser import GRAMMAR_WORDS
from rulewright.checks.subject import RESERVED_NAMES, Subject, problem
from rulewright.problem import SourceProblem, Span

CODE = "name-clash"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every name that a file gives."""
    taken: dict[str, Span] = {}
    for name, span in _given(subject):
        if name in RESERVED_NAMES:
            yield problem(
                CODE, f"{name} is a name that every expression has", span, hint="choose another name"
            )
        elif name in GRAMMAR_WORDS:
            yield problem(CODE, f"{name} is a word of CEL's grammar", span, hint="choose another name")
        elif name in taken:
            yield problem(CODE, f"{name} is taken already, in line {taken[name].line}", span)
        taken.setdefault(name, span)


def _given(subject: Subject) -> Iterator[tuple[str, Span]]:
    for lookup in subject.file.lookups:
        yield lookup.name, lookup.span
    seen: set[tuple[str, Span]] = set()
    for _, field in subject.all_fields():
        found = field.references
        if found is not None and found.bind:
            named = (found.bind, subject.value_of(found, "as"))
            # An event's field inherits the reference of the resource's field: that is one reference.
            if named not in seen:
                seen.add(named)
                yield named
    for effect in subject.all_effects():
        if effect.bind:
            yield effect.bind, subject.value_of(effect, "bind")

"""unused-look-up: nothing reads a look-up.

A look-up that refuses by itself (if_missing: reject or not_found) needs no reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from rulewright.checks.inferred_names import kinds_of
from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem

CODE = "unused-look-up"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every look-up against all expressions and effects; what could not be read may have read it."""
    if not subject.is_whole:
        return
    used = {reading.names[0] for site in subject.sites for reading in site.readings}
    used.update(effect.target for effect in subject.all_effects() if effect.target)
    used.update(fact for inference in subject.file.inferences for fact in inference.facts.values())
    used.update(
        reaction.for_each.name
        for reaction in (subject.file.workflow.reactions if subject.file.workflow else ())
    )
    unknown = _unknown(subject)
    for lookup in subject.file.lookups:
        if lookup.name in used or get_close_matches(lookup.name, unknown, n=1):
            continue
        if lookup.if_missing == "null":
            yield problem(CODE, f"nothing reads the look-up {lookup.name}", lookup.span, severity="warning")


def _unknown(subject: Subject) -> list[str]:
    """The names that are told as unknown: one like a look-up's was to be read."""
    facts = {fact for one in subject.file.inferences for fact in one.facts.values()}
    read = {
        reading.names[0]
        for site in subject.sites
        for reading in site.readings
        if reading.names[0] not in site.names.declarations.variables
    }
    return [*(facts - subject.records.keys() - kinds_of(subject).keys()), *read]

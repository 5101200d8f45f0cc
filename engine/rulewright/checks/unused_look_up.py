"""unused-look-up: nothing reads a look-up.

A look-up that refuses by itself (if_missing: reject or not_found) needs no reader.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem

CODE = "unused-look-up"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every look-up against all expressions and effects."""
    used = {reading.names[0] for site in subject.sites for reading in site.readings}
    used.update(effect.target for effect in subject.all_effects() if effect.target)
    used.update(fact for inference in subject.file.inferences for fact in inference.facts.values())
    used.update(
        reaction.for_each.name
        for reaction in (subject.file.workflow.reactions if subject.file.workflow else ())
    )
    for look_up in subject.file.lookups:
        if look_up.name not in used and look_up.if_missing == "null":
            yield problem(CODE, f"nothing reads the look-up {look_up.name}", look_up.span, severity="warning")

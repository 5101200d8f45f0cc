"""unknown-resource: a look-up, reference, effect or reaction names a resource without a rule file.

Every resource that is read or written needs its own file, however small: it says which fields there are.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, span_of, unknown
from rulewright.problem import SourceProblem, Span

CODE = "unknown-resource"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every resource that is named."""
    for resource, span in _named(subject):
        if not subject.universe.knows(resource):
            yield unknown(
                CODE,
                "the resource",
                resource,
                subject.universe.rules.resources,
                subject.place(span, resource),
            )


def _named(subject: Subject) -> Iterator[tuple[str, Span]]:
    for lookup in subject.file.lookups:
        yield lookup.resource, span_of(lookup.at, lookup.kind, default=lookup.span)
    for _, field in subject.all_fields():
        if field.references is not None:
            found = field.references
            yield found.resource, span_of(found.at, "resource", default=found.span)
    for effect in subject.all_effects():
        if effect.target is not None and "/" in effect.target:
            yield effect.target, span_of(effect.at, effect.verb or "", default=effect.span)
    for reaction in subject.file.workflow.reactions if subject.file.workflow else ():
        yield reaction.after_resource, span_of(reaction.at, "after", default=reaction.span)
        yield reaction.for_each.resource, reaction.for_each.span

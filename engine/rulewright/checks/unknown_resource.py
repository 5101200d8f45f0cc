"""unknown-resource: a look-up, reference, effect or reaction names a resource without a rule file.

Every resource that is read or written needs its own file, however small: it says which fields there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rulewright.checks.subject import Subject, problem, span_of
from rulewright.problem import SourceProblem, Span
from rulewright.reader.flaws import did_you_mean

CODE = "unknown-resource"
# As many siblings as are told by name.
_FEW = range(1, 9)


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every resource that is named."""
    for resource, span in _named(subject):
        if not subject.universe.knows(resource):
            hint = _hint(resource, subject.universe.rules.resources)
            message = f"the resource {resource} is not known"
            yield problem(CODE, message, subject.place(span, resource), hint=hint)


def _hint(resource: str, known: Collection[str]) -> str:
    """The one that may be meant: what the names of one API have before the / is alike in all of them."""
    api, _, name = resource.partition("/")
    siblings = [one.partition("/")[2] for one in known if one.startswith(f"{api}/")]
    if near := did_you_mean(name, siblings):
        return near.replace("did you mean ", f"did you mean {api}/")
    namesake = next((one for one in sorted(known) if one.endswith(f"/{name}")), None)
    if namesake is not None:
        return f"did you mean {namesake}?"
    there = (
        f"; there are {', '.join(sorted(f'{api}/{one}' for one in siblings))}"
        if len(siblings) in _FEW
        else ""
    )
    return f"it needs a rule file, {resource}.yaml in the folder of the rules{there}"


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

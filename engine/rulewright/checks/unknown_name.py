"""unknown-name: an expression uses a name that is not there.

Everywhere there are payload, request, actor, record, current, now, today, settings, the look-ups of the
file and the names that references give with `as`. Some names are there only in their place: value and
item in a field's own checks, source in reactions, body in the envelope, and what an effect has bound in
the effects after it. A field is read as payload.field or record.field, never by its bare name.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.sites import Site
from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem
from rulewright.reader.flaws import did_you_mean

CODE = "unknown-name"
_ELSEWHERE = {
    "value": "value is there only in a field's own checks, one_of and references",
    "item": "item is there only inside a list's items",
    "source": "source is there only in reactions",
    "body": "body is there only in the envelope",
    "resource": "resource is there only in the envelope and the response",
}


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The first step of every path read."""
    functions = subject.universe.vocabulary.functions
    # `math` of math.greatest; where the function isn't known, that is `unknown_function`'s.
    namespaces = {name.partition(".")[0] for name in functions if "." in name}
    bound = {effect.bind for effect in subject.file.effects}
    for site in subject.sites:
        for reading in site.readings:
            first = reading.steps[0]
            if first.name not in site.scope and first.name not in namespaces:
                hint = _hint(subject, site, first.name, bound)
                yield problem(
                    CODE, f"{first.name} is no name that {site.place} knows", site.at(first), hint=hint
                )


def _hint(subject: Subject, site: Site, name: str, bound: set[str | None]) -> str | None:
    if name in _ELSEWHERE:
        return _ELSEWHERE[name]
    if name in bound:
        return f"{name} is bound by an effect, and is there only in the effects after it"
    if name in subject.fields:
        return f"did you mean payload.{name}?"
    return did_you_mean(name, site.scope)

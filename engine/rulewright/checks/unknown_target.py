"""unknown-target: an effect writes to, or sends to, something that is not there.

`update` takes a resource, or the name of a look-up, of a reference's `as`, or of an effect's `bind`;
`send` takes a target of api.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, span_of, unknown
from rulewright.problem import SourceProblem

CODE = "unknown-target"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The target of every effect."""
    targets = frozenset(target.name for target in subject.api.targets)
    for effect in subject.all_effects():
        if effect.target is None or "/" in effect.target:
            continue
        span = span_of(effect.at, effect.verb or "", default=effect.span)
        if effect.verb == "send" and effect.target not in targets:
            hint = "api.yaml declares targets, with method and url"
            yield unknown(CODE, "the target", effect.target, targets, subject.place(span), hint=hint)
        if effect.verb == "update" and effect.target not in subject.records:
            yield unknown(CODE, "the record", effect.target, subject.records, subject.place(span))

"""created-key: an effect creates a record without a key.

    create: shop/note                             # shop/note has the key `code`, which the caller sends
    create: shop/note
    set: {code: payload.noteCode}                 # right: the effect says it
    code: {type: string, generate: uuid}          # right, in shop/note: the system makes it

Whatever meets the effect is refused, because nothing else gives the record its key: its own resource's
default, default_from, compute or generate, or the effect's set. A warning.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, problem
from rulewright.model import Field
from rulewright.problem import SourceProblem

CODE = "created-key"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every effect that creates."""
    resources = subject.universe.rules.resources
    for effect in subject.all_effects():
        target = resources.get(effect.target or "") if effect.verb == "create" else None
        if target is None or not target.key or subject.is_flawed(effect):
            continue
        key = next((field for field in target.fields if field.name == target.key), None)
        if key is None or _is_made(key) or (effect.set is not None and key.name in effect.set.entries):
            continue
        yield problem(
            CODE,
            f"{effect.id} creates a {target.resource} without {key.name}, its key",
            subject.value_of(effect, "create"),
            hint=f"say what {key.name} is under set:, or generate: in {target.resource}",
            severity="warning",
        )


def _is_made(key: Field) -> bool:
    return any(one is not None for one in (key.generate, key.compute, key.default_from, key.default))

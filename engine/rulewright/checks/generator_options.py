"""generator-options: a generator of ids is given an option that it can't use.

    generate: {sequence: {prefix: SE, width: 1000000}}     # width: 0 to 64 digits
    generate: {prefixed_id: {length: 29}}                  # prefix is missing
    generate: {prefixed_id: {prefix: order, length: 0}}    # length: 1 to 200 characters

sequence takes prefix and width, prefixed_id takes prefix and length. Generators of plug-ins look at their
own options. What sequence makes is a text or a whole number, what the others make is a text: a field of
another type can't hold it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from rulewright.checks.subject import Subject, problem
from rulewright.model import Field
from rulewright.problem import SourceProblem
from rulewright.reader.flaws import did_you_mean
from rulewright.reader.kinds import describe

CODE = "generator-options"


class Option(Struct, frozen=True):
    """A number, with the least and the most; or, without bounds, a text of at most 100 characters."""

    meaning: str
    bounds: tuple[int, int] | None = None


OPTIONS: Final[Mapping[str, Mapping[str, Option]]] = {
    "uuid": {},
    "sequence": {
        "prefix": Option("What stands before the number."),
        "width": Option("How many digits the number has at least, with zeros before it.", (0, 64)),
    },
    "prefixed_id": {
        "prefix": Option("The kind of thing; an underscore follows."),
        "length": Option("How many letters and digits follow.", (1, 200)),
    },
}
REQUIRED: Final = {"prefixed_id": "prefix"}
LONGEST: Final = 100


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The options of every generator that is ours."""
    for _, field in subject.all_fields():
        rule = field.generate
        if rule is None or rule.kind not in OPTIONS:
            continue
        yield from _unless_held(subject, field, rule.kind)
        for message, hint in _wrong(rule.kind, rule.options):
            yield problem(CODE, f"{rule.kind}: {message}", subject.place(rule.span), hint=hint)


def _unless_held(subject: Subject, field: Field, kind: str) -> Iterator[SourceProblem]:
    row = subject.universe.registry.types.get(field.type)
    held = ("string", "int", "dyn") if kind == "sequence" else ("string", "dyn")
    if row is not None and row.cel not in held:
        made = "a text or a whole number" if kind == "sequence" else "a text"
        message = f"{kind} makes {made}, which a field of type {field.type} can't hold"
        yield problem(CODE, message, subject.value_of(field, "generate"))


def _wrong(kind: str, options: Mapping[str, object]) -> Iterator[tuple[str, str | None]]:
    """What is wrong, with what was perhaps meant."""
    known = OPTIONS[kind]
    for name, value in options.items():
        if name not in known:
            takes = " and ".join(known) or "no options"
            yield f"there is no option {name}; it takes {takes}", did_you_mean(name, known)
        elif (expected := _misfit(known[name].bounds, value)) is not None:
            yield f"{name} must be {expected}, not {describe(value)}", None
    required = REQUIRED.get(kind)
    if required is not None and required not in options:
        yield f"{required} is missing", None


def _misfit(bounds: tuple[int, int] | None, value: object) -> str | None:
    if bounds is None:
        fits = isinstance(value, str) and len(value) <= LONGEST
        return None if fits else f"a text of at most {LONGEST} characters"
    least, most = bounds
    fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    return None if fits else f"a whole number from {least} to {most}"

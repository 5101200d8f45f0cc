"""generator-options: a generator of ids is given an option that it can't use.

    generate: {sequence: {prefix: SE, width: 1000000}}     # width: 0 to 64 digits
    generate: {prefixed_id: {length: 29}}                  # prefix is missing
    generate: {prefixed_id: {prefix: order, length: 0}}    # length: 1 to 200 characters

sequence takes prefix and width, prefixed_id takes prefix and length. Generators of plug-ins look at their
own options.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem
from rulewright.reader.kinds import describe

CODE = "generator-options"

# Of a number, the least and the most; None is a text of at most 100 characters.
_Bounds = tuple[int, int] | None
_OPTIONS: Final[Mapping[str, Mapping[str, _Bounds]]] = {
    "uuid": {},
    "sequence": {"prefix": None, "width": (0, 64)},
    "prefixed_id": {"prefix": None, "length": (1, 200)},
}
_REQUIRED: Final = {"prefixed_id": "prefix"}
_LONGEST: Final = 100


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The options of every generator that is ours."""
    for _, field in subject.all_fields():
        rule = field.generate
        if rule is None or rule.kind not in _OPTIONS:
            continue
        for message in _wrong(rule.kind, rule.options):
            yield problem(CODE, f"{rule.kind}: {message}", subject.place(rule.span))


def _wrong(kind: str, options: Mapping[str, object]) -> Iterator[str]:
    known = _OPTIONS[kind]
    for name, value in options.items():
        if name not in known:
            takes = " and ".join(known) or "no options"
            yield f"there is no option {name}; it takes {takes}"
        elif (expected := _misfit(known[name], value)) is not None:
            yield f"{name} must be {expected}, not {describe(value)}"
    required = _REQUIRED.get(kind)
    if required is not None and required not in options:
        yield f"{required} is missing"


def _misfit(bounds: _Bounds, value: object) -> str | None:
    if bounds is None:
        fits = isinstance(value, str) and len(value) <= _LONGEST
        return None if fits else f"a text of at most {_LONGEST} characters"
    least, most = bounds
    fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    return None if fits else f"a whole number from {least} to {most}"

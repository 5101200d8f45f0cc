"""What marshmallow says of values that do not fit, asked ahead, so that a warm start need not import it.

Asked of one value of each class for each field, and of each of its validators alone: what they say does not
depend on the value. A field that is judged by more than that is not foretold, and neither is a message that
can't be had so: the whole command tells those.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypedDict

import re2
from marshmallow import ValidationError

from rulewright.compiled import CompiledField
from rulewright.evaluation.shape import _MOST_HINTS, unknown_field_text
from rulewright.fieldtypes import is_writable
from rulewright.hotpath.build import Generated
from rulewright.hotpath.frozen import problem_parts
from rulewright.hotpath.refusals import Entry
from rulewright.hotpath.sifting import Sifter
from rulewright.hotpath.state import Decline
from rulewright.hotpath.telling import Teller
from rulewright.hotpath.texts import is_uuid
from rulewright.schema.validators import is_one_of

# One value of each class that JSON has.
_SAMPLES: Final[tuple[object, ...]] = ("x", 1, 1.5, True, None, [], {})
# No option, and no text of a pattern that people write.
_MISFITS: Final = ("", "\x01", "\x01" * 50, "x", "0")
_TESTED: Final = ("string", "uuid", "date", "integer", "number", "boolean")

# Place, and the parts of the problem.
PlainEntry = tuple[tuple[int, ...], tuple[object, ...]]
PlainEntries = tuple[PlainEntry, ...]


class Told(TypedDict):
    """What is said of values of a class. `keeps`: they are judged on; `ends`: no rule may rely on them."""

    entries: PlainEntries
    keeps: bool
    ends: bool


class Test(TypedDict):
    """One way not to fit, `kind` and what it takes, and what is then said."""

    kind: str
    given: Any
    entries: PlainEntries


class Foretold(TypedDict):
    """Of one resource: field -> class -> what is said; field -> tests of what is of the right class."""

    fields: tuple[str, ...]
    classes: dict[str, dict[str, Told]]
    # Without a field: it fits, as far as these go. None: nobody knows.
    tests: dict[str, tuple[Test, ...] | None]
    # Fields of which a blank text is no value; whether one must be given.
    blank: dict[str, bool]
    unknown: PlainEntry
    most_unknown: int


def foretell(teller: Teller) -> Foretold | None:
    """Ask ahead; None where the plain evaluator tells every refusal."""
    if not teller.tells:
        return None
    sifter = teller.sifter
    sendable = sifter.sendable
    return {
        "fields": tuple(sifter.resource.fields),
        "classes": {name: _classes(sifter, name) for name in sifter.resource.fields},
        "tests": {name: _tests(sifter, teller.generated, field) for name, field in sendable.items()},
        "blank": {
            name: field.rule.required for name, field in sendable.items() if field.rule.blank is not None
        },
        "unknown": _unknown(sifter),
        "most_unknown": _MOST_HINTS,
    }


def roots_of(teller: Teller) -> dict[str, object]:
    """The functions that retelling.py calls."""
    code = teller.generated
    tested: dict[str, object] = dict(code.dates)
    for name, field in teller.sifter.sendable.items():
        if field.rule.type == "string" and field.rule.pattern is not None:
            tested[name] = re2.compile(field.rule.pattern).fullmatch
        elif field.rule.type == "uuid":
            tested[name] = is_uuid
    return {
        "open": code.open,
        "shape": code.shape,
        "collect": code.collect,
        "after": code.after,
        "functions": tested,
        "Decline": Decline,
        "is writable": is_writable,
        "is one of": is_one_of,
        "say unknown": unknown_field_text,
    }


def _plain(entries: Sequence[Entry]) -> PlainEntries:
    return tuple((place, problem_parts(problem)) for place, problem in entries)


def _classes(sifter: Sifter, name: str) -> dict[str, Told]:
    found: dict[str, Told] = {}
    for sample in _SAMPLES:
        try:
            told = sifter._tell(name, sample)
        except Decline:
            continue
        entries = _plain(told.entries)
        found[type(sample).__name__] = {"entries": entries, "keeps": told.keeps, "ends": told.ends}
    return found


def _unknown(sifter: Sifter) -> PlainEntry:
    """The problem of a field that is not known, with "" for its name."""
    told = sifter._tell("", "x")
    ((place, parts),) = _plain(told.entries)
    return place, parts


def _tests(sifter: Sifter, generated: Generated, field: CompiledField) -> tuple[Test, ...] | None:
    """The ways in which a value of the right class may not fit, in marshmallow's order."""
    if field.rule.type not in _TESTED or field.type.base or field.children:
        return None
    try:
        return tuple(_each_test(sifter, generated, field))
    except (Decline, ValueError):
        return None


def _each_test(sifter: Sifter, generated: Generated, field: CompiledField) -> Iterator[Test]:
    rule, name = field.rule, field.name
    loader = sifter.loaders[name]
    if rule.type == "date" and (name not in generated.dates or loader.validators):
        raise Decline
    if rule.type in ("date", "uuid"):
        yield {"kind": rule.type, "given": name, "entries": _plain(sifter.entries_of(name, "x"))}
    written = (
        ("min", rule.min, None if rule.min is None else rule.min - 1),  # type: ignore[operator]
        ("max", rule.max, None if rule.max is None else rule.max + 1),  # type: ignore[operator]
        ("min_length", rule.min_length, ""),
        ("max_length", rule.max_length, "x" * ((rule.max_length or 0) + 1)),
        ("pattern", None if rule.pattern is None else name, None),
        ("one_of", rule.one_of if isinstance(rule.one_of, tuple) else None, object()),
    )
    validators = [one for one in written if one[1] is not None]
    for (kind, given, sample), validate in zip(validators, loader.validators, strict=True):
        samples = _MISFITS if kind == "pattern" else (sample,)
        yield {"kind": kind, "given": given, "entries": _said(sifter, name, validate, samples)}


def _said(sifter: Sifter, name: str, validate: Any, samples: Sequence[object]) -> PlainEntries:
    """What one validator says."""
    for sample in samples:
        try:
            validate(sample)
        except ValidationError as error:
            return _plain(sifter._entries({name: error.messages}, {name: sample}))
    raise Decline

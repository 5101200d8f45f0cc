"""What marshmallow says of values that do not fit, asked ahead, so that a warm start need not import it.

Asked of one value of each class for each field, and of each of its validators alone: what they say does not
depend on the value. A field that is judged by more than that is not foretold, and neither is a message that
can't be had so: the whole command tells those.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol, TypedDict

import re2
from marshmallow import ValidationError

from rulewright.compiled import CompiledField
from rulewright.evaluation.shape import MOST_HINTS, unknown_field_text
from rulewright.fieldtypes import is_writable
from rulewright.hotpath import sifting
from rulewright.hotpath.keeping.frozen_rules import problem_parts
from rulewright.hotpath.runtime.refusals import Entry
from rulewright.hotpath.runtime.state import Decline
from rulewright.hotpath.runtime.texts import is_uuid
from rulewright.hotpath.sifting import Sifter
from rulewright.hotpath.telling import Teller
from rulewright.hotpath.writing.shape import loaders_of
from rulewright.schema.repeats import is_one_of

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
    """Of one resource or object, by field: class -> what is said, and tests of the right class."""

    fields: tuple[str, ...]
    classes: dict[str, dict[str, Told]]
    # Without a field: it fits, as far as these go. None: nobody knows.
    tests: dict[str, tuple[Test, ...] | None]
    # Fields of which a blank text is no value; what is said of it where one must be given.
    blank: dict[str, PlainEntries | None]
    # Objects, and whether rules rest on them, so that none of their parts may be unsound.
    objects: dict[str, tuple[Foretold, bool]]
    # Of a name that is not known; None where nothing is told that quotes it.
    unknown: PlainEntry | None
    most_unknown: int
    # Whether what is not known is ignored, with a warning.
    ignores: bool


def foretell(teller: Teller) -> Foretold | None:
    """Ask ahead; None where the plain evaluator tells every refusal."""
    sifter = teller.sifter
    if not teller.tells or any(_may_ignore_inside(sifter, one) for one in sifter.sendable.values()):
        return None
    objects = {
        name: (_foretell(_Parts(sifter, field)), name in sifter.rested or field.rule.sensitive)
        for name, field in sifter.sendable.items()
        if field.rule.type == "object" and field.children
    }
    foretold = _foretell(_Resource(sifter, teller.generated.dates.keys()))
    foretold["objects"] = objects
    return foretold


def _may_ignore_inside(sifter: Sifter, field: CompiledField) -> bool:
    """Whether something may be ignored deeper than in the parts of an object."""
    if not field.children:
        is_ignoring = (field.rule.unknown or sifter.resource.file.unknown) == "ignore"
        items = field.items
        return items is not None and bool(items.children or items.items) and is_ignoring
    return any(child.children or child.items is not None for child in field.children) and (
        sifter.resource.file.unknown == "ignore" or field.rule.unknown == "ignore"
    )


def _foretell(level: _Level) -> Foretold:
    return {
        "fields": tuple(level.fields),
        "classes": {name: dict(_classes(level, name)) for name in level.fields},
        "tests": {name: _tests(level, field) for name, field in level.sendable.items()},
        "blank": {
            name: _said_of_blank(level, field)
            for name, field in level.sendable.items()
            if field.rule.blank is not None
        },
        "objects": {},
        "unknown": level.unknown(),
        "most_unknown": MOST_HINTS,
        "ignores": level.ignores,
    }


class _Level(Protocol):
    """What is asked of a resource, or of an object in it."""

    @property
    def fields(self) -> Mapping[str, CompiledField]:
        """All of them."""

    @property
    def sendable(self) -> Mapping[str, CompiledField]:
        """Those that callers may send."""

    @property
    def loaders(self) -> Mapping[str, Any]:
        """marshmallow's fields."""

    @property
    def dates(self) -> Collection[str]:
        """Of which fields there are readers of dates."""

    def tell(self, name: str, sample: object) -> sifting.Told:
        """What there is to say of values of a class. Raises Decline."""

    def entries(self, name: str, messages: object, sample: object) -> PlainEntries:
        """What marshmallow says, as problems."""

    @property
    def ignores(self) -> bool:
        """Whether what is not known is ignored."""

    def unknown(self) -> PlainEntry | None:
        """The problem of a field that is not known, with "" for its name."""

    def key(self, name: str) -> str:
        """Under which name the function of a test is kept."""


class _Resource:
    """The fields of the resource itself."""

    def __init__(self, sifter: Sifter, dates: Collection[str]) -> None:
        self.sifter = sifter
        self.fields, self.sendable = sifter.resource.fields, sifter.sendable
        self.loaders, self.dates = sifter.loaders, dates
        self.ignores = sifter.resource.file.unknown == "ignore"

    def tell(self, name: str, sample: object) -> sifting.Told:
        return self.sifter.tell(name, sample)

    def entries(self, name: str, messages: object, sample: object) -> PlainEntries:
        return _plain(self.sifter.entries_told({name: messages}, {name: sample}))

    def unknown(self) -> PlainEntry:
        return _plain(self.sifter.tell("", "x").entries)[0]

    def key(self, name: str) -> str:
        return name


class _Parts:
    """The parts of an object."""

    dates = ()

    def __init__(self, sifter: Sifter, field: CompiledField) -> None:
        self.sifter = sifter
        self.name = field.name
        self.fields = self.sendable = {child.name: child for child in field.children}
        self.loaders = loaders_of(sifter.loaders[field.name].nested())
        self.ignores = sifting.is_ignoring(sifter.resource, field)
        self._is_sensitive = field.rule.sensitive

    def tell(self, name: str, sample: object) -> sifting.Told:
        field = self.fields[name]
        rule, kind = field.rule, type(sample)
        if sample is None and (rule.required or sifting.is_conditional(field)):
            raise Decline
        is_blank = kind is str and rule.blank is not None
        is_right = rule.nullable if sample is None else kind in sifting._TAKEN.get(rule.type, ())
        if is_right or is_blank:
            return sifting._KEPT
        try:
            self.loaders[name].deserialize(sample, partial=True)
        except ValidationError as error:
            found = self._told(name, error.messages, sample)
            return sifting.Told(found, keeps=False, ends=True)
        raise Decline

    def _told(self, name: str, messages: object, sample: object) -> tuple[Entry, ...]:
        if not isinstance(messages, list):
            raise Decline
        return self.sifter.entries_told({self.name: {name: messages}}, {self.name: {name: sample}})

    def entries(self, name: str, messages: object, sample: object) -> PlainEntries:
        return _plain(self._told(name, messages, sample))

    def unknown(self) -> PlainEntry | None:
        if self._is_sensitive:
            return None
        if self.ignores:
            return _plain(self.sifter.ignored({self.name: {"": None}}))[0]
        return self.entries("", [sifting._UNKNOWN], "x")[0]

    def key(self, name: str) -> str:
        return f"{self.name}.{name}"


def roots_of(teller: Teller) -> dict[str, object]:
    """The functions that retelling.py calls."""
    code = teller.generated
    tested: dict[str, object] = dict(code.dates)
    for name, field in teller.sifter.sendable.items():
        tested |= _functions(name, field)
        for child in field.children:
            tested |= _functions(f"{name}.{child.name}", child)
    return {
        "open": code.open,
        "shape": code.shape,
        "collect": code.collect,
        "conclude": code.conclude,
        "respond": code.respond,
        "after": code.after,
        "functions": tested,
        "Decline": Decline,
        "is writable": is_writable,
        "is one of": is_one_of,
        "say unknown": unknown_field_text,
    }


def _functions(key: str, field: CompiledField) -> dict[str, object]:
    if field.rule.type == "string" and field.rule.pattern is not None:
        return {key: re2.compile(field.rule.pattern).fullmatch}
    return {key: is_uuid} if field.rule.type == "uuid" else {}


def _plain(entries: Sequence[Entry]) -> PlainEntries:
    return tuple((place, problem_parts(problem)) for place, problem in entries)


def _classes(level: _Level, name: str) -> Iterator[tuple[str, Told]]:
    for sample in _SAMPLES:
        try:
            told = level.tell(name, sample)
        except Decline:
            continue
        entries = _plain(told.entries)
        yield type(sample).__name__, {"entries": entries, "keeps": told.keeps, "ends": told.ends}


def _tests(level: _Level, field: CompiledField) -> tuple[Test, ...] | None:
    """The ways in which a value of the right class may not fit, in marshmallow's order."""
    if field.rule.type not in _TESTED or field.type.base or field.children:
        return None
    try:
        return tuple(_each_test(level, field))
    except (Decline, ValueError, OverflowError):
        return None


def _said_of_blank(level: _Level, field: CompiledField) -> PlainEntries | None:
    if not field.rule.required:
        return None
    judge = partial(level.loaders[field.name].deserialize, partial=True)
    return _said(level, field.name, judge, ("",))


def _each_test(level: _Level, field: CompiledField) -> Iterator[Test]:
    rule, name = field.rule, field.name
    loader, key = level.loaders[name], level.key(field.name)
    if rule.type == "date" and (name not in level.dates or loader.validators):
        raise Decline
    if rule.type in ("date", "uuid"):
        judge = partial(loader.deserialize, partial=True)
        yield {"kind": rule.type, "given": key, "entries": _said(level, name, judge, ("x",))}
    # Of what is too long only its length is asked for: no text of two thousand million characters is made.
    written = (
        ("min", rule.min, None if rule.min is None else rule.min - 1),  # type: ignore[operator]
        ("max", rule.max, None if rule.max is None else rule.max + 1),  # type: ignore[operator]
        ("min_length", rule.min_length, ""),
        ("max_length", rule.max_length, range((rule.max_length or 0) + 1)),
        ("pattern", None if rule.pattern is None else key, None),
        ("one_of", rule.one_of if isinstance(rule.one_of, tuple) else None, object()),
    )
    validators = [one for one in written if one[1] is not None]
    for (kind, given, sample), validate in zip(validators, loader.validators, strict=True):
        samples = _MISFITS if kind == "pattern" else (sample,)
        yield {"kind": kind, "given": given, "entries": _said(level, name, validate, samples)}


def _said(level: _Level, name: str, judge: Any, samples: Sequence[object]) -> PlainEntries:
    """What is said of the first sample that does not fit."""
    for sample in samples:
        try:
            judge(sample)
        except ValidationError as error:
            return level.entries(name, error.messages, sample)
    raise Decline

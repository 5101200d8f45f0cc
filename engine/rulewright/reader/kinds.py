"""The kinds of value that keywords take, which raise `Flaw`s, and the shapes of maps of keywords."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, NoReturn

from rulewright.reader.flaws import Flaw, FlawedError, Flaws, did_you_mean

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RESOURCE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*/[A-Za-z_][A-Za-z0-9_]*")
_DURATION = re.compile(r"([1-9][0-9]{0,8})([dhms])")
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
# YAML 1.1 words and forms that other readers would have typed.
_LOOKS_BOOLEAN = {"yes", "no", "on", "off", "True", "False", "TRUE", "FALSE", "y", "n", "Yes", "No"}
_LOOKS_NUMERIC = re.compile(r"[-+]?(0[0-9]+|0x[0-9A-Fa-f]+|[0-9]+(_[0-9]+)+|\.[0-9]+|[0-9]+\.|[0-9]+)")


def duration_seconds(text: str) -> int | None:
    """The seconds of `21d`, `12h`, `90m` or `10s`; None for another text."""
    found = _DURATION.fullmatch(text)
    return int(found.group(1)) * _SECONDS[found.group(2)] if found else None


def describe(value: object) -> str:
    """How a report names a value: the text itself where it is short, else its kind."""
    if isinstance(value, str):
        return f'the text "{value}"' if len(value) <= 40 else "a text"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}" if len(str(value)) <= 40 else "a number"
    if value is None:
        return "nothing (null)"
    return "a map" if isinstance(value, Mapping) else "a list"


def refuse(expected: str, value: object, hint: str | None = None) -> NoReturn:
    """Raise that something else stands where `expected` should."""
    raise flawed(Flaw("wrong-value", f"expected {expected}, found {describe(value)}", hint))


def flawed(flaw: Flaw) -> FlawedError:
    """One `Flaw` of a whole value."""
    return FlawedError((flaw,))


class Kind:
    """The value of one keyword. `check` raises what is wrong with it.

    `data_key` is the keyword where Python needs another name for it.
    """

    expected = "a value"

    def __init__(
        self, *, required: bool = False, allow_none: bool = False, data_key: str | None = None
    ) -> None:
        self.required = required
        self.allow_none = allow_none
        self.data_key = data_key

    def check(self, value: Any) -> None:
        """Raise FlawedError if the value, which is not null, can't stand here."""

    def judge(self, value: Any) -> None:
        """Raise FlawedError if the value can't stand here."""
        if value is not None:
            self.check(value)
        elif not self.allow_none:
            refuse(self.expected, value)


class Anything(Kind):
    """Any value at all: constants and templates."""


class Text(Kind):
    """A text; a number or boolean must be quoted to be one."""

    expected = "a text"

    def check(self, value: Any) -> None:
        """Raise for anything but text."""
        if not isinstance(value, str):
            hint = f'quote it: "{str(value).lower()}"' if isinstance(value, bool | int | float) else None
            refuse(self.expected, value, hint)


class Version(Kind):
    """A version: text or number."""

    expected = "a text"

    def check(self, value: Any) -> None:
        """Raise for lists, maps and booleans."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            refuse(self.expected, value)


class Flag(Kind):
    """true or false."""

    expected = "true or false"

    def check(self, value: Any) -> None:
        """Raise for anything else, with the word to write for a word such as `yes`."""
        if isinstance(value, bool):
            return
        hint = None
        if isinstance(value, str) and value in _LOOKS_BOOLEAN:
            meant = "true" if value.lower() in {"yes", "on", "true", "y"} else "false"
            hint = f"{value} is text here; write {meant}"
        refuse(self.expected, value, hint)


class Whole(Kind):
    """A whole number, from `least`."""

    def __init__(self, least: int | None = None, most: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.least = least
        self.most = most
        self.expected = "a whole number" + (f" from {least}" if least is not None else "")

    def check(self, value: Any) -> None:
        """Raise for anything else or out of range."""
        if isinstance(value, bool) or not isinstance(value, int):
            refuse(self.expected, value, number_hint(value))
        if (self.least is not None and value < self.least) or (self.most is not None and value > self.most):
            refuse(self.expected + (f" to {self.most}" if self.most is not None else ""), value)


def number_hint(value: object) -> str | None:
    """What to do about a text that other YAML readers take for a number."""
    if isinstance(value, str) and _LOOKS_NUMERIC.fullmatch(value):
        return f"{value} is text here; write a plain decimal number without quotes, _ or leading zeros"
    return None


class Bound(Kind):
    """min and max: a number, or a text for a date."""

    expected = "a number, or a date as text"

    def check(self, value: Any) -> None:
        """Raise for booleans, lists and maps."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            refuse(self.expected, value)


class Choice(Kind):
    """One of a few words."""

    def __init__(self, *words: str | bool, **options: Any) -> None:
        super().__init__(**options)
        self.words = words
        shown = [str(word).lower() if isinstance(word, bool) else word for word in words]
        self.expected = f"{', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else shown[0]

    def check(self, value: Any) -> None:
        """Raise for any other word, naming the nearest."""
        if not any(value is word or (isinstance(value, str) and value == word) for word in self.words):
            known = [word for word in self.words if isinstance(word, str)]
            refuse(self.expected, value, did_you_mean(value, known) if isinstance(value, str) else None)


class Cel(Kind):
    """A CEL expression: always a text."""

    expected = "a CEL expression"

    def check(self, value: Any) -> None:
        """Raise for anything but a text that is not empty."""
        if isinstance(value, str) and value.strip():
            return
        hint = "write it as text in quotes"
        if isinstance(value, bool):
            hint = (
                f"a condition that is always {str(value).lower()} needs no expression: drop it, or quote it"
            )
        elif isinstance(value, Mapping):
            hint = "an expression that starts with { must be in quotes"
        elif isinstance(value, list):
            hint = "an expression that starts with [ must be in quotes"
        raise flawed(Flaw("not-an-expression", f"expected a CEL expression, found {describe(value)}", hint))


class Pattern(Kind):
    """A text that a regular expression describes."""

    def __init__(self, pattern: re.Pattern[str], expected: str, hint: str, code: str, **options: Any) -> None:
        super().__init__(**options)
        self.pattern = pattern
        self.expected = expected
        self.hint = hint
        self.code = code

    def check(self, value: Any) -> None:
        """Raise for other texts and other values."""
        if not isinstance(value, str):
            refuse(self.expected, value)
        if not self.pattern.fullmatch(value):
            raise flawed(Flaw(self.code, f"expected {self.expected}, found {describe(value)}", self.hint))


_LETTERS = "letters, digits and _ only, and no digit first: names become columns and tables of a database"
Name = functools.partial(Pattern, NAME, "a name", _LETTERS, "bad-name")
Resource = functools.partial(
    Pattern, RESOURCE, "a resource as <api>/<name>", "for example rubixx/person", "bad-name"
)
Duration = functools.partial(
    Pattern, _DURATION, "a duration", "for example 21d, 12h, 90m or 10s", "bad-duration"
)


class ListOf(Kind):
    """A list of one kind. `alone`: a single one may stand without brackets."""

    def __init__(self, kind: Kind, *, alone: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind
        self.alone = alone
        self.expected = f"a list ({kind.expected} each)"

    def check(self, value: Any) -> None:
        """Raise the flaws of all items, by their index."""
        if self.alone and not isinstance(value, list | Mapping):
            self.kind.judge(value)
            return
        if not isinstance(value, list):
            hint = f"write [{value}]" if isinstance(value, str) and NAME.fullmatch(value) else None
            refuse(self.expected, value, hint)
        raise_all(dict(enumerate(value)), self.kind)


class Table(Kind):
    """A map from names to one kind. `anywhere`: the keys may be any text."""

    def __init__(self, kind: Kind, *, anywhere: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind
        self.anywhere = anywhere
        self.expected = f"a map ({kind.expected} each)"

    def check(self, value: Any) -> None:
        """Raise the flaws of all entries, by their key."""
        if not isinstance(value, Mapping):
            refuse(self.expected, value)
        raise_all(value, self.kind, None if self.anywhere else check_name)


def check_name(name: str) -> None:
    """Raise unless the key may be a name."""
    if not NAME.fullmatch(name):
        raise flawed(Flaw("bad-name", f"{describe(name)} can't be a name", _LETTERS, at_key=True))


def raise_all(
    values: Mapping[Any, object], kind: Kind, check_key: Callable[[str], None] | None = None
) -> None:
    """Check every value, and raise all that is wrong together."""
    flaws: dict[str | int, Flaws] = {}
    for key, value in values.items():
        try:
            if check_key is not None:
                check_key(key)
            kind.judge(value)
        except FlawedError as error:
            flaws[key] = error.flaws
    if flaws:
        raise FlawedError(flaws)


class Sub(Kind):
    """A map with keywords of its own. The shape is named by a function, since some hold themselves."""

    expected = "a map of keywords"

    def __init__(self, shape: Callable[[], type[Shape]], *, hint: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.shape = shape
        self.hint = hint

    def check(self, value: Any) -> None:
        """Raise the flaws of all keywords."""
        if not isinstance(value, Mapping):
            refuse(self.expected, value, self.hint)
        flaws = self.shape().flaws_in(value)
        if flaws:
            raise FlawedError(flaws)


class Either(Kind):
    """A value that may be of several kinds, told apart by what was written."""

    def __init__(self, expected: str, choose: Callable[[Any], Kind | None], **options: Any) -> None:
        super().__init__(**options)
        self.expected = expected
        self.choose = choose

    def check(self, value: Any) -> None:
        """Check the value as the kind that it looks like."""
        kind = self.choose(value)
        if kind is None:
            refuse(self.expected, value)
        kind.judge(value)


class Shape:
    """The base of all shapes: keywords, each with the kind of its value, as a class lists them."""

    keywords: ClassVar[Mapping[str, Kind]] = {}
    # Required keywords without which the rest of the file can be read and checked all the same.
    spared: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        cls.keywords = {
            kind.data_key or name: kind
            for base in reversed(cls.__mro__)
            for name, kind in vars(base).items()
            if isinstance(kind, Kind)
        }

    @classmethod
    def flaws_in(cls, values: Mapping[str, object]) -> Mapping[str | int, Flaws]:
        """What is wrong with a map, by keyword; nothing where it fits."""
        flaws: dict[str | int, Flaws] = {}
        for keyword, kind in cls.keywords.items():
            try:
                if keyword in values:
                    kind.judge(values[keyword])
                elif kind.required:
                    flaws[keyword] = (Flaw("missing-keyword", f"{keyword} is missing"),)
            except FlawedError as error:
                flaws[keyword] = error.flaws
        for keyword, flaw in (*cls.unknown_keywords(values), *cls.odd_combinations(values)):
            before = flaws.get(keyword, ())
            # A value with flaws in its parts is no better for standing in the wrong place.
            if not isinstance(before, Mapping):
                flaws[keyword] = (*before, flaw)
        return flaws

    @classmethod
    def unknown_keywords(cls, values: Mapping[str, object]) -> Iterator[tuple[str, Flaw]]:
        """Every key that is no keyword of this map; the hint names the nearest known one."""
        known = cls.keywords
        for key in values:
            if key not in known:
                hint = did_you_mean(key, known)
                if hint is None and len(known) <= 20:
                    hint = f"known here: {', '.join(sorted(known))}"
                yield key, Flaw("unknown-keyword", f"{key} is no keyword here", hint, at_key=True)

    @classmethod
    def odd_combinations(cls, values: Mapping[str, object]) -> Iterator[tuple[str, Flaw]]:
        """What is wrong with the keywords taken together, each flaw with the keyword that it is told at."""
        return iter(())

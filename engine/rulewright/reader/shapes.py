"""Values that hold others: lists, maps, and maps of keywords, whose keywords a `Shape` lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Final

from rulewright.reader.flaws import Flaw, FlawedError, Flaws, did_you_mean
from rulewright.reader.kinds import (
    Book,
    JsonSchema,
    Kind,
    anchored,
    as_list,
    describe,
    flawed,
    if_map,
    refuse,
)
from rulewright.reader.scalars import LETTERS, NAME

# The words of plug-ins have a prefix.
PREFIXED: Final = re.compile(r"[./]")
_NOTHING = {"none", "nothing", "nobody", "no", "null", "nil", "empty", ""}


def _means_nothing(value: object) -> bool:
    """Whether a value is what people write to say that there is nothing."""
    if isinstance(value, str):
        return value.strip().lower() in _NOTHING
    return value is None or value is False or value == 0


class ListOf(Kind):
    """A list of one kind. `alone`: a single one may stand without brackets."""

    def __init__(self, kind: Kind, meaning: str = "", *, alone: bool = False, **options: Any) -> None:
        super().__init__(meaning, **options)
        self.kind = kind
        self.alone = alone
        self.expected = f"a list ({kind.expected} each)"

    def check(self, value: Any) -> None:
        """Raise the flaws of all items, by their index."""
        if self.alone and not isinstance(value, list | Mapping):
            self.kind.judge(value)
            return
        if not isinstance(value, list):
            refuse(self.expected, value, self.advice(value))
        raise_all(dict(enumerate(value)), self.kind)

    def advice(self, value: object) -> str | None:
        """What makes a list of what was written, or says that it is empty."""
        of_maps = isinstance(self.kind, Sub | Table)
        if isinstance(value, Mapping):
            return "put [ ] around it" if of_maps else None
        if value is None or (of_maps and _means_nothing(value)):
            return "write [] for none"
        if of_maps:
            example = self.kind.example if isinstance(self.kind, Sub) else None
            return f"for example [{example}]" if example is not None else None
        return f"write [{value}]" if isinstance(value, str) and NAME.fullmatch(value) else None

    def schema(self, book: Book) -> JsonSchema:
        """A list, or what may stand alone."""
        item = self.kind.json_schema(book)
        # What bounds a scalar says nothing about a list.
        before = self.kind.json_schema(book) if self.alone else {}
        types = ["array", *as_list(before.pop("type", []))]
        said = {**before, "type": types if self.alone else "array", "items": item}
        return {**said, "errorMessage": f"expected {self.expected}"}


class Table(Kind):
    """A map from names to one kind. `anywhere`: the keys may be any text. `known`: gives the keys there are;
    `prefixed`: what has a prefix may be a plug-in's."""

    def __init__(
        self,
        kind: Kind,
        meaning: str = "",
        *,
        anywhere: bool = False,
        known: Callable[[], Collection[str]] | None = None,
        prefixed: bool = False,
        example: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(meaning, **options)
        self.kind = kind
        self.anywhere = anywhere
        self.known = known
        self.prefixed = prefixed
        self.example = example
        self.expected = f"a map ({kind.expected} each)"

    def check(self, value: Any) -> None:
        """Raise the flaws of all entries, by their key."""
        if not isinstance(value, Mapping):
            refuse(self.expected, value, self.advice(value))
        raise_all(value, self.kind, self._check_key())

    def _check_key(self) -> Callable[[str], None] | None:
        if self.known is not None:
            return partial(check_known, known=self.known(), prefixed=self.prefixed)
        return None if self.anywhere else check_name

    def advice(self, value: object) -> str | None:
        """What a map looks like, or how to say that there is none."""
        if isinstance(value, list):
            return "write a name and a colon for each, not - or [ ]"
        if self.allow_none and _means_nothing(value):
            return "write null"
        return f"for example {self.example}" if self.example is not None else None

    def schema(self, book: Book) -> JsonSchema:
        """A map, whose keys are names unless they may be anything."""
        said: JsonSchema = {"type": "object", "additionalProperties": self.kind.json_schema(book)}
        said["errorMessage"] = f"expected {self.expected}"
        if self.known is not None:
            return {**said, "propertyNames": _known_schema(self.known(), prefixed=self.prefixed)}
        return said if self.anywhere else {**said, "propertyNames": name_schema()}


def name_schema() -> JsonSchema:
    """What a key must be that becomes a name. Nobody is offered to write what it is like."""
    return {"pattern": anchored(NAME), "errorMessage": f"expected a name: {LETTERS}", "doNotSuggest": True}


def _known_schema(known: Collection[str], *, prefixed: bool) -> JsonSchema:
    """What a key must be that is one of those there are."""
    ours: JsonSchema = {"enum": sorted(known)}
    said = {"anyOf": [ours, {"pattern": PREFIXED.pattern, "doNotSuggest": True}]} if prefixed else ours
    return {**said, "errorMessage": f"this key is none of {', '.join(sorted(known))}"}


def check_known(name: str, known: Collection[str], *, prefixed: bool) -> None:
    """Raise unless the key is one of those there are, or may be a plug-in's."""
    if name in known or (prefixed and PREFIXED.search(name)):
        return
    raise flawed(_unknown_key(name, known))


def _unknown_key(key: str, known: Collection[str], hint: str | None = None) -> Flaw:
    """The hint names the nearest key there is, where there is no other."""
    hint = hint or did_you_mean(key, known)
    if hint is None and len(known) <= 20:
        hint = f"known here: {', '.join(sorted(known))}"
    return Flaw("unknown-keyword", f"{key} is no keyword here", hint, at_key=True)


def check_name(name: str) -> None:
    """Raise unless the key may be a name."""
    if not NAME.fullmatch(name):
        raise flawed(Flaw("bad-name", f"{describe(name)} can't be a name", LETTERS, at_key=True))


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

    def __init__(
        self,
        shape: Callable[[], type[Shape]],
        meaning: str = "",
        *,
        example: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(meaning, **options)
        self.shape = shape
        self.example = example

    def advice(self, value: object) -> str | None:
        """A map as it might be."""
        return f"for example {self.example}" if self.example is not None else None

    def check(self, value: Any) -> None:
        """Raise the flaws of all keywords."""
        if not isinstance(value, Mapping):
            refuse(self.expected, value, self.advice(value))
        flaws = self.shape().flaws_in(value)
        if flaws:
            raise FlawedError(flaws)

    def schema(self, book: Book) -> JsonSchema:
        """A map that is defined elsewhere."""
        return {"$ref": book.refer(self.shape())}


class Either(Kind):
    """A value that may be of several kinds, told apart by what was written: a map, a list, a text or another.

    What has no kind of its own is of the kind `others`, or is refused where there is none.
    """

    def __init__(
        self,
        expected: str,
        meaning: str = "",
        *,
        maps: Kind | None = None,
        lists: Kind | None = None,
        texts: Kind | None = None,
        others: Kind | None = None,
        **options: Any,
    ) -> None:
        super().__init__(meaning, **options)
        self.expected = expected
        self.maps, self.lists, self.texts, self.others = maps, lists, texts, others

    def check(self, value: Any) -> None:
        """Check the value as the kind that it looks like."""
        kind = self._kind_of(value) or self.others
        if kind is None:
            refuse(self.expected, value, self.advice(value))
        kind.judge(value)

    def advice(self, value: object) -> str | None:
        """A map as it might be, where there may be one."""
        return self.maps.advice(value) if isinstance(self.maps, Sub) else None

    def _kind_of(self, value: Any) -> Kind | None:
        if isinstance(value, Mapping):
            return self.maps
        if isinstance(value, list):
            return self.lists
        return self.texts if isinstance(value, str) else None

    def schema(self, book: Book) -> JsonSchema:
        """All of them in one: what is said of a list says nothing about a text, and so on."""
        said: JsonSchema = {}
        types: list[str] = []
        for kind in (self.texts, self.others, self.lists):
            part = {} if kind is None else kind.json_schema(book)
            if "enum" in part:
                # yaml-language-server would take both for matching, were they described alike.
                words = {**part, "description": ""}
                others = {"type": ["array", "object"], "description": "With its options."}
                part = {"type": "string", "anyOf": [words, others]}
            types += as_list(part.pop("type", []))
            said |= part
        if self.maps is not None:
            types.append("object")
            said |= if_map(self.maps.json_schema(book))
        return {"type": types, **said, "errorMessage": f"expected {self.expected}"}


def hints(words: Mapping[str, str]) -> Mapping[str, str]:
    """From each word to its hint; given the words of each hint, in one text."""
    return {word: hint for hint, listed in words.items() for word in listed.split()}


class Shape:
    """The base of all shapes: keywords, each with the kind of its value, as a class lists them."""

    keywords: ClassVar[Mapping[str, Kind]] = {}
    # Required keywords without which the rest of the file can be read and checked all the same.
    spared: ClassVar[frozenset[str]] = frozenset()
    # Keywords of which one excludes the others, and whether one must be there.
    verbs: ClassVar[tuple[str, ...]] = ()
    verb_needed: ClassVar[bool] = False
    # Keys that people write here, and what to write, or where: what no likeness of letters would tell.
    misplaced: ClassVar[Mapping[str, str]] = {}
    # What a report calls such a map.
    called: ClassVar[str] = "this map"

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
                yield key, _unknown_key(key, known, cls.misplaced.get(key))

    @classmethod
    def odd_combinations(cls, values: Mapping[str, object]) -> Iterator[tuple[str, Flaw]]:
        """Verbs beside one another, or none, each flaw with the keyword that it is told at."""
        there = [verb for verb in cls.verbs if verb in values]
        if cls.verb_needed and not there:
            message = f"{cls.called} needs one of {', '.join(cls.verbs)}"
            yield cls.verbs[0], Flaw("missing-keyword", message)
        for verb in there[1:]:
            message = f"{cls.called} takes only one of {', '.join(cls.verbs)}; {there[0]} is there too"
            yield verb, Flaw("contradiction", message, at_key=True)

"""The JSON Schema (2020-12) of a shape: each map of keywords is defined once.

It refuses nothing that the reader and the checks take. Where JSON Schema offers a choice, the one is taken of
which an editor makes one plain message: no `oneOf`, but `if`, and complete lists of what is taken then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from rulewright.checks.keyword_for_place import NOT_OF_ITEMS
from rulewright.export.rule_files.cases import (
    Case,
    cases_of,
    combinations_of,
    field_cases,
    overrides,
    without_verb,
)
from rulewright.export.rule_files.words import options_of, words_of
from rulewright.plugins import Registry
from rulewright.reader.behaviour_shape import EventShape
from rulewright.reader.field_shape import FieldShape
from rulewright.reader.file_shape import ApiShape, ResourceShape
from rulewright.reader.flaws import ELSEWHERE
from rulewright.reader.kinds import JsonSchema, Kind
from rulewright.reader.scalars import Anything, Choice, Text, Word
from rulewright.reader.shapes import Shape, Sub

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
# Where a field stands: in a resource, in another field, as an item, in an event, or among the shared types.
_FIELD, _PART, _ITEM, _OF_EVENT, _SHARED = "field", "part", "item", "event_field", "shared_type"
_PLACES: Final[Mapping[type[Shape], str]] = {
    ResourceShape: _FIELD,
    EventShape: _OF_EVENT,
    ApiShape: _SHARED,
}
# What is seen without being told.
_NOT_TOLD: Final = (Kind.expected, Text.expected, Sub.expected)
_NEVER_UNIQUE: Final[JsonSchema] = {
    "enum": [False],
    "errorMessage": "a store keeps fields of the resource unique: no list, and no part of a field",
    "doNotSuggest": True,
}


def rule_schema(
    shape: type[Shape], registry: Registry, *, title: str, shared: Collection[str] = ()
) -> JsonSchema:
    """Return the schema of files of a shape: `ResourceShape`, `ApiShape` or `ScenarioFileShape`.

    `registry` has the types, generators, dialects and effects that are known; `shared` are the names of types
    that an api.yaml adds.
    """
    page = _Page(registry, frozenset(shared), {}, shape)
    root = page.refer(shape)
    definitions = dict(sorted(page.definitions.items()))
    return {"$schema": DIALECT, "title": title, "$ref": root, "$defs": definitions}


@dataclass(frozen=True)
class _Page:
    """The `Book` as the keywords of one map see it. `place` is where a field stands, "" of other maps."""

    registry: Registry
    shared: frozenset[str]
    definitions: dict[str, JsonSchema]
    holder: type[Shape]
    place: str = ""
    keyword: str = ""

    @property
    def strict(self) -> bool:
        """Shared types that no field uses are not checked."""
        return self.place != _SHARED

    @property
    def name(self) -> str:
        """What the map is called among the definitions."""
        return self.place or self.holder.__name__.removesuffix("Shape")

    def words(self, table: str) -> Mapping[str, str]:
        """The words of the registry, without those that make no sense here."""
        known = words_of(self.registry, table, self.shared)
        is_part = self.place in (_PART, _ITEM) and table in ("generators", "bare_generators")
        return {name: meaning for name, meaning in known.items() if not (is_part and name == "sequence")}

    def options(self, generator: str) -> JsonSchema:
        """What is known of a generator's options."""
        return options_of(generator) if self.strict else {}

    def refer(self, shape: type[Shape]) -> str:
        """Define a shape, unless that has begun already."""
        page = replace(self, holder=shape, place=self._place_of(shape), keyword="")
        if page.name not in self.definitions:
            self.definitions[page.name] = {}
            self.definitions[page.name] = page.definition()
        return f"#/$defs/{page.name}"

    def _place_of(self, shape: type[Shape]) -> str:
        if shape is not FieldShape:
            return ""
        if self.place in (_FIELD, _PART, _ITEM):
            return _ITEM if self.keyword == "items" else _PART
        # Where nobody said where fields stand, nothing is asked of them but their shape.
        return self.place or _PLACES.get(self.holder, _SHARED)

    def definition(self) -> JsonSchema:
        """The keywords of the holder, by cases where it has some, and what is asked of them together."""
        together = [_refused([word], f"did you mean {meant}?") for word, meant in self._foreign().items()]
        if self.strict:
            together += combinations_of(self.holder)
        if found := self._cases():
            said = {"allOf": [*self._by_cases(*found), *together], "errorMessage": f"expected {Sub.expected}"}
            return {"type": "object", **said}
        properties = {keyword: self._keyword(keyword) for keyword in self.holder.keywords}
        said = {"type": "object", **self._map(properties, ())}
        return {**said, "allOf": together} if together else said

    def _cases(self) -> tuple[tuple[Case, ...], Case] | None:
        """The cases of the holder, and what holds in no case."""
        if self.holder is FieldShape:
            needs = ("type",) if self.place in (_FIELD, _PART, _ITEM) else ()
            every = frozenset(FieldShape.keywords)
            found = tuple(field_cases(self.registry, self.shared, FieldShape.keywords))
            return found, Case("any", {}, every, "", needs)
        found = cases_of(self.holder, self.registry)
        return (found, without_verb(self.holder, self.registry)) if found else None

    def _by_cases(self, found: Collection[Case], otherwise: Case) -> Iterator[JsonSchema]:
        # What is no map meets every condition of a map.
        for case in found:
            yield {"if": {"type": "object", **case.condition}, "then": self._case(case)}
        none = {"type": "object", "not": {"anyOf": [case.condition for case in found]}}
        yield {"if": none, "then": self._case(otherwise)}

    def _case(self, case: Case) -> JsonSchema:
        """The map of one case, as a definition of its own."""
        every = dict.fromkeys((*self.holder.keywords, *self.registry.effects, *case.takes))
        known = [one for one in every if one in self.holder.keywords or one in case.takes]
        # What belongs to another case is known here, so that it is not offered, and only that is told of it.
        properties = {one: self._defined(one, case.name) if one in case.takes else True for one in known}
        said = self._map(properties, case.needs)
        if self.strict and (refused := [one for one in known if one not in case.takes]):
            said["allOf"] = [_refused(refused, case.told)]
        name = f"{self.name}.{case.name.replace(' ', '_')}"
        self.definitions[name] = said
        return {"$ref": f"#/$defs/{name}"}

    def _map(self, properties: Mapping[str, object], needs: Iterable[str]) -> JsonSchema:
        required = [name for name, kind in self.holder.keywords.items() if kind.required]
        # What is told of words of other languages is told elsewhere.
        every = {**properties, **dict.fromkeys(self._foreign(), True)}
        said: JsonSchema = {"properties": every, "additionalProperties": False}
        needed = [*dict.fromkeys((*required, *needs))]
        return {**said, "required": needed} if needed else said

    def _foreign(self) -> Mapping[str, str]:
        """What other languages call keywords of this map."""
        known = {*self.holder.keywords, *self.registry.effects}
        return {word: meant for word, meant in ELSEWHERE.items() if meant in known and word not in known}

    def _defined(self, keyword: str, case: str) -> JsonSchema:
        """A keyword that is the same in several cases, defined once."""
        special = overrides(self.holder, case).get(keyword)
        if keyword == "unique" and (self.place in (_PART, _ITEM) or (self.place, case) == (_FIELD, "list")):
            special = _NEVER_UNIQUE
        if special is not None:
            return {**special, **_described(self.holder.keywords[keyword])}
        said = self._keyword(keyword)
        if self.place == _ITEM and keyword in NOT_OF_ITEMS:
            said["doNotSuggest"] = True
        name = f"{self.holder.__name__.removesuffix('Shape').lower()}.{keyword}"
        if self.definitions.setdefault(name, said) != said:
            name = f"{self.name}.{keyword}"
            self.definitions[name] = said
        return {"$ref": f"#/$defs/{name}"}

    def _keyword(self, keyword: str) -> JsonSchema:
        kind = self.holder.keywords.get(keyword)
        if kind is None:
            # Of a plug-in, which looks at the value itself.
            kind = Anything(words_of(self.registry, "effects")[keyword], allow_none=True)
        return {**kind.json_schema(replace(self, keyword=keyword)), **_described(kind)}


def _refused(keywords: Iterable[str], told: str) -> JsonSchema:
    """`told` at each of some keywords."""
    return {"properties": dict.fromkeys(keywords, False), "errorMessage": told}


def _described(kind: Kind) -> JsonSchema:
    """The meaning, for editors that know Markdown and for others."""
    said = kind.meaning
    if not isinstance(kind, Choice | Word) and not any(words in kind.expected for words in _NOT_TOLD):
        said = f"{said}\n\nTakes {kind.expected}."
    plain = said.replace("`", "").replace("**", "")
    return {"description": plain} | ({} if plain == said else {"markdownDescription": said})

"""What a check looks at: the rule set, one of its resources, and the words that are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeAlias

from rulewright.cel import Type
from rulewright.checks.places import Places
from rulewright.model import Api, Effect, Field, RuleFile, RuleSet
from rulewright.plugins import Registry
from rulewright.problem import Severity, SourceProblem, Span
from rulewright.reader.flaws import did_you_mean

if TYPE_CHECKING:
    from rulewright.checks.sites import Site

RESERVED_NAMES = frozenset(
    [
        "actor",
        "body",
        "current",
        "item",
        "now",
        "payload",
        "record",
        "request",
        "resource",
        "settings",
        "source",
        "today",
        "value",
    ]
)
_OF_RECORDS = ("find", "find_all")


class Placed(Protocol):
    """A part of the model, with the places of its keywords."""

    @property
    def span(self) -> Span:
        """The part itself."""

    @property
    def at(self) -> Mapping[str, Span]:
        """Its keywords."""


@dataclass(frozen=True)
class Universe:
    """All rule files that were read together.

    `unread` are resources whose file is there but broken: their fields are not known. `whole` is false
    where only one API was read: what other APIs hold is then not known.
    """

    rules: RuleSet
    registry: Registry
    unread: frozenset[str] = frozenset()
    whole: bool = True
    places: Places = default(default_factory=Places)
    flaws: tuple[SourceProblem, ...] = ()
    """The errors of reading: what they are about is not known to the checks."""
    types: dict[str, Type] = default(default_factory=dict)
    """The types of records that were worked out so far."""

    def knows(self, resource: str) -> bool:
        """Might there be such a resource?"""
        if resource in self.rules.resources or resource in self.unread:
            return True
        return not self.whole and resource.partition("/")[0] not in self.rules.apis

    def fields_of(self, resource: str) -> Mapping[str, Field] | None:
        """The fields of a resource by name; None where they are not known."""
        found = self.rules.resources.get(resource)
        return None if found is None else {field.name: field for field in found.fields}


@dataclass(frozen=True)
class Subject:
    """One resource among all."""

    universe: Universe
    file: RuleFile
    sites: tuple[Site, ...] = ()

    @property
    def api(self) -> Api:
        """What the resource's API shares."""
        return self.universe.rules.apis[self.file.api]

    def place(self, span: Span, text: str | None = None) -> Span:
        """Where the value of the keyword at `span` stands, or the `text` within it."""
        return self.universe.places.value_at(span, text)

    def value_of(self, part: Placed, keyword: str, text: str | None = None) -> Span:
        """The same for a keyword of a part of the model."""
        return self.place(span_of(part.at, keyword, default=part.span), text)

    @cached_property
    def is_whole(self) -> bool:
        """Whether all that the file says could be read."""
        return not any(flaw.span.file == self.file.file for flaw in self.universe.flaws)

    def is_flawed(self, part: Placed, keyword: str = "") -> bool:
        """Whether something in a part, or in the value of one of its keywords, could not be read."""
        node = self.universe.places.nodes.get(span_of(part.at, keyword, default=part.span))
        return node is not None and any(
            flaw.span.file == node.span.file and _begin(node.span) <= _begin(flaw.span) < _end(node.span)
            for flaw in self.universe.flaws
        )

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The resource's own fields by name."""
        return {field.name: field for field in self.file.fields}

    @cached_property
    def events(self) -> frozenset[str]:
        """Every event that may happen to a record."""
        workflow = self.file.workflow
        if workflow is None:
            return frozenset()
        declared = {event.name for event in workflow.events}
        return frozenset(declared | {transition.event for transition in workflow.transitions})

    def all_effects(self) -> Iterator[Effect]:
        """The effects of the file and of its transitions."""
        yield from self.file.effects
        for transition in self.file.workflow.transitions if self.file.workflow else ():
            yield from transition.effects

    def sends_to(self, target: str) -> bool:
        """Whether an effect of the file sends messages to a target of api.yaml."""
        return any(effect.verb == "send" and effect.target == target for effect in self.all_effects())

    @cached_property
    def records(self) -> Mapping[str, str]:
        """The names that stand for one or more records, and the resource of each."""
        references = (field.references for _, field in self.all_fields() if field.references)
        return {
            **{found.bind: found.resource for found in references if found.bind},
            **{lookup.name: lookup.resource for lookup in self.file.lookups if lookup.kind in _OF_RECORDS},
            **{effect.bind: effect.target for effect in self.all_effects() if effect.bind and effect.target},
        }

    def target_of(self, effect: Effect) -> str | None:
        """The resource whose records an effect writes; None where that isn't known."""
        if effect.verb is None:
            return self.file.resource
        if effect.verb == "send" or effect.target is None:
            return None
        return effect.target if "/" in effect.target else self.records.get(effect.target)

    def all_fields(self) -> Iterator[tuple[str, Field]]:
        """Every field with its path, inner ones, items and those of events too."""
        yield from walk_fields(self.file.fields)
        for event in self.file.workflow.events if self.file.workflow else ():
            yield from walk_fields(event.fields, f"workflow.{event.name}.")


def _begin(span: Span) -> tuple[int, int]:
    return span.line, span.column


def _end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column


def walk_fields(fields: tuple[Field, ...], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """Fields and all below them, each with its dotted path."""
    for field in fields:
        path = prefix + field.name
        yield path, field
        yield from walk_fields(field.fields or (), path + ".")
        if field.items is not None:
            yield from walk_fields((field.items,), path + ".")


def problem(
    code: str, message: str, span: Span, *, hint: str | None = None, severity: Severity = "error"
) -> SourceProblem:
    """A problem of a check; the line it stands on is added when the checks have run."""
    return SourceProblem(code, message, span, hint=hint, severity=severity)


def unknown(
    code: str,
    what: str,
    name: str,
    known: frozenset[str] | Mapping[str, object],
    span: Span,
    *,
    severity: Severity = "error",
    hint: str | None = None,
) -> SourceProblem:
    """A name that is not known, with the nearest that is, or all; `hint` is for where there are none."""
    hint = did_you_mean(name, known) if known else hint
    if hint is None and known and len(known) <= 24:
        hint = f"known: {', '.join(sorted(known))}"
    return problem(code, f"{what} {name} is not known", span, hint=hint, severity=severity)


def span_of(at: Mapping[str, Span], *keywords: str, default: Span) -> Span:
    """Where the first of the keywords that was written stands."""
    return next((at[keyword] for keyword in keywords if keyword in at), default)


Checker: TypeAlias = Callable[[Subject], Iterator[SourceProblem]]

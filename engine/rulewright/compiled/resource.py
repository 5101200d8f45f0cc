"""A resource ready to judge payloads, and all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec import Struct, field

from rulewright.compiled.parts import (
    CompiledCheck,
    CompiledEffect,
    CompiledField,
    CompiledIdempotency,
    CompiledInference,
    CompiledLookUp,
    CompiledReaction,
    CompiledResponse,
    CompiledTarget,
    CompiledWorkflow,
)
from rulewright.dialects import Dialect
from rulewright.fieldtypes import FieldType
from rulewright.formula import Formula, FormulaMap
from rulewright.model import Api, Operation, RuleFile, RuleSet, Variant
from rulewright.plugins import Registry

if TYPE_CHECKING:
    # Imported when a schema is first built: marshmallow costs 50 ms at start-up.
    from marshmallow import Schema


class CompiledResource(Struct, frozen=True, eq=False, dict=True):
    """One resource, ready to judge payloads."""

    file: RuleFile
    api: Api | None
    fields: Mapping[str, CompiledField]
    lookups: Mapping[str, CompiledLookUp]
    checks: tuple[CompiledCheck, ...]
    invariants: tuple[CompiledCheck, ...]
    effects: tuple[CompiledEffect, ...]
    scope: FormulaMap
    permissions: Formula | None
    workflow: CompiledWorkflow | None
    response: CompiledResponse
    idempotency: CompiledIdempotency | None
    targets: Mapping[str, CompiledTarget]
    # Every type that a field may have, by name.
    types: Mapping[str, FieldType]
    # How refusals are written.
    dialect: Dialect
    inferences: tuple[CompiledInference, ...] = ()
    _schemas: dict[object, type[Schema]] = field(default_factory=dict)
    _loaders: dict[type[Schema], Schema] = field(default_factory=dict)

    @cached_property
    def name(self) -> str:
        """The resource as "<api>/<name>"."""
        return self.file.resource

    @property
    def key(self) -> str:
        """The name of the primary key field."""
        return self.file.key

    def settable(self, operation: str) -> frozenset[str]:
        """The read-only fields that an operation may set all the same (its `accepts`)."""
        declared = self.operation(operation)
        return frozenset(declared.accepts) if declared is not None else frozenset()

    def schema_for(self, settable: frozenset[str] = frozenset(), *, merges: bool = False) -> type[Schema]:
        """Return the marshmallow Schema class, made on first use; parameters as in `build_schema`."""
        place = (settable, merges)
        if place not in self._schemas:
            # Two threads may both build it; the classes are equal, and either may stay.
            build_schema = import_module("rulewright.schema").build_schema
            self._schemas[place] = build_schema(self.file, settable, self.types, merges=merges)
        return self._schemas[place]

    def schema_of_creates(self) -> type[Schema]:
        """Return the marshmallow Schema class of what a create may send."""
        return self.schema_for(self.settable("create"))

    def loader(self, event: str | None, settable: frozenset[str], *, merges: bool = False) -> Schema:
        """Return the Schema object that reads payloads: of an event, or else of the resource.

        `merges`: what is sent is merged into what is stored, as in an update. Loading keeps nothing in the
        object, so threads may share it.
        """
        schema = self.event_schema(event) if event is not None else self.schema_for(settable, merges=merges)
        if schema not in self._loaders:
            self._loaders[schema] = schema()
        return self._loaders[schema]

    def event_schema(self, event: str) -> type[Schema]:
        """Return the marshmallow Schema class of an event's payload, made on first use."""
        place = ("event", event)
        if place not in self._schemas:
            schemas = import_module("rulewright.schema")
            rules = [
                schemas.uncounted(one.rule) if name in self.fields else one.rule
                for name, one in self.event_fields(event).items()
            ]
            schema_class = schemas.schema_class
            self._schemas[place] = schema_class(event.title(), rules, self.file.unknown, types=self.types)
        return self._schemas[place]

    def event_fields(self, event: str) -> Mapping[str, CompiledField]:
        """Return the fields that an event's payload takes."""
        return self.workflow.events[event] if self.workflow is not None else {}

    def has_event(self, name: str) -> bool:
        """Whether the workflow has an event of this name."""
        return self.workflow is not None and name in self.workflow.events

    def operation(self, name: str) -> Operation | None:
        """Return the declared operation of that name, or the one that fires the event of that name."""
        named = next((op for op in self.file.operations if op.name == name and op.event is None), None)
        return named or next((op for op in self.file.operations if op.event == name), None)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The alternatives that a create's payload chooses from."""
        return self.file.variants

    @cached_property
    def binds(self) -> Mapping[str, CompiledEffect]:
        """The names that effects bind their created records to."""
        return {effect.rule.bind: effect for effect in self.effects if effect.rule.bind}

    @cached_property
    def bound_references(self) -> Mapping[str, CompiledField]:
        """The names that references are bound to by `as`."""
        return {
            one.reference.bind: one
            for one in self.fields.values()
            if one.reference is not None and one.reference.bind
        }

    @cached_property
    def every_bind(self) -> Mapping[str, CompiledEffect]:
        """As `binds`, with the names that effects of transitions bind; no two effects bind one name."""
        return {effect.rule.bind: effect for effect in self.every_effect() if effect.rule.bind}

    def resource_behind(self, name: str) -> str | None:
        """Return the resource whose records a look-up, a reference's `as` or a binding names.

        Of a look-up that counts, or gives the least or greatest value, it is that of the records it goes
        through. None for any other name.
        """
        if name in self.lookups:
            return self.lookups[name].rule.resource
        if name in self.bound_references:
            reference = self.bound_references[name].reference
            return reference.resource if reference is not None else None
        return self.every_bind[name].rule.target if name in self.every_bind else None

    def every_effect(self) -> Iterator[CompiledEffect]:
        """Yield all effects: the resource's own, then those of its transitions."""
        yield from self.effects
        for transition in self.workflow.transitions if self.workflow is not None else ():
            yield from transition.effects

    @property
    def hides(self) -> bool:
        """Whether any field is sensitive, however deep."""
        return bool(self.hiding)

    @cached_property
    def hiding(self) -> Mapping[str, CompiledField]:
        """The fields that are sensitive, or have a part that is."""
        return {name: one for name, one in self.fields.items() if one.hides}

    @cached_property
    def hiding_sendable(self) -> Mapping[str, CompiledField]:
        """Those of the fields that some payload may hold."""
        return {name: one for name, one in self.sendable.items() if one.hides}

    @cached_property
    def sendable(self) -> Mapping[str, CompiledField]:
        """The fields that some payload may hold: those of events too, of which one that hides goes first.

        What another operation takes reads as null.
        """
        events = self.workflow.events.values() if self.workflow is not None else ()
        fields = [one for event in events for one in event.values()]
        return {one.name: one for one in sorted(fields, key=lambda one: one.hides)} | {**self.fields}

    def every_field(self) -> Iterator[CompiledField]:
        """Yield all fields, nested ones after the one that holds them."""
        for one in self.fields.values():
            yield from one.with_nested()


class CompiledRules(Struct, frozen=True, eq=False, dict=True):
    """All resources of a rule set. `digest` is "sha256:..." of the rule files."""

    rules: RuleSet
    resources: Mapping[str, CompiledResource]
    settings: Mapping[str, Mapping[str, object]]
    # (resource, event) -> what reacts to it, in the order of the files.
    reactions: Mapping[tuple[str, str], tuple[CompiledReaction, ...]]
    registry: Registry

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """The name of each resource's key field."""
        return {name: one.key for name, one in self.resources.items()}

    @property
    def digest(self) -> str:
        """What goes out with every outcome, so that a decision can be replayed.

        Foreign plug-ins and their versions are rules too.
        """
        identity = self.registry.identity
        if not identity:
            return f"sha256:{self.rules.sha256}"
        both = f"{self.rules.sha256} {identity}"
        from hashlib import sha256  # noqa: PLC0415 - only with plug-ins

        return f"sha256:{sha256(both.encode()).hexdigest()}"

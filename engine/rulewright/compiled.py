"""RuleFile -> CompiledResource: every expression parsed, every id made, once.

What is here is immutable and shared by all evaluations; nothing is computed from payloads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from rulewright.fieldtypes import FIELD_TYPES, FieldType
from rulewright.formula import Formula, FormulaMap, Valued, compile_expression, compile_template
from rulewright.model import (
    Api,
    Check,
    Effect,
    Expression,
    Field,
    Idempotency,
    LookUp,
    Operation,
    Reaction,
    ResponseShape,
    RuleFile,
    RuleSet,
    Target,
    TemplateMap,
    Transition,
    Unique,
    Variant,
    Workflow,
)
from rulewright.problem import Span

if TYPE_CHECKING:
    # Imported when a schema is first built: marshmallow costs 50 ms at start-up.
    from marshmallow import Schema

EMPTY_MAP = FormulaMap({}, ())
# Top-level rules are reported after the rules of fields.
_AFTER_FIELDS = 1_000_000


Concern = Literal["excluded", "presence", "values", "checks", "supplied"]


@dataclass(frozen=True, slots=True)
class CompiledCheck:
    """A check of a field, of the whole, or an invariant."""

    rule: Check
    id: str
    condition: Formula
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CompiledReference:
    """`references` of a field; `by` is the field of the target that the value names."""

    resource: str
    by: str
    where: FormulaMap
    bind: str | None
    id: str
    span: Span


@dataclass(frozen=True, slots=True)
class CompiledUnique:
    """`unique` of a field: `fields` start with the field itself; `where` is evaluated per record."""

    rule: Unique
    fields: tuple[str, ...]
    where: FormulaMap
    id: str


@dataclass(frozen=True, slots=True, eq=False)
class CompiledField:
    """One field. `id` is "<api>/<resource>.<field path>"; `order` sorts reports as the file is written."""

    rule: Field
    id: str
    type: FieldType
    order: tuple[int, ...]
    required_if: Formula | None
    required_unless: Formula | None
    forbidden_if: Formula | None
    excluded_if: Formula | None
    default_from: Valued | None
    compute: Valued | None
    one_of: Formula | None
    checks: tuple[CompiledCheck, ...]
    reference: CompiledReference | None
    unique: CompiledUnique | None
    children: tuple[CompiledField, ...]
    items: CompiledField | None
    # What kinds of rules stand here or anywhere below, so that a stage visits only what it judges.
    concerns: frozenset[Concern]

    @property
    def name(self) -> str:
        """The key in the payload; "items" for the items of a list."""
        return self.rule.name

    def span_of(self, keyword: str) -> Span:
        """Where the keyword stands, or else the field."""
        return self.rule.at.get(keyword, self.rule.span)


@dataclass(frozen=True, slots=True)
class CompiledLookUp:
    """A look-up; `by` gives the equality map."""

    rule: LookUp
    id: str
    by: FormulaMap
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CompiledEffect:
    """An effect; `on` has its default filled in."""

    rule: Effect
    id: str
    on: tuple[str, ...]
    when: Formula | None
    where: FormulaMap
    set: FormulaMap
    body: Valued | None
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CompiledTransition:
    """One move of a workflow."""

    rule: Transition
    id: str
    guard: Formula | None
    set: FormulaMap
    effects: tuple[CompiledEffect, ...]
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CompiledReaction:
    """What the records of `resource` do after something happened to a record of another resource."""

    rule: Reaction
    resource: str
    id: str
    by: FormulaMap
    with_: FormulaMap
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CompiledWorkflow:
    """The states of a resource; `events` maps each event to the fields that its payload takes."""

    rule: Workflow
    initial_from: Formula | None
    state_from: Formula | None
    events: Mapping[str, Mapping[str, CompiledField]]
    transitions: tuple[CompiledTransition, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """The names of all states."""
        return tuple(state.name for state in self.rule.states)


@dataclass(frozen=True, slots=True)
class CompiledResponse:
    """What a caller sees of an accepted record; `include` parts only where they are asked for."""

    rule: ResponseShape | None
    body: Valued | None
    include: Mapping[str, Valued]
    envelope: Valued | None


@dataclass(frozen=True, slots=True)
class CompiledIdempotency:
    """Which header makes a call repeatable, and what its keys are told apart by."""

    rule: Idempotency
    scope: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class CompiledTarget:
    """Where messages may be sent to, and what is made of the reply."""

    rule: Target
    ordered_by: Formula | None
    write_back: FormulaMap


@dataclass(frozen=True, eq=False)
class CompiledResource:
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
    _schemas: dict[object, type[Schema]] = field(default_factory=dict, repr=False)
    _loaders: dict[type[Schema], Schema] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The resource as "<api>/<name>"."""
        return self.file.resource

    @property
    def key(self) -> str:
        """The name of the primary key field."""
        return self.file.key

    def schema_for(self, settable: frozenset[str] = frozenset()) -> type[Schema]:
        """Return the marshmallow Schema class, made on first use; `settable` as in `build_schema`."""
        if settable not in self._schemas:
            # Two threads may both build it; the classes are equal, and either may stay.
            build_schema = import_module("rulewright.schema").build_schema
            self._schemas[settable] = build_schema(self.file, settable)
        return self._schemas[settable]

    def loader(self, event: str | None, settable: frozenset[str]) -> Schema:
        """Return the Schema object that reads payloads: of an event, or else of the resource.

        Loading keeps nothing in the object, so threads may share it.
        """
        schema = self.event_schema(event) if event is not None else self.schema_for(settable)
        if schema not in self._loaders:
            self._loaders[schema] = schema()
        return self._loaders[schema]

    def event_schema(self, event: str) -> type[Schema]:
        """Return the marshmallow Schema class of an event's payload, made on first use."""
        place = ("event", event)
        if place not in self._schemas:
            schema_class = import_module("rulewright.schema").schema_class
            rules = [one.rule for one in self.event_fields(event).values()]
            self._schemas[place] = schema_class(event.title(), rules, self.file.unknown)
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

    def every_field(self) -> Iterator[CompiledField]:
        """Yield all fields, nested ones after the one that holds them."""
        waiting = list(reversed([*self.fields.values()]))
        while waiting:
            one = waiting.pop()
            yield one
            waiting.extend(reversed(one.children))
            if one.items is not None:
                waiting.append(one.items)


@dataclass(frozen=True, eq=False)
class CompiledRules:
    """All resources of a rule set. `digest` is "sha256:..." of the rule files."""

    rules: RuleSet
    resources: Mapping[str, CompiledResource]
    settings: Mapping[str, Mapping[str, object]]
    # (resource, event) -> what reacts to it, in the order of the files.
    reactions: Mapping[tuple[str, str], tuple[CompiledReaction, ...]]

    @property
    def digest(self) -> str:
        """What goes out with every outcome, so that a decision can be replayed."""
        return f"sha256:{self.rules.sha256}"


def compile_rules(rules: RuleSet, settings: Mapping[str, Mapping[str, object]]) -> CompiledRules:
    """Compile every rule file. `settings` overrides defaults: API name -> setting -> value."""
    resources = {name: compile_resource(file, rules) for name, file in rules.resources.items()}
    merged = {
        api.name: {setting.name: setting.default for setting in api.settings}
        | dict(settings.get(api.name, {}))
        for api in rules.apis.values()
    }
    return CompiledRules(rules, resources, merged, _compile_reactions(rules))


def compile_resource(file: RuleFile, rules: RuleSet) -> CompiledResource:
    """Compile one rule file; `rules` tells the keys of the resources that it refers to."""
    api = rules.apis.get(file.api)
    permissions = api.auth.permissions if api is not None and api.auth is not None else None
    return CompiledResource(
        file=file,
        api=api,
        fields={
            rule.name: _compile_field(rule, file.resource, (index,), rules)
            for index, rule in enumerate(file.fields)
        },
        lookups={
            lookup.name: CompiledLookUp(
                lookup, f"{file.resource}.{lookup.name}", compile_map(lookup.by), (-1, index)
            )
            for index, lookup in enumerate(file.lookups)
        },
        checks=_compile_checks(file.checks, file.resource, (_AFTER_FIELDS,)),
        invariants=_compile_checks(file.invariants, file.resource, (_AFTER_FIELDS,)),
        effects=tuple(
            compile_effect(effect, file.resource, ("create",), (_AFTER_FIELDS, index))
            for index, effect in enumerate(file.effects)
        ),
        scope=compile_map(file.scope),
        permissions=compile_optional(permissions),
        workflow=_compile_workflow(file, rules),
        response=_compile_response(file, api),
        idempotency=_compile_idempotency(api),
        targets={
            target.name: CompiledTarget(
                target, compile_optional(target.ordered_by), compile_map(target.write_back)
            )
            for target in (api.targets if api is not None else ())
        },
    )


def _compile_workflow(file: RuleFile, rules: RuleSet) -> CompiledWorkflow | None:
    workflow = file.workflow
    if workflow is None:
        return None
    return CompiledWorkflow(
        rule=workflow,
        initial_from=compile_optional(workflow.initial_from),
        state_from=compile_optional(workflow.state_from),
        events={
            # An event without a payload of its own need not be listed: its transitions name it.
            **{transition.event: {} for transition in workflow.transitions},
            **{
                event.name: {
                    rule.name: _compile_field(rule, file.resource, (index,), rules)
                    for index, rule in enumerate(event.fields)
                }
                for event in workflow.events
            },
        },
        transitions=tuple(
            _compile_transition(transition, file.resource, index)
            for index, transition in enumerate(workflow.transitions)
        ),
    )


def _compile_transition(rule: Transition, resource: str, index: int) -> CompiledTransition:
    order = (_AFTER_FIELDS, index)
    return CompiledTransition(
        rule=rule,
        id=f"{resource}.workflow.{rule.event}",
        guard=compile_optional(rule.guard),
        set=compile_map(rule.set),
        effects=tuple(
            compile_effect(effect, resource, (rule.event,), (*order, place))
            for place, effect in enumerate(rule.effects)
        ),
        order=order,
    )


def _compile_reactions(rules: RuleSet) -> dict[tuple[str, str], tuple[CompiledReaction, ...]]:
    found: dict[tuple[str, str], tuple[CompiledReaction, ...]] = {}
    for name in sorted(rules.resources):
        workflow = rules.resources[name].workflow
        for index, rule in enumerate(workflow.reactions if workflow is not None else ()):
            place = (rule.after_resource, rule.after_event)
            reaction = CompiledReaction(
                rule=rule,
                resource=name,
                id=f"{name}.workflow.{rule.fire}",
                by=compile_map(rule.for_each.by),
                with_=compile_map(rule.with_),
                order=(_AFTER_FIELDS, index),
            )
            found[place] = (*found.get(place, ()), reaction)
    return found


def _compile_response(file: RuleFile, api: Api | None) -> CompiledResponse:
    shape = file.response
    envelope = api.envelope if api is not None else None
    return CompiledResponse(
        rule=shape,
        body=compile_template(shape.body) if shape is not None and shape.body is not None else None,
        include={name: compile_template(part) for name, part in (shape.include if shape else {}).items()},
        envelope=compile_template(envelope) if envelope is not None else None,
    )


def _compile_idempotency(api: Api | None) -> CompiledIdempotency | None:
    if api is None or api.idempotency is None:
        return None
    scope = tuple(compile_expression(expression) for expression in api.idempotency.scope)
    return CompiledIdempotency(api.idempotency, scope)


def compile_effect(
    effect: Effect, resource: str, default_on: tuple[str, ...], order: tuple[int, ...]
) -> CompiledEffect:
    """Compile one effect."""
    return CompiledEffect(
        rule=effect,
        id=f"{resource}.{effect.id}",
        on=effect.on if effect.on is not None else default_on,
        when=compile_optional(effect.when),
        where=compile_map(effect.where),
        set=compile_map(effect.set),
        body=compile_template(effect.body) if effect.body is not None else None,
        order=order,
    )


def compile_optional(expression: Expression | None) -> Formula | None:
    """Compile an expression where there is one."""
    return compile_expression(expression) if expression is not None else None


def compile_map(template: TemplateMap | None) -> FormulaMap:
    """Compile a map of templates; none is an empty one."""
    if template is None:
        return EMPTY_MAP
    compiled = compile_template(template)
    assert isinstance(compiled, FormulaMap)
    return compiled


def _compile_field(rule: Field, prefix: str, order: tuple[int, ...], rules: RuleSet) -> CompiledField:
    field_id = f"{prefix}.{rule.name}"
    children = tuple(
        _compile_field(child, field_id, (*order, index), rules)
        for index, child in enumerate(rule.fields or ())
    )
    items = _compile_field(rule.items, field_id, (*order, 0), rules) if rule.items is not None else None
    return CompiledField(
        rule=rule,
        id=field_id,
        type=FIELD_TYPES[rule.type],
        order=order,
        required_if=compile_optional(rule.required_if),
        required_unless=compile_optional(rule.required_unless),
        forbidden_if=compile_optional(rule.forbidden_if),
        excluded_if=compile_optional(rule.excluded_if),
        default_from=compile_template(rule.default_from) if rule.default_from is not None else None,
        compute=compile_template(rule.compute.value) if rule.compute is not None else None,
        one_of=compile_expression(rule.one_of) if isinstance(rule.one_of, Expression) else None,
        checks=_compile_checks(rule.checks, field_id, order),
        reference=_compile_reference(rule, field_id, rules),
        unique=_compile_unique(rule, field_id),
        children=children,
        items=items,
        concerns=frozenset(_own_concerns(rule)).union(
            *(part.concerns for part in (*children, items) if part)
        ),
    )


def _own_concerns(rule: Field) -> Iterator[Concern]:
    if rule.excluded_if is not None:
        yield "excluded"
    conditions = (rule.required_if, rule.required_unless, rule.forbidden_if)
    siblings = (rule.required_with, rule.required_without, rule.forbidden_with, rule.forbidden_without)
    if rule.required or rule.immutable or any(siblings) or any(one is not None for one in conditions):
        yield "presence"
    if rule.references is not None or isinstance(rule.one_of, Expression):
        yield "values"
    if rule.checks:
        yield "checks"
    if rule.default or rule.default_from is not None or rule.compute or rule.generate:
        yield "supplied"


def _compile_reference(rule: Field, field_id: str, rules: RuleSet) -> CompiledReference | None:
    written = rule.references
    if written is None:
        return None
    return CompiledReference(
        resource=written.resource,
        by=written.by or rules.resources[written.resource].key,
        where=compile_map(written.where),
        bind=written.bind,
        id=f"{field_id}.references",
        span=written.span,
    )


def _compile_unique(rule: Field, field_id: str) -> CompiledUnique | None:
    if rule.unique is None:
        return None
    fields = (rule.name, *rule.unique.within)
    return CompiledUnique(rule.unique, fields, compile_map(rule.unique.where), f"{field_id}.unique")


def _compile_checks(
    checks: tuple[Check, ...], prefix: str, order: tuple[int, ...]
) -> tuple[CompiledCheck, ...]:
    return tuple(
        CompiledCheck(check, f"{prefix}.{check.id}", compile_expression(check.check), (*order, index))
        for index, check in enumerate(checks)
    )

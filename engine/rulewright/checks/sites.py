"""Every expression of a rule file, with the names it may use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from rulewright import cel
from rulewright.checks.names import Scope, base_scope, bound_names, field_shape, resource_shape
from rulewright.checks.parsed import Reading, Step, readings
from rulewright.checks.subject import Subject
from rulewright.model import (
    Check,
    Effect,
    Expression,
    Field,
    Reaction,
    Template,
    TemplateList,
    TemplateMap,
    Workflow,
)
from rulewright.problem import Span


@dataclass(frozen=True)
class Site:
    """One expression. `place` says in words where it stands; `owner` is the look-up or derived field
    (as a path below `record`) whose value it gives, for finding circles."""

    expression: Expression
    scope: Scope
    place: str
    owner: str | None = None

    @cached_property
    def tree(self) -> cel.Node | None:
        """The parsed expression, or None for a text that is no CEL (`expression_syntax` reports it)."""
        try:
            return cel.parse(self.expression.text)
        except cel.CelError:
            return None

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """The paths it reads."""
        return tuple(readings(self.expression.text, self.tree))

    def at(self, step: Step) -> Span:
        """Where a name of the expression stands in the file."""
        return self.expression.scalar.locate(step.start, step.end)


def sites(subject: Subject) -> Iterator[Site]:
    """All expressions of one resource."""
    scope = base_scope(subject)
    file = subject.file
    for look_up in file.lookups:
        yield from _templates((look_up.by,), scope, "a look-up", owner=look_up.name)
    yield from _field_sites(file.fields, scope, "record.")
    bound = {**scope, **bound_names(subject, file.effects)}
    yield from _check_sites(file.checks, scope, "a check")
    yield from _check_sites(file.invariants, bound, "an invariant")
    yield from _effect_sites(subject, file.effects, scope)
    if file.workflow is not None:
        yield from _workflow_sites(subject, file.workflow, scope)
    yield from _templates((file.scope,), scope, "scope")
    for inference in file.inferences:
        facts: Scope = {**scope, **dict.fromkeys(inference.facts)}
        templates = (inference.when, inference.assert_, inference.problem, inference.set)
        yield from _templates(templates, facts, "an inference")
    if file.response is not None:
        shown: Scope = {**bound, "resource": None, "body": None}
        yield from _templates((file.response.body, *file.response.include.values()), shown, "the response")


def api_sites(subject: Subject) -> Iterator[Site]:
    """The expressions of api.yaml, as they read for this resource."""
    scope = base_scope(subject)
    api = subject.api
    if api.auth is not None:
        yield from _templates((api.auth.permissions,), scope, "auth")
    if api.idempotency is not None:
        yield from _templates(api.idempotency.scope, scope, "idempotency")
    # Fields differ between the resources that share an envelope.
    names: Scope = {**scope, "resource": None, "body": None, "record": None, "payload": None, "current": None}
    yield from _templates((api.envelope,), names, "the envelope")


def _templates(
    templates: Iterable[Template | None], scope: Scope, place: str, owner: str | None = None
) -> Iterator[Site]:
    for template in templates:
        if isinstance(template, Expression):
            yield Site(template, scope, place, owner)
        elif isinstance(template, TemplateMap):
            yield from _templates(template.entries.values(), scope, place, owner)
        elif isinstance(template, TemplateList):
            yield from _templates(template.items, scope, place, owner)


def _field_sites(fields: tuple[Field, ...], scope: Scope, prefix: str) -> Iterator[Site]:
    for field in fields:
        path = prefix + field.name
        conditions = (field.required_if, field.required_unless, field.forbidden_if, field.excluded_if)
        yield from _templates(conditions, scope, "a field's condition")
        derived = (field.default_from, field.compute.value if field.compute else None)
        yield from _templates(derived, scope, "a field's value", owner=path)
        one_of = field.one_of if isinstance(field.one_of, Expression) else None
        with_value: Scope = {**scope, "value": field_shape(field)}
        yield from _templates((one_of,), with_value, "one_of")
        yield from _check_sites(field.checks, with_value, "a field's check")
        if field.references is not None:
            yield from _templates((field.references.where,), with_value, "a reference")
        if field.unique is not None:
            yield from _templates((field.unique.where,), scope, "unique")
        yield from _field_sites(field.fields or (), scope, path + ".")
        if field.items is not None:
            inner: Scope = {**scope, "item": field_shape(field.items)}
            yield from _field_sites((field.items,), inner, path + ".")


def _check_sites(checks: tuple[Check, ...], scope: Scope, place: str) -> Iterator[Site]:
    yield from _templates((check.check for check in checks), scope, place)


def _effect_sites(subject: Subject, effects: tuple[Effect, ...], scope: Scope) -> Iterator[Site]:
    """An effect may name what earlier ones have created, and in `set` and `body` itself."""
    for index, effect in enumerate(effects):
        before: Scope = {**scope, **bound_names(subject, effects[:index])}
        yield from _templates((effect.when, effect.where), before, "an effect")
        within: Scope = {**scope, **bound_names(subject, effects[: index + 1])}
        yield from _templates((effect.set, effect.body), within, "an effect")


def _workflow_sites(subject: Subject, workflow: Workflow, scope: Scope) -> Iterator[Site]:
    yield from _templates((workflow.initial_from, workflow.state_from), scope, "the workflow")
    for event in workflow.events:
        yield from _field_sites(event.fields, scope, f"workflow.{event.name}.")
    for transition in workflow.transitions:
        yield from _templates((transition.guard, transition.set), scope, "a transition")
        yield from _effect_sites(subject, transition.effects, scope)
    for reaction in workflow.reactions:
        yield from _reaction_sites(subject, reaction, scope)


def _reaction_sites(subject: Subject, reaction: Reaction, scope: Scope) -> Iterator[Site]:
    source: Scope = {**scope, "source": resource_shape(subject, reaction.after_resource)}
    yield from _templates((reaction.for_each.by, reaction.with_), source, "a reaction")

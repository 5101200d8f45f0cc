"""RuleSet -> CompiledRules."""

from __future__ import annotations

from collections.abc import Mapping

from rulewright.compiled.fields import compile_checks, compile_field, compile_map, compile_optional
from rulewright.compiled.parts import (
    CompiledEffect,
    CompiledIdempotency,
    CompiledLookUp,
    CompiledReaction,
    CompiledResponse,
    CompiledTarget,
    CompiledTransition,
    CompiledWorkflow,
)
from rulewright.compiled.resource import CompiledResource, CompiledRules
from rulewright.formula import compile_expression, compile_template
from rulewright.model import Api, Effect, RuleFile, RuleSet, Transition

# Top-level rules are reported after the rules of fields.
_AFTER_FIELDS = 1_000_000


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
            rule.name: compile_field(rule, file.resource, (index,), rules)
            for index, rule in enumerate(file.fields)
        },
        lookups={
            lookup.name: CompiledLookUp(
                lookup, f"{file.resource}.{lookup.name}", compile_map(lookup.by), (-1, index)
            )
            for index, lookup in enumerate(file.lookups)
        },
        checks=compile_checks(file.checks, file.resource, (_AFTER_FIELDS,)),
        invariants=compile_checks(file.invariants, file.resource, (_AFTER_FIELDS,)),
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
                    rule.name: compile_field(rule, file.resource, (index,), rules)
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

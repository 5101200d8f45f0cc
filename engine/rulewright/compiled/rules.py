"""RuleSet -> CompiledRules."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from rulewright.compiled.fields import compile_checks, compile_field, compile_map, compile_optional
from rulewright.compiled.parts import (
    CompiledEffect,
    CompiledIdempotency,
    CompiledInference,
    CompiledLookUp,
    CompiledReaction,
    CompiledResponse,
    CompiledTarget,
    CompiledTransition,
    CompiledWorkflow,
)
from rulewright.compiled.resource import CompiledResource, CompiledRules
from rulewright.compiled.switches import switch_resource, switched
from rulewright.dialects import DEFAULT
from rulewright.formula import Functions, compile_expression, compile_template
from rulewright.model import Api, Effect, Inference, RuleFile, RuleSet, Transition
from rulewright.plugins import Registry, built_in

# Top-level rules are reported after the rules of fields.
_AFTER_FIELDS = 1_000_000


def compile_rules(
    rules: RuleSet, settings: Mapping[str, Mapping[str, object]], registry: Registry | None = None
) -> CompiledRules:
    """Compile every rule file. `settings` overrides defaults: API name -> setting -> value.

    `registry`: the words that the rules were checked against (default: those that ship).
    """
    registry = registry or built_in()
    merged = {
        api.name: {setting.name: setting.default for setting in api.settings}
        | dict(settings.get(api.name, {}))
        for api in rules.apis.values()
    }
    resources = {
        name: compile_resource(switched(file, merged.get(file.api, {})), rules, registry)
        for name, file in rules.resources.items()
    }
    return CompiledRules(rules, resources, merged, _compile_reactions(rules, registry.functions), registry)


def with_settings(compiled: CompiledRules, settings: Mapping[str, Mapping[str, object]]) -> CompiledRules:
    """The same rules, as they are compiled, under other settings (all of them)."""
    resources = {
        name: switch_resource(resource, settings.get(resource.file.api, {}))
        for name, resource in compiled.resources.items()
    }
    return replace(compiled, settings=settings, resources=resources)


def compile_resource(file: RuleFile, rules: RuleSet, registry: Registry) -> CompiledResource:
    """Compile one rule file; `rules` tells the keys of the resources that it refers to."""
    api, functions = rules.apis.get(file.api), registry.functions
    permissions = api.auth.permissions if api is not None and api.auth is not None else None
    return CompiledResource(
        file=file,
        api=api,
        fields={
            rule.name: compile_field(rule, file.resource, (index,), rules, registry)
            for index, rule in enumerate(file.fields)
        },
        lookups={
            lookup.name: CompiledLookUp(
                lookup, f"{file.resource}.{lookup.name}", compile_map(lookup.by, functions), (-1, index)
            )
            for index, lookup in enumerate(file.lookups)
        },
        checks=compile_checks(file.checks, file.resource, (_AFTER_FIELDS,), functions),
        invariants=compile_checks(file.invariants, file.resource, (_AFTER_FIELDS,), functions),
        effects=tuple(
            compile_effect(effect, file.resource, ("create",), (_AFTER_FIELDS, index), functions)
            for index, effect in enumerate(file.effects)
        ),
        scope=compile_map(file.scope, functions),
        permissions=compile_optional(permissions, functions),
        workflow=_compile_workflow(file, rules, registry),
        response=_compile_response(file, api, functions),
        idempotency=_compile_idempotency(api, functions),
        types=registry.types,
        dialect=registry.dialects[
            api.errors.dialect if api is not None and api.errors is not None else DEFAULT
        ],
        targets={
            target.name: CompiledTarget(
                target,
                compile_optional(target.ordered_by, functions),
                compile_map(target.write_back, functions),
            )
            for target in (api.targets if api is not None else ())
        },
        inferences=tuple(
            _compile_inference(rule, file.resource, (_AFTER_FIELDS, index), functions)
            for index, rule in enumerate(file.inferences)
        ),
    )


def _compile_inference(
    rule: Inference, resource: str, order: tuple[int, ...], functions: Functions
) -> CompiledInference:
    return CompiledInference(
        rule=rule,
        id=f"{resource}.{rule.id}",
        when=compile_optional(rule.when, functions),
        asserts={kind: compile_map(values, functions) for kind, values in rule.asserts.items()},
        set=compile_map(rule.set, functions),
        told=compile_map(rule.problem.with_ if rule.problem is not None else None, functions),
        order=order,
    )


def _compile_workflow(file: RuleFile, rules: RuleSet, registry: Registry) -> CompiledWorkflow | None:
    workflow = file.workflow
    if workflow is None:
        return None
    return CompiledWorkflow(
        rule=workflow,
        initial_from=compile_optional(workflow.initial_from, registry.functions),
        state_from=compile_optional(workflow.state_from, registry.functions),
        events={
            # An event without a payload of its own need not be listed: its transitions name it.
            **{transition.event: {} for transition in workflow.transitions},
            **{
                event.name: {
                    rule.name: compile_field(rule, file.resource, (index,), rules, registry)
                    for index, rule in enumerate(event.fields)
                }
                for event in workflow.events
            },
        },
        transitions=tuple(
            _compile_transition(transition, file.resource, index, registry.functions)
            for index, transition in enumerate(workflow.transitions)
        ),
    )


def _compile_transition(
    rule: Transition, resource: str, index: int, functions: Functions
) -> CompiledTransition:
    order = (_AFTER_FIELDS, index)
    return CompiledTransition(
        rule=rule,
        id=f"{resource}.workflow.{rule.event}",
        guard=compile_optional(rule.guard, functions),
        set=compile_map(rule.set, functions),
        effects=tuple(
            compile_effect(effect, resource, (rule.event,), (*order, place), functions)
            for place, effect in enumerate(rule.effects)
        ),
        order=order,
    )


def _compile_reactions(
    rules: RuleSet, functions: Functions
) -> dict[tuple[str, str], tuple[CompiledReaction, ...]]:
    found: dict[tuple[str, str], tuple[CompiledReaction, ...]] = {}
    for name in sorted(rules.resources):
        workflow = rules.resources[name].workflow
        for index, rule in enumerate(workflow.reactions if workflow is not None else ()):
            place = (rule.after_resource, rule.after_event)
            reaction = CompiledReaction(
                rule=rule,
                resource=name,
                id=f"{name}.workflow.{rule.fire}",
                by=compile_map(rule.for_each.by, functions),
                with_=compile_map(rule.with_, functions),
                order=(_AFTER_FIELDS, index),
            )
            found[place] = (*found.get(place, ()), reaction)
    return found


def _compile_response(file: RuleFile, api: Api | None, functions: Functions) -> CompiledResponse:
    shape = file.response
    envelope = api.envelope if api is not None else None
    return CompiledResponse(
        rule=shape,
        body=compile_template(shape.body, functions) if shape and shape.body is not None else None,
        include={
            name: compile_template(part, functions) for name, part in (shape.include if shape else {}).items()
        },
        envelope=compile_template(envelope, functions) if envelope is not None else None,
    )


def _compile_idempotency(api: Api | None, functions: Functions) -> CompiledIdempotency | None:
    if api is None or api.idempotency is None:
        return None
    scope = tuple(compile_expression(expression, functions) for expression in api.idempotency.scope)
    return CompiledIdempotency(api.idempotency, scope)


def compile_effect(
    effect: Effect,
    resource: str,
    default_on: tuple[str, ...],
    order: tuple[int, ...],
    functions: Functions,
) -> CompiledEffect:
    """Compile one effect."""
    return CompiledEffect(
        rule=effect,
        id=f"{resource}.{effect.id}",
        on=effect.on if effect.on is not None else default_on,
        when=compile_optional(effect.when, functions),
        where=compile_map(effect.where, functions),
        set=compile_map(effect.set, functions),
        body=compile_template(effect.body, functions) if effect.body is not None else None,
        order=order,
    )

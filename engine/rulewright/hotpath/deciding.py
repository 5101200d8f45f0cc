"""Payload -> Outcome, by generated code where it surely accepts, else by the plain evaluator."""

from __future__ import annotations

from typing import cast

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.evaluation import Inputs, Tracer, find_resource
from rulewright.evaluation import decide as decide_plainly
from rulewright.hotpath.accepting import UNSHAPED, accepted
from rulewright.hotpath.build import Generated, generate
from rulewright.hotpath.unit import NotGenerated
from rulewright.outcome import Outcome
from rulewright.ports import Records


def decide(
    rules: CompiledRules,
    resource: str,
    inputs: Inputs,
    records: Records | None,
    tracer: Tracer | None = None,
    *,
    referee: bool = False,
) -> Outcome:
    """Decide one payload: the same outcome as `evaluation.decide`, sooner. Parameters as there.

    `referee`: let the plain evaluator decide, as it does where a tracer watches.
    """
    outcome = decide_quickly(rules, resource, inputs, records) if tracer is None and not referee else None
    return outcome or decide_plainly(rules, resource, inputs, records, tracer)


def decide_quickly(
    rules: CompiledRules, resource: str, inputs: Inputs, records: Records | None
) -> Outcome | None:
    """The outcome, or None where the generated code isn't sure."""
    if inputs.operation != "create" or inputs.trusted:
        return None
    compiled = find_resource(rules, resource)
    generated = generated_for(rules, compiled)
    return None if generated is None else _accept(rules, compiled, generated, inputs, records)


def generated_for(rules: CompiledRules, resource: CompiledResource) -> Generated | None:
    """Return a resource's module, generated at its first use; None where there is none."""
    # Kept with the rules, so that rules with other settings have their own.
    programs = vars(rules).setdefault("_hotpath", {})
    if resource.name not in programs:
        # Two threads may both generate it; the modules are alike, and either may stay.
        programs[resource.name] = _generated(rules, resource)
    return cast("Generated | None", programs[resource.name])


def _generated(rules: CompiledRules, resource: CompiledResource) -> Generated | None:
    declared = [one.name for one in resource.file.operations]
    if resource.has_event("create") or (declared and "create" not in declared):
        return None
    try:
        return generate(rules, resource)
    except NotGenerated:
        return None
    except Exception:  # a defect of ours must cost nobody more than time; tests see to it that there is none
        return None


def program_source(rules: CompiledRules, resource: CompiledResource) -> str:
    """Return the generated source of a resource's hot path, for people to read.

    Where nothing is generated, a comment says why.
    """
    try:
        return generate(rules, resource).source
    except NotGenerated as reason:
        return f"# The plain evaluator decides: {reason}\n"


def _accept(
    rules: CompiledRules,
    resource: CompiledResource,
    generated: Generated,
    inputs: Inputs,
    records: Records | None,
) -> Outcome | None:
    payload = inputs.payload
    if payload.__class__ is not dict:
        return None
    try:
        run = generated.accept(
            generated.convert(payload, generated.struct),
            payload,
            records,
            inputs.actor,
            inputs.request,
            inputs.now,
            inputs.seed,
        )
        # A response that can't fail and reads no record is shaped when it is asked for.
        body = UNSHAPED if generated.responds_later else generated.respond(run)
    except Exception:  # whatever it was, the plain evaluator meets it again, and tells it
        return None
    return accepted(rules, resource, generated, inputs, run, body)

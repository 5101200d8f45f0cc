"""Payload -> Outcome, by generated code where it surely accepts, else by the plain evaluator."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.evaluation import Inputs, Tracer, find_resource
from rulewright.evaluation import decide as decide_plainly
from rulewright.evaluation.lookups import note_read
from rulewright.fieldtypes import encode_datetime
from rulewright.hotpath.build import Generated, generate
from rulewright.hotpath.state import State
from rulewright.hotpath.unit import NotGenerated
from rulewright.outcome import Change, Outcome, Read, Response
from rulewright.ports import Records

_NOTHING: tuple[()] = ()


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
        p = msgspec.convert(payload, generated.struct)
        run = generated.accept(p, payload, records, inputs.actor, inputs.request, inputs.now, inputs.seed)
        body = generated.respond(run)
    except Exception:
        return None
    return _outcome(rules, resource, generated, inputs, run, body)


def _outcome(
    rules: CompiledRules,
    resource: CompiledResource,
    generated: Generated,
    inputs: Inputs,
    run: State,
    body: object,
) -> Outcome:
    name = resource.name
    written = {field: value for field, value in run.record.items() if value is not None}
    own = [Change("create", name, run.key, written, None, f"{name}.record", "own")] if written else []
    return Outcome(
        resource=name,
        operation="create",
        verdict="accepted",
        problems=_NOTHING,
        record=run.record,
        changes=(*own, *(run.plan.changes if run.plan is not None else ())),
        messages=_NOTHING,
        reads=_reads(rules, run),
        ruleset=rules.digest,
        as_of=str(encode_datetime(inputs.now)),
        response=Response(generated.status, body) if generated.status is not None else None,
    )


class _Notes:
    """What `note_read` asks of a run."""

    def __init__(self, rules: CompiledRules) -> None:
        self.rules = rules
        self.reads: dict[tuple[str, str], Read] = {}


def _reads(rules: CompiledRules, run: State) -> tuple[Read, ...]:
    notes = _Notes(rules)
    for name, resource, by, found in run.reads:
        note_read(cast(Any, notes), name, resource, by, found)
    return tuple(notes.reads.values())

"""The stages of an evaluation, one after the other, and the outcome they lead to."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, Final, cast

from msgspec.structs import replace

from rulewright import cel
from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.dialects import refuse
from rulewright.errors import EvaluationError, NoRecordError
from rulewright.evaluation.assembly import open_run, reopen_scope
from rulewright.evaluation.changes import merge_update
from rulewright.evaluation.effects import plan_changes, stored_record
from rulewright.evaluation.idempotency import CLAIMS, judge_idempotency
from rulewright.evaluation.judging import (
    applies_to,
    judge_check,
    judge_checks,
    judge_values,
)
from rulewright.evaluation.log import Stage
from rulewright.evaluation.overlay import Overlay
from rulewright.evaluation.presence import drop_excluded, judge_presence
from rulewright.evaluation.reactions import react
from rulewright.evaluation.records import judge_record
from rulewright.evaluation.request import (
    find_current,
    judge_caller,
    judge_existence,
    judge_path_parameters,
)
from rulewright.evaluation.response import respond
from rulewright.evaluation.run import Inputs, Run
from rulewright.evaluation.shape import judge_shape
from rulewright.evaluation.sizes import judge_sizes
from rulewright.evaluation.stored_form import encode_value
from rulewright.evaluation.trace import Tracer
from rulewright.evaluation.uniqueness import judge_key, judge_uniques
from rulewright.evaluation.variants import judge_variants
from rulewright.evaluation.workflow import Move, judge_move, take_step, verify_state
from rulewright.fieldtypes import encode_datetime
from rulewright.outcome import Outcome, Response, Verdict
from rulewright.ports import Records
from rulewright.problem import Problem

_WRITING: Final = ("create", "update")


def decide(
    rules: CompiledRules,
    resource: str,
    inputs: Inputs,
    records: Records | None,
    tracer: Tracer | None = None,
) -> Outcome:
    """Decide one payload. Pure: nothing is written, and equal inputs give an equal outcome.

    `tracer` is told of every condition that is judged. Raises EvaluationError for a resource or an
    operation that the rules do not have.
    """
    run = judged_run(rules, resource, inputs, records, tracer)
    return _replayed(run) if run.replay is not None else _outcome(run)


def judged_run(
    rules: CompiledRules,
    resource: str,
    inputs: Inputs,
    records: Records | None,
    tracer: Tracer | None = None,
) -> Run:
    """Return the working state of an evaluation that has gone through its stages; raises as `decide`."""
    compiled = find_resource(rules, resource)
    require_operation(compiled, inputs.operation)
    overlay = Overlay(records, _keys(rules)) if records is not None else None
    run = open_run(rules, compiled, inputs, overlay)
    run.tracer = tracer
    judge(run)
    return run


def moves(rules: CompiledRules, resource: str, inputs: Inputs, records: Records) -> tuple[Move, ...]:
    """Return every event of a stored record's workflow: allowed, or why not, and what must be sent with it.

    `inputs.key` names the record. Raises NoRecordError where none such is there (or none that the caller may
    see), EvaluationError where the resource has no workflow.
    """
    compiled = find_resource(rules, resource)
    if compiled.workflow is None:
        raise EvaluationError(f"{resource} has no workflow")
    return tuple(
        _judge_one_move(rules, compiled, replace(inputs, operation=event, payload={}), records)
        for event in compiled.workflow.events
    )


def _judge_one_move(
    rules: CompiledRules, compiled: CompiledResource, inputs: Inputs, records: Records
) -> Move:
    run = open_run(rules, compiled, inputs, Overlay(records, _keys(rules)))
    find_current(run)
    if run.log.ended:
        first = run.log.problems()[0]
        if first.code == "not_found":
            raise NoRecordError(first.message)
        raise EvaluationError(f"{compiled.name} {inputs.key}: {first.message}")
    merge_update(run)
    return judge_move(run)


def judge(run: Run) -> None:
    """Go through the stages until the evaluation ends; also for the records that react."""
    for stage in _STAGES:
        stage(run)
        if run.log.ended:
            break


def _keys(rules: CompiledRules) -> dict[str, str]:
    return {CLAIMS.resource: CLAIMS.key, **rules.keys}


def find_resource(rules: CompiledRules, resource: str) -> CompiledResource:
    """Return the compiled resource. Raises EvaluationError, naming the one meant, or those there are."""
    found = rules.resources.get(resource) if isinstance(resource, str) else None
    if found is None:
        near = difflib.get_close_matches(resource, rules.resources, n=1) if isinstance(resource, str) else ()
        known = ", ".join(sorted(rules.resources)) or "none"
        hint = f"did you mean {near[0]}?" if near else f"the rules have: {known}"
        raise EvaluationError(f"there is no rule file for {resource}; {hint}")
    return found


def require_operation(resource: CompiledResource, operation: str) -> None:
    """Raise EvaluationError, naming those there are, for an operation that the resource does not have."""
    declared = [one.name for one in resource.file.operations]
    if resource.has_event(operation):
        return
    if operation not in _WRITING or (declared and operation not in declared):
        events = resource.workflow.events if resource.workflow is not None else ()
        known = ", ".join(dict.fromkeys([*(declared or _WRITING), *events]))
        raise EvaluationError(f"{resource.name} has no operation {operation}; it has: {known}")


def _find_current(run: Run) -> None:
    if not run.is_create:
        find_current(run)


def _judge_shape(run: Run) -> None:
    judge_shape(run)
    run.merged = run.sent


def _judge_existence(run: Run) -> None:
    """Before the shape is reported: what does not exist ends the evaluation with one problem."""
    judge_path_parameters(run)
    judge_existence(run)


def _complete(run: Run) -> None:
    """Work out the record; where all is well, plan the changes and judge what will be."""
    values = judge_record(run)
    judge_key(run, values)
    if run.resource.inferences and run.log.is_clean():
        # Joining facts takes modules that most rule files have no use for.
        import_module("rulewright.evaluation.inferring").infer(run)
    if not run.log.is_clean():
        _judge_uniques_early(run, values)
        return
    plan = plan_changes(run, values)
    if not run.log.is_clean():
        return
    run.changes = [change for change in plan.changes if change.set]
    verify_state(run)
    _judge_planned_uniques(run, plan.touched)
    react(run, judge)
    run.scope = reopen_scope(run)
    for invariant in run.resource.invariants:
        if applies_to(invariant, run.inputs.operation):
            judge_check(run, invariant, Stage.INVARIANT)


def _respond(run: Run) -> None:
    if run.log.is_clean() and not run.is_reaction:
        run.response = respond(run)


def _judge_uniques_early(run: Run, values: dict[str, object]) -> None:
    """A refused payload is still told of a taken value, unless an effect might have freed it."""
    if any(effect.rule.target == run.resource.name for effect in run.resource.effects):
        return
    record = dict(_encode_sound(run, values))
    if run.stored is not None:
        # A key that was sent may be unsound, or another: this record is no other than itself.
        record[run.resource.key] = run.stored.get(run.resource.key)
    judge_uniques(run, run.resource, record, Stage.CHECK)


def _encode_sound(run: Run, values: dict[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        # A part that is unsound makes the whole unreadable, and is reported already.
        with suppress(cel.Unknown):
            yield name, encode_value(run.resource.fields[name], value)


def _judge_planned_uniques(run: Run, touched: Mapping[tuple[str, object], frozenset[str]]) -> None:
    if run.records is None:
        return
    for (resource, key), written in touched.items():
        compiled = run.rules.resources[resource]
        record = run.records.find(resource, {compiled.key: key}, 1)[0]
        own = compiled is run.resource and key == stored_record(run).get(run.resource.key)
        judge_uniques(run, compiled, record, Stage.EFFECT, path=None if own else "", written=written)


_STAGES: Final[tuple[Callable[[Run], None], ...]] = (
    judge_caller,
    judge_idempotency,
    _find_current,
    _judge_existence,
    _judge_shape,
    merge_update,
    judge_sizes,
    drop_excluded,
    judge_presence,
    judge_variants,
    judge_values,
    take_step,
    judge_checks,
    _complete,
    _respond,
)


def _outcome(run: Run) -> Outcome:
    problems = run.log.problems()
    verdict = verdict_of(problems)
    accepted = verdict == "accepted"
    return Outcome(
        resource=run.resource.name,
        operation=run.inputs.operation,
        verdict=verdict,
        problems=problems,
        record=stored_record(run) if accepted else None,
        changes=tuple(run.changes) if accepted else (),
        messages=tuple(run.messages) if accepted else (),
        reads=tuple(run.reads.values()),
        ruleset=run.rules.digest,
        as_of=str(encode_datetime(run.inputs.now)),
        response=run.response if accepted else _refusal(run, problems),
        claim=run.claim if accepted else None,
    )


def _refusal(run: Run, problems: tuple[Problem, ...]) -> Response | None:
    """A resource that says nothing about HTTP has no responses, refused or not."""
    api = run.resource.api
    speaks_http = run.resource.file.operations or (api is not None and api.errors is not None)
    return refuse(api, problems, run.resource.dialect) if speaks_http else None


def _replayed(run: Run) -> Outcome:
    """The first call's outcome again: nothing changes and nothing is sent a second time."""
    kept = cast("dict[str, Any]", run.replay)
    response = kept.get("response")
    return Outcome(
        resource=run.resource.name,
        operation=run.inputs.operation,
        verdict="accepted",
        problems=(),
        record=kept.get("record"),
        changes=(),
        messages=(),
        reads=(),
        ruleset=kept["ruleset"],
        as_of=kept["as_of"],
        response=Response(**response) if response is not None else None,
        replayed=True,
    )


def verdict_of(problems: tuple[Problem, ...]) -> Verdict:
    """An error rejects; else what could not be decided leaves the whole undecided (language.md "Order")."""
    verdict: Verdict = "accepted"
    for problem in problems:
        if problem.severity == "error":
            return "rejected"
        if problem.code == "undecided":
            verdict = "undecided"
    return verdict

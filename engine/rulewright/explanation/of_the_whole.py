"""The rules that are about no single field: who may call, look-ups, checks, the workflow, effects."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from rulewright.compiled import CompiledCheck, CompiledEffect
from rulewright.evaluation import MASK, mask_record
from rulewright.evaluation.judging import applies_to
from rulewright.explanation.evidence import Evidence, ruling
from rulewright.explanation.model import EffectNode, LookUpNode, Ruling, Status
from rulewright.outcome import Change


def rules_of_the_whole(evidence: Evidence) -> Iterator[Ruling]:
    """Yield them in the order of evaluation."""
    yield from _of_the_call(evidence)
    yield from _variants(evidence)
    yield from _workflow(evidence)
    resource = evidence.run.resource
    for check in resource.checks:
        yield _check(evidence, check, "check", "nothing that it reads has changed")
    for check in resource.invariants:
        yield _check(evidence, check, "invariant", "judged only on what would be accepted")


def _of_the_call(evidence: Evidence) -> Iterator[Ruling]:
    run = evidence.run
    api, operation = run.resource.api, run.resource.operation(run.inputs.operation)
    if api is not None and api.auth is not None:
        yield _reported(evidence, "auth", "the caller is known", str(api.auth.span))
    if operation is not None and operation.permission is not None:
        text = f"permission: {operation.permission}"
        yield _reported(evidence, "permission", text, str(operation.span))
    if run.resource.idempotency is not None:
        at = str(run.resource.idempotency.rule.span)
        yield _reported(evidence, "idempotency", "an idempotency key stands for one call", at)


def _reported(evidence: Evidence, keyword: str, text: str, at: str) -> Ruling:
    """A rule of the call: it failed where it reported."""
    rule = f"{evidence.run.resource.name}.{keyword}"
    problem = next((one for one in evidence.outcome.problems if one.rule == rule), None)
    status: Status = "held" if problem is None else "failed"
    why = problem.message if problem is not None else None
    if problem is None and evidence.ended is not None:
        status, why = "skipped", f"the evaluation ended: {evidence.ended}"
    return Ruling(rule=rule, keyword=keyword, status=status, text=text, why=why, at=at)


def _variants(evidence: Evidence) -> Iterator[Ruling]:
    run = evidence.run
    if run.resource.variants:
        text = " or ".join(" with ".join(one.required) for one in run.resource.variants)
        found = _reported(evidence, "variants", f"one of: {text}", str(run.resource.variants[0].span))
        yield found if run.is_create else _skipped(found, f"not judged on {run.inputs.operation}")


def _skipped(one: Ruling, why: str) -> Ruling:
    return replace(one, status="skipped", why=why)


def _workflow(evidence: Evidence) -> Iterator[Ruling]:
    run = evidence.run
    for transition in run.resource.workflow.transitions if run.resource.workflow is not None else ():
        rule, span = transition.id, transition.rule.span
        sources = " or ".join(transition.rule.from_states)
        text = f"{transition.rule.event}: {sources} -> {transition.rule.to}"
        reason = f"{run.inputs.operation} is another event" if run.is_event else "no event was fired"
        if transition.rule.event == run.inputs.operation:
            reason = (
                evidence.ended or "it does not start from the record's state, or an earlier one was taken"
            )
        if transition.guard is not None and evidence.judgement(rule, "", transition.guard) is not None:
            found = ruling(evidence, rule, "guard", "", transition.guard, transition.guard.span, reason)
            yield found
        elif run.transition is transition:
            yield Ruling(rule=rule, keyword="transition", status="held", text=text, at=str(span))
        else:
            skipped: Status = "skipped"
            yield Ruling(rule=rule, keyword="transition", status=skipped, text=text, why=reason, at=str(span))


def _check(evidence: Evidence, check: CompiledCheck, keyword: str, missing: str) -> Ruling:
    operation = evidence.run.inputs.operation
    if not applies_to(check, operation):
        missing = f"not judged on {operation}"
    path = check.rule.path or ""
    return ruling(evidence, check.id, keyword, path, check.condition, check.rule.span, missing)


def lookups(evidence: Evidence) -> Iterator[LookUpNode]:
    """Yield each look-up with what it found."""
    for name, lookup in evidence.run.resource.lookups.items():
        read = next((one for one in evidence.outcome.reads if one.lookup == name), None)
        by: dict[str, object] = dict(read.by) if read is not None else dict.fromkeys(lookup.by.entries)
        why = None if read is not None else evidence.ended or "no rule read it, or its key is not given"
        fields = evidence.run.rules.resources[lookup.rule.resource].fields
        yield LookUpNode(
            name=name,
            resource=lookup.rule.resource,
            by={
                key: MASK if fields[key].rule.sensitive and value is not None else value
                for key, value in by.items()
            },
            found=read.found if read is not None else None,
            why=why,
            at=str(lookup.rule.span),
        )


def effects(evidence: Evidence) -> Iterator[EffectNode]:
    """Yield each effect: whether it happens, and what it changes."""
    for effect in evidence.run.resource.every_effect():
        changes = tuple(_masked(evidence, one) for one in evidence.outcome.changes if one.rule == effect.id)
        condition = _condition(evidence, effect)
        if condition.status == "failed":
            condition = replace(condition, status="skipped", why="does not apply")
        yield EffectNode(condition=condition, what=_what(effect), changes=changes)


def other_problems(evidence: Evidence, shown: Collection[tuple[str, str]]) -> Iterator[Ruling]:
    """Yield the problems of rules that stand nowhere else, such as fields that are not declared."""
    for problem in evidence.outcome.problems:
        if (problem.rule, problem.path) not in shown and problem.severity != "info":
            status: Status = "undecided" if problem.code == "undecided" else "failed"
            values = problem.because.values if problem.because is not None else {}
            yield Ruling(
                rule=problem.rule,
                keyword=problem.code,
                status=status,
                text=f"{problem.code} {problem.path}".strip(),
                path=problem.path,
                why=problem.message,
                values=values,
                at=problem.rule_at,
            )


def _masked(evidence: Evidence, change: Change) -> Change:
    fields = evidence.run.rules.resources[change.resource].fields
    before = mask_record(fields, change.before) if change.before is not None else None
    return replace(change, set=mask_record(fields, change.set), before=before)


def _condition(evidence: Evidence, effect: CompiledEffect) -> Ruling:
    operation = evidence.run.inputs.operation
    missing = "effects are planned only for what has no problem"
    if not effect.runs_on(operation):
        missing = f"not on {operation}"
    at = effect.rule.at.get("when", effect.rule.span)
    if effect.when is not None:
        return ruling(evidence, effect.id, "when", "", effect.when, at, missing)
    planned = evidence.outcome.accepted and missing.startswith("effects")
    status: Status = "held" if planned else "skipped"
    why = None if planned else evidence.ended or missing
    return Ruling(rule=effect.id, keyword="when", status=status, text="always", why=why, at=str(at))


def _what(effect: CompiledEffect) -> str:
    fields = ", ".join(effect.set.entries)
    if effect.rule.verb is None:
        return f"set {fields}"
    return f"{effect.rule.verb} {effect.rule.target}" + (f": {fields}" if fields else "")

"""Where each value of a record came from."""

from __future__ import annotations

from collections.abc import Collection

from rulewright.compiled import CompiledField
from rulewright.evaluation.records import computes_now, is_system_made
from rulewright.evaluation.run import Run
from rulewright.explanation.model import Origin, Source


def origin_of(run: Run, field: CompiledField, effects: Collection[str]) -> Origin:
    """Say where the value of a top-level field came from; `effects` are the ids of those that happened."""
    name = field.name
    for conclusion in run.conclusions:
        if name in conclusion.set.entries:
            return Origin("inferred", conclusion.id, str(conclusion.rule.span))
    for effect in reversed(run.effects):
        if effect.rule.verb is None and effect.id in effects and name in effect.set.entries:
            return Origin("effect", effect.id, str(effect.rule.span))
    moved = _moved(run, name)
    if moved is not None:
        return moved
    source, keyword = _source(run, field)
    if keyword is None:
        return Origin(source)
    return Origin(source, f"{field.id}.{keyword}", str(field.span_of(keyword)))


def _moved(run: Run, name: str) -> Origin | None:
    """What the workflow sets: by the transition, or the initial state."""
    workflow = run.resource.workflow
    transition = run.transition
    if transition is not None and (name in transition.set.entries or name == _state_field(run)):
        return Origin("transition", transition.id, str(transition.rule.span))
    if workflow is None or name != workflow.rule.field:
        return None
    if run.current is not None:
        return Origin("stored")
    return Origin("initial", f"{run.resource.name}.workflow", str(workflow.rule.span))


def _state_field(run: Run) -> str | None:
    return run.resource.workflow.rule.field if run.resource.workflow is not None else None


def _source(run: Run, field: CompiledField) -> tuple[Source, str | None]:
    """The same order in which `records.pull` goes about it."""
    if computes_now(run, field):
        return "computed", "compute"
    if is_system_made(run, field):
        if run.current is not None:
            return "stored", None
        return ("generated", "generate") if field.rule.generate is not None else _default(field)
    if dict.__contains__(run.sent, field.name):
        return "sent", None
    if dict.__contains__(run.merged, field.name):
        return "stored", None
    return _default(field) if run.current is None else ("absent", None)


def _default(field: CompiledField) -> tuple[Source, str | None]:
    if field.rule.default is not None:
        return "default", "default"
    return ("default_from", "default_from") if field.default_from is not None else ("absent", None)

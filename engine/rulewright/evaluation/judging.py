"""References, options that are computed, and checks: the rules about values that are there."""

from __future__ import annotations

from collections.abc import Mapping

from rulewright.compiled import CompiledCheck, CompiledField
from rulewright.evaluation.changes import is_touched, rule_is_touched
from rulewright.evaluation.log import Site, Stage
from rulewright.evaluation.lookups import judge_reference, judge_required_lookups
from rulewright.evaluation.places import places
from rulewright.evaluation.run import Place, Run
from rulewright.evaluation.views import Layer
from rulewright.schema.messages import join_options
from rulewright.schema.validators import is_one_of

_DEFAULT_ON = ("create", "update")


def judge_values(run: Run) -> None:
    """Judge computed options and references of every value that is given."""
    for place in places(run, "values"):
        if place.value is None or (not place.is_sound and not isinstance(place.value, list)):
            continue
        if place.field.one_of is not None and is_touched(run, place.top, place.field.one_of):
            _judge_options(run, place)
        if place.field.reference is not None and is_touched(run, place.top, None):
            judge_reference(run, place)
    judge_required_lookups(run)
    run.settle(Stage.REFERENCE)


def _judge_options(run: Run, place: Place) -> None:
    formula = place.field.one_of
    assert formula is not None
    field = place.field
    site = Site(f"{field.id}.one_of", place.pointer, field.span_of("one_of"), Stage.SHAPE, field.order)
    options = run.attempt(formula, site)
    if isinstance(options, list | tuple):
        held = is_one_of(place.value, list(options))
        run.trace(formula, site, None, "true" if held else "false")
        if held:
            return
        text = f"{_label(run, field)} must be one of {join_options(tuple(options))}"
        run.report(site, "one_of", field.rule.messages.get("one_of", text), because=run.because(formula))


def judge_checks(run: Run) -> None:
    """Judge the checks of fields, then those of the whole."""
    for place in places(run, "checks"):
        if place.value is not None and place.is_sound:
            _judge_field(run, place)
    run.settle(Stage.CHECK)
    for check in run.resource.checks:
        if applies_to(check, run.inputs.operation) and rule_is_touched(run, check.condition.reads):
            judge_check(run, check, Stage.CHECK)


def _judge_field(run: Run, place: Place) -> None:
    for check in place.field.checks:
        if applies_to(check, run.inputs.operation) and is_touched(run, place.top, check.condition):
            _judge_value(run, check, place.field, place.pointer, {"value": place.value})
    items = place.field.items
    if items is None or not items.checks or not isinstance(place.value, list):
        return
    for position, item in zip(place.positions, place.value, strict=True):
        for check in items.checks:
            if applies_to(check, run.inputs.operation) and is_touched(run, place.top, check.condition):
                names = {"value": item, "item": item}
                _judge_value(run, check, items, f"{place.pointer}/{position}", names)


def _judge_value(
    run: Run, check: CompiledCheck, field: CompiledField, pointer: str, names: Mapping[str, object]
) -> None:
    sensitive = any(part.rule.sensitive for part in (field, *field.children))
    scope = Layer(names, run.scope, sensitive=sensitive)
    path = check.rule.path if check.rule.path is not None else pointer
    site = Site(check.id, path, check.rule.span, Stage.CHECK, check.order)
    message = check.rule.message or f"{_label(run, field)} is not acceptable: {check.condition.text.strip()}"
    _report_unless(run, check, site, scope, message)


def judge_check(
    run: Run, check: CompiledCheck, stage: Stage, scope: Mapping[str, object] | None = None
) -> None:
    """Judge a check of the whole, or an invariant."""
    site = Site(check.id, check.rule.path or "", check.rule.span, stage, check.order)
    message = check.rule.message or f"{check.rule.id} must hold: {check.condition.text.strip()}"
    _report_unless(run, check, site, run.scope if scope is None else scope, message)


def _report_unless(
    run: Run, check: CompiledCheck, site: Site, scope: Mapping[str, object], message: str
) -> None:
    if run.holds(check.condition, site, scope) is False:
        run.report(
            site,
            "check",
            message,
            severity=check.rule.severity,
            because=run.because(check.condition, scope),
            vendor=check.rule.error,
        )


def applies_to(check: CompiledCheck, operation: str) -> bool:
    """Whether a check is judged in this operation; by default on create and update."""
    on = check.rule.on if check.rule.on is not None else _DEFAULT_ON
    return "*" in on or operation in on


def _label(run: Run, field: CompiledField) -> str:
    return field.id[len(run.resource.name) + 1 :]

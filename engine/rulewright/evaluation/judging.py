"""References, options that are computed, and checks: the rules about values that are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rulewright.cel.values import kind_name
from rulewright.compiled import CompiledCheck, CompiledField
from rulewright.evaluation.changes import is_touched, rule_is_touched
from rulewright.evaluation.log import Site, Stage
from rulewright.evaluation.lookups import judge_reference, judge_required_lookups
from rulewright.evaluation.places import places_of
from rulewright.evaluation.provenance import holds_secret
from rulewright.evaluation.run import FAILED, Place, Run, layer_of_value, site_at
from rulewright.evaluation.views import Layer, View
from rulewright.formula import Formula
from rulewright.schema.messages import join_options
from rulewright.schema.repeats import is_one_of

_DEFAULT_ON = ("create", "update")


def judge_values(run: Run) -> None:
    """Judge computed options of every value that is given, and its reference where none refused it."""
    for place in places_of(run, "values"):
        judge_value(run, place, with_items(place))
    judge_required_lookups(run)
    run.settle(Stage.REFERENCE)


def judge_value(run: Run, place: Place, fields: Iterable[CompiledField]) -> None:
    """Judge what rules of `fields`, the place's own and that of its items, say of a value that is given."""
    if place.value is None or (not place.is_sound and not place.has_items):
        return
    fields = [*fields]
    refused = [pointer for field in fields for pointer in _judge_options(run, place, field)]
    run.end_fields(refused)
    for field in fields if place.pointer not in refused else ():
        if field.reference is not None and is_touched(run, place.top, None):
            judge_reference(run, place, field)


def with_items(place: Place) -> tuple[CompiledField, ...]:
    """Return the field and, for a list or map, the rule of its items."""
    items = place.field.items
    if items is None or not place.has_items:
        return (place.field,)
    return (items,) if place.is_item else (place.field, items)


def _each(place: Place, field: CompiledField) -> Iterator[tuple[str, object]]:
    """Yield the values that a rule of `field` is about, with their pointers: the items, or the whole."""
    if field is place.field:
        yield place.pointer, place.value
        return
    for pointer, item in place.entries():
        # A null is not given.
        if item is not None:
            yield pointer, item


def _judge_options(run: Run, place: Place, field: CompiledField) -> Iterator[str]:
    """Yield the pointer of each value that is none of its options."""
    formula = field.one_of
    if formula is None or not is_touched(run, place.top, formula):
        return
    for pointer, value in _each(place, field):
        site = site_at(field, "one_of", pointer, Stage.SHAPE)
        scope = layer_of_value(run, place, field, value)
        options = run.attempt(formula, site, scope)
        if options is FAILED:
            continue
        if not isinstance(options, list | tuple):
            _report_no_list(run, formula, site, scope, options)
            continue
        held = is_one_of(value, list(options))
        run.trace(formula, site, scope, "true" if held else "false")
        if not held:
            told = join_options(tuple(options))
            if holds_secret(run.rules, run.resource, formula):
                told = f"{len(options)} values"
            text = f"{field.label} must be one of {told}"
            message = field.rule.messages.get("one_of", text)
            because = run.because(formula, scope)
            run.report(site, "one_of", message, because=because, vendor=field.rule.error)
            yield pointer


def _report_no_list(run: Run, formula: Formula, site: Site, scope: Layer, options: object) -> None:
    """What may be chosen from is not known: whether the value is among it can't be decided."""
    shown = "null" if options is None else f"a value of type {kind_name(options)}"
    text = f"can't be decided: one_of gives {shown}, not a list"
    run.report(site, "undecided", text, severity="warning", because=run.because(formula, scope))
    run.trace(formula, site, scope, "undecided")


def judge_checks(run: Run) -> None:
    """Judge the checks of fields, then those of the whole."""
    waiting = [place for place in places_of(run, "checks") if judge_field(run, place)]
    # The innermost first: a list within an item says whether the item is sound.
    for place in reversed(waiting):
        judge_list(run, place)
    run.settle(Stage.CHECK)
    for check in run.resource.checks:
        if applies_to(check, run.inputs.operation) and rule_is_touched(run, check.condition.reads):
            judge_check(run, check, Stage.CHECK)


def judge_field(run: Run, place: Place) -> bool:
    """Judge the checks of a value; of a list or map those of its items, which come before its own.

    Whether its own wait for that: see `judge_list`.
    """
    if place.value is None:
        return False
    for field in with_items(place):
        if field is place.field and (place.has_items or not place.is_sound):
            continue
        for pointer, value in _each(place, field):
            if field is not place.field and _has_error(run, pointer, value):
                continue
            _judge_all(run, place, field, pointer, value)
    return place.has_items and bool(place.field.checks)


def judge_list(run: Run, place: Place) -> None:
    """Judge a list's (or map's) own checks, which wait until all its items are sound."""
    if place.is_item or not place.is_sound or run.log.has_error_beneath(place.pointer):
        return
    _judge_all(run, place, place.field, place.pointer, place.value)


def _judge_all(run: Run, place: Place, field: CompiledField, pointer: str, value: object) -> None:
    for check in field.checks:
        if _applies_here(run, check) and is_touched(run, place.top, check.condition):
            _judge_value(run, check, place, field, pointer, value)


def _has_error(run: Run, pointer: str, item: object) -> bool:
    """Whether no rule may rely on it. Each part of an object is sound or not, lists and maps are whole."""
    if isinstance(item, list | dict) and not isinstance(item, View):
        return run.log.has_error_within(pointer)
    return run.log.has_error(pointer)


def _applies_here(run: Run, check: CompiledCheck) -> bool:
    """A field that an event brings inherits the field's rules, so checks without `on` are among them."""
    return (run.is_event and check.rule.on is None) or applies_to(check, run.inputs.operation)


def _judge_value(
    run: Run, check: CompiledCheck, place: Place, field: CompiledField, pointer: str, value: object
) -> None:
    scope = layer_of_value(run, place, field, value)
    path = check.rule.path if check.rule.path is not None else pointer
    site = Site(check.id, path, check.rule.span, Stage.CHECK, check.order)
    message = check.rule.message or f"{field.label} is not acceptable: {check.condition.text.strip()}"
    _report_unless(run, check, site, scope, message)


def judge_check(run: Run, check: CompiledCheck, stage: Stage) -> None:
    """Judge a check of the whole, or an invariant."""
    site = Site(check.id, check.rule.path or "", check.rule.span, stage, check.order)
    message = check.rule.message or f"{check.rule.id} must hold: {check.condition.text.strip()}"
    _report_unless(run, check, site, run.scope, message)


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

"""`variants`: exactly one of several groups of fields is sent."""

from __future__ import annotations

from rulewright import cel
from rulewright.evaluation.log import Site, Stage
from rulewright.evaluation.run import Run, forget_parts
from rulewright.model import Variant
from rulewright.problem import Because


def judge_variants(run: Run) -> None:
    """Choose the variant by its required fields; report one problem where none or several fit.

    Judged on a create's payload only (language.md "Variants"). An unsound field leaves it open which
    variant was meant, and its own problem is reported already.
    """
    if not run.is_create or not run.resource.variants:
        return
    try:
        fitting = [one for one in run.resource.variants if not missing_of(run, one)]
    except cel.Unknown:
        return
    if len(fitting) == 1:
        _judge_forbidden(run, fitting[0])
    else:
        _report(run, fitting)


def missing_of(run: Run, variant: Variant) -> tuple[str, ...]:
    """Return the fields that the variant requires and that were not given. Raises cel.Unknown."""
    return tuple(name for name in variant.required if not run.sent.is_given(name))


def _judge_forbidden(run: Run, variant: Variant) -> None:
    """What its own rules said of a field ends it; of a forbidden object nothing inside is told."""
    for name in variant.forbidden:
        path = f"/{name}"
        if run.log.has_error(path, Stage.PRESENCE) or not _may_be_given(run, name):
            continue
        site = Site(
            f"{run.resource.name}.variants",
            path,
            variant.span,
            Stage.PRESENCE,
            run.resource.fields[name].order,
        )
        for stage in (Stage.SHAPE, Stage.PRESENCE):
            run.log.withdraw(path, stage)
        run.report(site, "forbidden", f"{name} must not be given with {', '.join(variant.required)}")
        run.sent.mark_unsound(name)
        forget_parts(run, [path])
    run.record.forget()
    run.scope.forget()


def _may_be_given(run: Run, name: str) -> bool:
    try:
        return run.sent.is_given(name)
    except cel.Unknown:
        return True


def _report(run: Run, fitting: list[Variant]) -> None:
    variants = run.resource.variants
    nearest = min(variants, key=lambda one: len(missing_of(run, one)))
    reasons = {one.name: _reason(run, one) for one in variants}
    if fitting:
        message = f"only one of these may be given: {_choices(tuple(fitting))}"
    else:
        message = f"one of these must be given: {_choices(variants)}"
        if any(run.sent.is_given(name) for name in nearest.required):
            message = f"{', '.join(missing_of(run, nearest))} must be given too (variant {nearest.name})"
    site = Site(f"{run.resource.name}.variants", "", variants[0].span, Stage.PRESENCE)
    because = Because(None, {}, {"variants": reasons})
    run.report(site, "variant", message, because=because, vendor=run.resource.file.variants_error)
    # Which fields count is open, so no later rule can rest on them.
    for name in {name for one in variants for name in one.required}:
        run.sent.mark_unsound(name)
    run.record.forget()
    run.scope.forget()


def _choices(variants: tuple[Variant, ...]) -> str:
    return " or ".join(" with ".join(one.required) for one in variants)


def _reason(run: Run, variant: Variant) -> str:
    missing = missing_of(run, variant)
    return f"{', '.join(missing)} not given" if missing else "fits"

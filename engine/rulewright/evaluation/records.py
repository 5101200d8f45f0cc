"""How each field of `record` comes about: sent, kept, defaulted, computed or generated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from rulewright import cel
from rulewright.compiled import CompiledField, CompiledResource, CompiledWorkflow
from rulewright.evaluation.fitting import fit
from rulewright.evaluation.log import Stage
from rulewright.evaluation.lookups import require_records
from rulewright.evaluation.overlay import same
from rulewright.evaluation.reasons import reads_sensitive
from rulewright.evaluation.run import Run, layer_of_item, site_at
from rulewright.evaluation.views import Layer, View
from rulewright.formula import Valued
from rulewright.model import Constant, Generate
from rulewright.plugins import IdGenerator
from rulewright.pointers import escape_pointer
from rulewright.ports import Records


def pull(run: Run, name: str) -> object:
    """Work out one field of `record`, decoded. Raises cel.CelError where what it rests on fails."""
    if name in run.own:
        return run.own[name]
    field = run.resource.fields[name]
    if name in run.merged.unsound:
        raise cel.Unknown(f"{name} has a problem of its own")
    workflow = run.resource.workflow
    if workflow is not None and name == workflow.rule.field:
        return _state(run, workflow)
    if computes_now(run, field):
        return _computed(run, field)
    if is_system_made(run, field):
        return _system_value(run, field)
    if dict.__contains__(run.merged, name):
        value = run.merged[name]
        is_new = run.current is None or name in run.changed
        if "supplied" in field.concerns and (is_new or recomputes(field, run.inputs.operation)):
            return complete(run, field, value, None, is_new=is_new)
        return value
    return default_of(run, field)


def recomputes(field: CompiledField, operation: str) -> bool:
    """Whether an operation works parts of a field's value out anew, though nobody sent it."""
    if field.rule.immutable:
        return False
    return any(computes(part, operation) or recomputes(part, operation) for part in field.parts)


def complete(
    run: Run,
    field: CompiledField,
    value: object,
    item: object,
    *,
    is_new: bool,
    holder: View | None = None,
) -> object:
    """Supply what was left out inside a sent value: defaults, then what is computed from them.

    Of a value that is stored (not `is_new`) the computed parts are worked out anew, and nothing else.
    `holder` is the object around it, in which its parts are read as far as they are there.
    """
    if field.items is not None and isinstance(value, list):
        return [complete(run, field.items, entry, entry, is_new=is_new) for entry in value]
    if field.items is not None and isinstance(value, Mapping):
        return {
            name: complete(run, field.items, entry, entry, is_new=is_new) for name, entry in value.items()
        }
    if not field.children or not isinstance(value, View) or value.unsound:
        return value
    completed = View(value, [child.name for child in field.children])
    # A list's item is seen as far as it is complete, and so is an object that a compute reads itself.
    around = completed if item is value else item
    if holder is None:
        run.record.show_partly(field.name, completed)
    else:
        holder[field.name] = completed
    for child in field.supplied:
        _supply(run, child, completed, around, is_new=is_new)
    return completed


def _supply(run: Run, field: CompiledField, siblings: View, item: object, *, is_new: bool) -> None:
    value = _nested_value(run, field, siblings, item, is_new=is_new)
    if value is not None or dict.__contains__(siblings, field.name):
        siblings[field.name] = value


def _nested_value(run: Run, field: CompiledField, siblings: View, item: object, *, is_new: bool) -> object:
    is_computed = field.compute is not None and computes_now(run, field)
    if not is_computed and dict.__contains__(siblings, field.name):
        return complete(run, field, siblings[field.name], item, is_new=is_new, holder=siblings)
    scope = run.scope if item is None else Layer({"item": item}, run.scope)
    if is_computed:
        return fit(field, cast(Valued, field.compute).value(scope))
    if not is_new:
        return None
    if field.rule.default is None and field.default_from is None and field.rule.generate is not None:
        return generate_value(run, run.resource.name, field, field.rule.generate)
    return _default(field, scope)


def computes_now(run: Run, field: CompiledField) -> bool:
    """Whether the field's `compute` applies to this operation."""
    return computes(field, run.inputs.operation)


def computes(field: CompiledField, operation: str) -> bool:
    """Whether an operation works the field out by its `compute`; what is immutable, a create alone."""
    compute = field.rule.compute
    if compute is None:
        return False
    on = compute.on if compute.on is not None else ("create",) if field.rule.immutable else ("*",)
    return "*" in on or operation in on


def is_state(resource: CompiledResource, field: CompiledField) -> bool:
    """Whether a field holds the state of its resource's workflow."""
    workflow = resource.workflow
    return workflow is not None and workflow.rule.field == field.name


def is_system_made(run: Run, field: CompiledField) -> bool:
    """Whether the caller may not set the field in this operation."""
    return field.rule.generate is not None or not _may_be_sent(run, field)


def _may_be_sent(run: Run, field: CompiledField) -> bool:
    if run.is_event:
        # An event's payload may set what its events declare, read-only elsewhere or not.
        return field.name in run.intake
    return field.rule.readonly is None or field.name in run.settable


def _state(run: Run, workflow: CompiledWorkflow) -> object:
    """A new record starts in its initial state; only a transition moves it on."""
    if run.current is not None:
        return run.current.get(workflow.rule.field or "")
    state: object = workflow.rule.initial
    if workflow.initial_from is not None:
        state = workflow.initial_from.value(run.scope)
    if state not in workflow.states:
        raise cel.EvaluationError(f"{state!r} is not a state of this workflow")
    return state


def default_of(run: Run, field: CompiledField) -> object:
    """Return the value of a field that was not sent. What is stored is not defaulted again."""
    return _default(field, run.scope) if run.current is None else None


def _default(field: CompiledField, scope: Mapping[str, object]) -> object:
    if field.rule.default is not None:
        return fit(field, field.type.decode(field.rule.default.value))
    return fit(field, field.default_from.value(scope)) if field.default_from is not None else None


def _computed(run: Run, field: CompiledField) -> object:
    formula = field.compute
    assert formula is not None
    return fit(field, formula.value(run.scope))


def _system_value(run: Run, field: CompiledField) -> object:
    if run.current is not None:
        return run.current.get(field.name)
    if field.rule.generate is not None:
        return generate(run, field)
    return default_of(run, field)


def generate(run: Run, field: CompiledField) -> object:
    """Make the value of a generated field, once a run."""
    if field.name not in run.generated:
        rule = cast(Generate, field.rule.generate)
        run.generated[field.name] = generate_value(run, run.resource.name, field, rule)
    return run.generated[field.name]


def generate_value(run: Run, resource: str, field: CompiledField, rule: Generate) -> object:
    """Make a value as `generate` says (language.md "Generated ids, dates, lists")."""
    if field.maker is not None:
        return _made(run, field.maker, rule)
    if rule.kind == "uuid":
        return run.chance.uuid()
    return _next_in_sequence(run, resource, field, rule.options)


def _made(run: Run, maker: IdGenerator, rule: Generate) -> object:
    """What a plug-in's generator makes. Raises cel.EvaluationError where it fails."""
    try:
        return maker.make(run.chance, rule.options)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise cel.EvaluationError(f"the generator {maker.name} fails with {type(error).__name__}") from None


def _next_in_sequence(run: Run, resource: str, field: CompiledField, options: object) -> object:
    """One above the largest stored; without a store, as if it were empty (`apply` makes the real one)."""
    settings = cast("dict[str, Constant]", options)
    prefix = str(settings.get("prefix") or "")
    last = 0
    if run.records is not None:
        last = cast(Records, require_records(run, resource)).last_in_sequence(resource, field.name, prefix)
    # Records of this very run that are not planned yet have taken numbers too.
    number = max(last, run.reserved.get((resource, field.name), 0)) + 1
    run.reserved[resource, field.name] = number
    if field.rule.type == "integer":
        return number
    return f"{prefix}{number:0{int(cast(int, settings.get('width') or 0))}d}"


def judge_record(run: Run) -> dict[str, object]:
    """Work every field out and return the sound ones; report what could not be computed."""
    values: dict[str, object] = {}
    unknown: list[tuple[CompiledField, cel.Unknown]] = []
    for name, field in run.resource.fields.items():
        try:
            values[name] = run.record[name]
        except cel.Unknown as error:
            unknown.append((field, error))
            continue
        except cel.CelError as error:
            _report_failure(run, field, error)
            continue
        _report_overruled(run, field, values[name])
        report_parts(run, field, run.sent.get(name), values[name], f"/{name}", None)
    if run.log.is_clean():
        # What rests on a value that an update leaves as it is: that one was not judged, and not told of.
        for field, reason in unknown:
            _report_failure(run, field, reason)
    return values


def _report_failure(run: Run, field: CompiledField, error: cel.CelError) -> None:
    keyword = "compute" if computes_now(run, field) else "default_from"
    site = site_at(field, keyword, f"/{field.name}", Stage.COMPUTE)
    formula = field.compute if keyword == "compute" else field.default_from
    if formula is not None:
        run.undecided(site, formula, error, words=f"{field.name} can't be computed")
    else:
        hidden = reads_sensitive(run.resource, run.rules, [("record", field.name)])
        reason = "on these values" if hidden else error.message
        run.report(site, "undecided", f"{field.name} can't be made: {reason}", severity="warning")


def _report_overruled(run: Run, field: CompiledField, value: object) -> None:
    """A value that was sent for a computed or generated field and differs is said to be overruled."""
    has_state = is_state(run.resource, field)
    is_set = computes_now(run, field) or field.rule.generate or has_state
    if is_set and _may_be_sent(run, field) and _is_other(run.sent.get(field.name), value):
        _tell_overruled(run, field, f"/{field.name}", None)


def _is_other(sent: object, value: object) -> bool:
    """Whether something else was sent than what the rules set."""
    return sent is not None and not same(sent, value)


def report_parts(
    run: Run, field: CompiledField, sent: object, made: object, pointer: str, scope: Layer | None
) -> None:
    """Report the values of parts that were sent and are overruled; `made` is what has become of it."""
    if "supplied" not in field.concerns:
        return
    if isinstance(sent, View) and isinstance(made, Mapping):
        for child in field.children:
            below = f"{pointer}/{escape_pointer(child.name)}"
            was, value = dict.get(sent, child.name), made.get(child.name)
            if child.rule.readonly is None and computes_now(run, child) and _is_other(was, value):
                _tell_overruled(run, child, below, scope)
            report_parts(run, child, was, value, below, scope)
    elif field.items is not None and isinstance(sent, list) and isinstance(made, list):
        for place, was, value in zip(run.positions.get(pointer, range(len(sent))), sent, made, strict=True):
            inner = layer_of_item(run, value, field.items.child_of)
            report_parts(run, field.items, was, value, f"{pointer}/{place}", inner)
    elif field.items is not None and isinstance(sent, dict) and isinstance(made, Mapping):
        for name, was in sent.items():
            inner = layer_of_item(run, made.get(name), field.items.child_of)
            report_parts(run, field.items, was, made.get(name), f"{pointer}/{escape_pointer(name)}", inner)


def _tell_overruled(run: Run, field: CompiledField, pointer: str, scope: Layer | None) -> None:
    keyword = "compute" if field.rule.compute else "generate" if field.rule.generate else "workflow"
    site = site_at(field, keyword, pointer, Stage.COMPUTE)
    because = run.because(field.compute, scope) if field.compute is not None else None
    message = field.rule.messages.get(
        "overruled", f"{field.label} is set by the rules; the sent value is not used"
    )
    run.report(site, "overruled", message, severity="info", because=because)

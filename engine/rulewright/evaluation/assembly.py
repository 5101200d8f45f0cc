"""Puts a run together: what each name of an expression stands for, and how fields are worked out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from rulewright import cel
from rulewright.compiled import CompiledEffect, CompiledResource, CompiledRules
from rulewright.evaluation.lookups import look_up, referenced
from rulewright.evaluation.overlay import Overlay
from rulewright.evaluation.records import generate_value, pull
from rulewright.evaluation.run import Inputs, Run
from rulewright.evaluation.stored_form import decode_record
from rulewright.evaluation.views import Everything, LazyRecord, Scope, View


def open_run(
    rules: CompiledRules, resource: CompiledResource, inputs: Inputs, records: Overlay | None
) -> Run:
    """Make a run whose names resolve lazily."""
    run = Run(rules, resource, inputs, records)
    run.record = LazyRecord(resource.fields.keys(), partial(pull, run))
    run.scope = Scope(_fixed_names(run), partial(_resolve, run))
    return run


def reopen_scope(run: Run) -> Scope:
    """Return a scope in which every look-up is read anew (for invariants, after the effects)."""
    run.references.clear()
    return Scope(_fixed_names(run), partial(_resolve, run))


def _fixed_names(run: Run) -> dict[str, object]:
    request = run.inputs.request
    now = run.inputs.now
    api = run.resource.file.api
    return {
        "request": View(
            {
                "path": run.path,
                "query": _anything(request.query),
                "headers": _anything({name.lower(): value for name, value in request.headers.items()}),
            },
            ("path", "query", "headers"),
        ),
        "actor": None if run.inputs.actor is None else _anything(run.inputs.actor),
        "settings": View(run.rules.settings.get(api, {}), ()),
        "now": cel.Timestamp.from_datetime(now),
        "today": cel.Timestamp.from_datetime(now.replace(hour=0, minute=0, second=0, microsecond=0)),
    }


def _anything(values: Mapping[str, object]) -> View:
    return View(values, Everything())


def _resolve(run: Run, name: str) -> object:
    """Return what a name stands for. Raises KeyError for a name that means nothing here."""
    resource = run.resource
    match name:
        case "payload":
            return run.sent
        case "record":
            return run.record
        case "current":
            return run.current
    if name in resource.lookups:
        return look_up(run, resource.lookups[name])
    if name in resource.bound_references:
        return referenced(run, resource.bound_references[name])
    if name in resource.every_bind:
        return _bound(run, resource.every_bind[name], name)
    raise KeyError(name)


def _bound(run: Run, effect: CompiledEffect, name: str) -> object:
    """Return the created record, or before the effects one that has only its key; null if it is not made."""
    if name in run.bound:
        return run.bound[name]
    # What is not to run is not asked whether it applies.
    if not any(one is effect for one in run.effects):
        return None
    if effect.when is not None and effect.when.value(run.scope) is not True:
        return None
    target = run.rules.resources[effect.rule.target or ""]
    return decode_record(target.fields, {target.key: promised_key(run, target, name)})


def promised_key(run: Run, target: CompiledResource, name: str) -> object:
    """Return the generated key of the record that an effect will create, the same each time."""
    key = target.fields[target.key]
    if name not in run.promised and key.rule.generate is not None:
        run.promised[name] = generate_value(run, target.name, key, key.rule.generate)
    return run.promised.get(name)

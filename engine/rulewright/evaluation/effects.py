"""Effects as planned changes: what else is created and updated when the payload is accepted.

Nothing happens here; each effect reads through the changes planned so far (language.md "Effects").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from msgspec import structs

from rulewright import cel
from rulewright.compiled import CompiledEffect, CompiledField, CompiledResource
from rulewright.evaluation.assembly import open_run, promised_key
from rulewright.evaluation.fitting import MisfitError, fit
from rulewright.evaluation.log import Site, Stage
from rulewright.evaluation.lookups import evaluate_where, find_named
from rulewright.evaluation.masking import to_json
from rulewright.evaluation.overlay import NoStoreError, Overlay, same
from rulewright.evaluation.reasons import reads_sensitive
from rulewright.evaluation.run import FAILED, Run
from rulewright.evaluation.stored_form import decode_record, encode_record, encode_value
from rulewright.evaluation.uniqueness import words_of_taken
from rulewright.evaluation.views import View
from rulewright.outcome import Change, Message
from rulewright.ports import StoredRecord

_OWN_RULE = "record"


@dataclass
class Plan:
    """The changes planned so far. `written` tells who set which field to what, to refuse contradictions."""

    own_key: object
    records: Overlay
    written: dict[tuple[str, object, str], tuple[object, str]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    # (resource, key) -> the fields that are written.
    touched: dict[tuple[str, object], frozenset[str]] = field(default_factory=dict)

    def touch(self, resource: str, key: object, written: Iterable[str]) -> None:
        """Note that fields of a record are written."""
        place = (resource, key)
        self.touched[place] = self.touched.get(place, frozenset()).union(written)


def plan_changes(run: Run, values: Mapping[str, object]) -> Plan:
    """Plan the own record and every effect that applies, in the order of the file."""
    run.own.update(values)
    run.record.forget()
    records = run.records if run.records is not None else Overlay(_NoRecords(), run.rules.keys)
    plan = Plan(own_key=stored_record(run).get(run.resource.key), records=records)
    _plan_own(run, plan)
    with records.hiding(run.resource.name, plan.own_key):
        for effect in run.effects:
            _plan_effect(run, plan, effect)
    plan.changes.insert(0, _own_change(run, plan))
    return plan


def stored_record(run: Run) -> dict[str, object]:
    """Return the own record in stored form, as it is now."""
    return run.record.encoded(partial(encode_record, run.resource.fields))


class _NoRecords:
    """Stands in where no store was given: nothing is found, because nothing can be."""

    def find(self, resource: str, where: Mapping[str, object], limit: int | None = None) -> tuple[()]:
        raise NoStoreError(f"{resource} can't be read: no store was given")

    def count(self, resource: str, where: Mapping[str, object]) -> int:
        raise NoStoreError(f"{resource} can't be read: no store was given")

    def extreme(
        self, resource: str, where: Mapping[str, object], field: str, which: Literal["min", "max"]
    ) -> object:
        raise NoStoreError(f"{resource} can't be read: no store was given")

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        return 0


def _plan_own(run: Run, plan: Plan) -> None:
    plan.records.plan(run.resource.name, plan.own_key, stored_record(run))
    plan.touch(run.resource.name, plan.own_key, run.resource.fields)


def _own_change(run: Run, plan: Plan) -> Change:
    record = stored_record(run)
    rule = f"{run.resource.name}.{_OWN_RULE}"
    if run.stored is None:
        written = {name: value for name, value in record.items() if value is not None}
        return Change("create", run.resource.name, plan.own_key, written, None, rule, "own")
    changed = {name: value for name, value in record.items() if not same(value, run.stored.get(name))}
    before = {name: run.stored.get(name) for name in changed}
    return Change("update", run.resource.name, plan.own_key, changed, before, rule, "own")


def _plan_effect(run: Run, plan: Plan, effect: CompiledEffect) -> None:
    site = _site(effect, "when")
    if effect.when is not None and not run.holds(effect.when, site):
        return
    try:
        match effect.rule.verb:
            case "create":
                _plan_create(run, plan, effect)
            case "update":
                _plan_update(run, plan, effect)
            case "send":
                _plan_message(run, effect)
            case _:
                _set_own(run, plan, effect)
    except cel.Unknown:
        return
    except MisfitError as error:
        message = error.message
        if _quotes_secrets(run, effect):
            message = f"{effect.rule.id} sets a value that its field does not take, and that is not shown"
        run.report(_site(effect, "set"), "type", message, because=run.because(effect.set))
    except cel.CelError as error:
        site, quotes = _site(effect, "set"), _quotes_secrets(run, effect)
        run.undecided(site, effect.set, error, words="can't be planned", quotes_secrets=quotes)


def _quotes_secrets(run: Run, effect: CompiledEffect) -> bool:
    """Whether an error of an effect may quote a sensitive value: one that it reads, or its target does."""
    if run.tells_secrets(effect.set) or run.tells_secrets(effect.where):
        return True
    name = effect.rule.target or run.resource.name
    target = run.rules.resources.get(run.resource.resource_behind(name) or name)
    if target is None:
        return False
    if effect.rule.verb == "create":
        return reads_sensitive(target, run.rules, [("record",)])
    written = (target.fields[name].reference for name in effect.set.entries)
    return any(reads_sensitive(target, run.rules, one.where.reads) for one in written if one is not None)


def _site(effect: CompiledEffect, keyword: str) -> Site:
    span = effect.rule.at.get(keyword, effect.rule.span)
    return Site(effect.id, "", span, Stage.EFFECT, effect.order)


def _set_own(run: Run, plan: Plan, effect: CompiledEffect) -> None:
    values = _fitted(run.resource, effect.set.value(run.scope))
    _refuse_key(run.resource, values)
    if not _note_written(run, plan, effect, run.resource, plan.own_key, values):
        return
    run.own.update(values)
    run.record.forget()
    _plan_own(run, plan)
    _judge_references(run, plan, effect, run.resource, values)


def _plan_create(run: Run, plan: Plan, effect: CompiledEffect) -> None:
    target = run.rules.resources[effect.rule.target or ""]
    record = _new_record(run, plan, effect, target)
    stored = {name: value for name, value in record.items() if value is not None}
    key = record.get(target.key)
    if not _is_new(run, plan, effect, target, key):
        return
    plan.records.plan(target.name, key, record)
    plan.touch(target.name, key, record)
    stage: Literal["bound", "rest"] = "bound" if effect.rule.bind else "rest"
    plan.changes.append(Change("create", target.name, key, stored, None, effect.id, stage))
    if effect.rule.bind:
        view = decode_record(target.fields, record)
        run.bound[effect.rule.bind] = view
        run.scope[effect.rule.bind] = view


def _is_new(run: Run, plan: Plan, effect: CompiledEffect, target: CompiledResource, key: object) -> bool:
    """Whether a created record has a key that no other has; reported where not: no store would take it."""
    site = _site(effect, "set")
    if key is None:
        words = f"{effect.id} makes a {target.file.name} without {target.key}, which is its key"
        run.report(site, "required", words)
        return False
    if run.records is None or (target.key not in effect.set.entries and _is_generated(target)):
        return True
    with plan.records.hiding_none():
        found = plan.records.find(target.name, {target.key: key}, 1)
    if found:
        run.report(site, "unique", words_of_taken(target, target.fields[target.key]))
    return not found


def _is_generated(target: CompiledResource) -> bool:
    return target.fields[target.key].rule.generate is not None


def _new_record(run: Run, plan: Plan, effect: CompiledEffect, target: CompiledResource) -> dict[str, object]:
    """A created record gets its resource's generate, default and compute."""
    values = _fitted(target, effect.set.value(run.scope))
    inputs = structs.replace(run.inputs, operation="create", payload={}, key=None, seed=run.chance.bits(64))
    maker = open_run(run.rules, target, inputs, run.records)
    maker.reserved = run.reserved
    maker.own.update(values)
    if effect.rule.bind and target.key not in values:
        maker.own[target.key] = promised_key(run, target, effect.rule.bind)
    # `where` never finds the own record; what the new one's rules look up may well be that.
    with plan.records.hiding_none():
        record = stored_record(maker)
    run.reads.update(maker.reads)
    _judge_references(run, plan, effect, target, values)
    return record


def _plan_update(run: Run, plan: Plan, effect: CompiledEffect) -> None:
    target, found = _records_to_update(run, plan, effect)
    if not _expected(run, effect, len(found)):
        return
    for record in found:
        # Evaluated for each record: an earlier one may have changed what the template reads.
        values = _fitted(target, effect.set.value(run.scope))
        _refuse_key(target, values)
        _plan_one_update(run, plan, effect, target, record, values)


def _records_to_update(
    run: Run, plan: Plan, effect: CompiledEffect
) -> tuple[CompiledResource, list[StoredRecord]]:
    name = effect.rule.target or ""
    if name in run.rules.resources:
        target = run.rules.resources[name]
        where = evaluate_where(run, name, effect.where, run.scope)
        return target, list(plan.records.find(name, where))
    target = run.rules.resources[run.resource.resource_behind(name) or ""]
    read = run.scope[name]
    views = read if isinstance(read, list) else [read] if isinstance(read, View) else []
    keys = [to_json(encode_value(target.fields[target.key], view[target.key])) for view in views]
    found = [record for key in keys for record in plan.records.find(target.name, {target.key: key}, 1)]
    return target, found


def _expected(run: Run, effect: CompiledEffect, found: int) -> bool:
    expect = effect.rule.expect
    if (expect == "one" and found != 1) or (expect == "at_most_one" and found > 1):
        wanted = expect.replace("_", " ")
        run.report(
            _site(effect, "expect"),
            "conflict",
            f"{effect.rule.id} must find {wanted} record and finds {found}",
        )
        return False
    return True


def _plan_one_update(
    run: Run,
    plan: Plan,
    effect: CompiledEffect,
    target: CompiledResource,
    record: StoredRecord,
    values: Mapping[str, object],
) -> None:
    key = record.get(target.key)
    if not _note_written(run, plan, effect, target, key, values):
        return
    written = encode_record(target.fields, values)
    changed = {name: value for name, value in written.items() if not same(value, record.get(name))}
    if not changed:
        return
    before = {name: record.get(name) for name in changed}
    plan.changes.append(Change("update", target.name, key, changed, before, effect.id, "update"))
    plan.records.plan(target.name, key, {**record, **changed})
    plan.touch(target.name, key, changed)
    _judge_references(run, plan, effect, target, values)


def _refuse_key(target: CompiledResource, values: Mapping[str, object]) -> None:
    """A record keeps its key: references and its history hang on it."""
    if target.key in values:
        raise cel.EvaluationError(f"an effect can't change {target.key}, the key of a {target.file.name}")


def _fitted(target: CompiledResource, values: Mapping[str, object]) -> dict[str, object]:
    return {name: fit(target.fields[name], value) for name, value in values.items()}


def _note_written(
    run: Run,
    plan: Plan,
    effect: CompiledEffect,
    target: CompiledResource,
    key: object,
    values: Mapping[str, object],
) -> bool:
    """Refuse the plan where two effects set one field of one record differently; never last-wins."""
    sound = True
    for name, value in values.items():
        place = (target.name, key, name)
        before, rule = plan.written.setdefault(place, (value, effect.id))
        if not same(before, value):
            message = f"{effect.id} and {rule} set {name} of one {target.file.name} to different values"
            run.report(_site(effect, "set"), "conflict", message)
            sound = False
    return sound


def _judge_references(
    run: Run, plan: Plan, effect: CompiledEffect, target: CompiledResource, values: Mapping[str, object]
) -> None:
    """What an effect writes must name existing records too, the own one among them."""
    if run.records is None:
        return
    for name, field_ in _given_references(target, values):
        reader = run if target is run.resource else open_run(run.rules, target, run.inputs, run.records)
        if None in find_named(reader, field_, values[name]):
            message = f"{effect.rule.id} sets {name} of a {target.file.name} to a record that does not exist"
            run.report(_site(effect, "set"), "reference", message)


def _given_references(
    target: CompiledResource, values: Mapping[str, object]
) -> Iterator[tuple[str, CompiledField]]:
    for name, value in values.items():
        candidate = target.fields[name]
        if candidate.reference is not None and value is not None:
            yield name, candidate


def _plan_message(run: Run, effect: CompiledEffect) -> None:
    compiled = run.resource.targets.get(effect.rule.target or "")
    if compiled is None:
        raise cel.EvaluationError(f"no target named {effect.rule.target} in api.yaml")
    target = compiled.rule
    body = None if effect.body is None else run.attempt(effect.body, _site(effect, "body"))
    if body is FAILED:
        return
    key = run.chance.uuid()
    own_key = stored_record(run).get(run.resource.key)
    run.messages.append(
        Message(
            target.name,
            target.method,
            target.url,
            to_json(body),
            key,
            run.resource.name,
            own_key,
            effect.id,
        )
    )

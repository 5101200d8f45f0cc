"""What generated functions call to plan changes: `evaluation.effects` on stored values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from rulewright.compiled import CompiledEffect, CompiledIdempotency, CompiledResource
from rulewright.evaluation import Inputs
from rulewright.evaluation.idempotency import make_claim, recall
from rulewright.evaluation.masking import to_json
from rulewright.evaluation.overlay import same
from rulewright.hotpath.runtime.ahead import fits
from rulewright.hotpath.runtime.state import Decline, State, names_of
from rulewright.hotpath.runtime.values import chance_of
from rulewright.model import Target
from rulewright.outcome import Claim, Message

Uniques = Sequence[tuple[tuple[str, ...], Mapping[str, object]]]


def claimed(s: State, rule: CompiledIdempotency, key: str, scope: Sequence[object]) -> Claim:
    """The idempotency key that the call takes; Decline where an earlier one has it."""
    link = s.link
    of = s.kept[link.resource.key] if link.operation != "create" else None
    inputs = Inputs(
        operation=link.operation,
        payload=s.payload,
        now=s.now,
        seed=s.seed,
        key=of,
        actor=s.actor,
        request=s.request,
    )
    claim = make_claim(link.resource, inputs, rule, key, scope)
    if recall(s.store, claim, s.now) is not None:
        raise Decline
    return claim


def begin(s: State, name: str) -> None:
    """Plan the own record and hide it from the effects."""
    s.planned = {name: {s.key: s.record}}
    s.hidden = s.record
    s.changes = []


def begin_update(s: State, name: str) -> None:
    """The same for a record that is stored."""
    begin(s, name)
    s.revised = {name}


def _note(s: State, name: str, key: object, values: Mapping[str, object]) -> None:
    """Decline where two effects set one field of one record differently."""
    if s.written is None:
        s.written = {}
    for field, value in values.items():
        before = s.written.setdefault((name, key, field), value)
        if before is not value and not same(before, value):
            raise Decline


def set_own(s: State, name: str, values: Mapping[str, object]) -> None:
    """An effect sets fields of the own record."""
    _note(s, name, s.key, values)
    s.record.update(values)
    if s.names is not None:
        s.names.pop("record", None)


def update_record(
    s: State,
    effect: CompiledEffect,
    target: CompiledResource,
    record: Mapping[str, Any],
    values: dict[str, object],
) -> bool:
    """Plan the update of one record; False where nothing changes."""
    key = record.get(target.key)
    _note(s, target.name, key, values)
    changed = {name: value for name, value in values.items() if not same(value, record.get(name))}
    if not changed:
        return False
    before = {name: record.get(name) for name in changed}
    s.changes.append(("update", target.name, key, changed, before, effect.id, "update"))
    s.planned.setdefault(target.name, {})[key] = {**record, **changed}
    if s.revised is None:
        s.revised = set()
    s.revised.add(target.name)
    return True


def expected(effect: CompiledEffect, found: Sequence[Any]) -> Sequence[Any]:
    """Decline where an update finds another number of records than it says."""
    expect = effect.rule.expect
    if (expect == "one" and len(found) != 1) or (expect == "at_most_one" and len(found) > 1):
        raise Decline
    return found


def require_unchanged(s: State, resources: Sequence[str]) -> None:
    """Decline where an effect has changed what a reference of the next one may name.

    The evaluator finds the record when an expression first reads it, the generated code when it is judged.
    """
    if any(change[0] == "update" and change[1] in resources for change in s.changes):
        raise Decline


def require_others(s: State, references: Sequence[tuple[str, str]]) -> None:
    """Decline a record that names itself: the evaluator's effects read it as it will be.

    `references` are the fields that may, each with the field by which it names.
    """
    key = s.link.resource.key
    for name, by in references:
        value = s.merged[name]
        named = value if value.__class__ is list else [value]
        if value is not None and (by != key or s.key in named):
            raise Decline


def stored_again(s: State, target: CompiledResource, read: Any) -> Sequence[Any]:
    """The records that a look-up found, as they are by now."""
    if read is None:
        return ()
    records = read if read.__class__ is list else [read]
    keys = [record[target.key] for record in records]
    if any(key.__class__ not in (str, int) for key in keys):
        raise Decline
    return [found for key in keys for found in s.find(target.name, {target.key: key}, 1)]


def create_record(
    s: State, effect: CompiledEffect, target: CompiledResource, record: dict[str, object], given: bool
) -> None:
    """Plan a new record; `given`: its key is not generated."""
    key = record.get(target.key)
    if key is None or (given and _is_taken(s, target, key)):
        raise Decline
    planned = s.planned.setdefault(target.name, {})
    planned[key] = record
    if given:
        # The key might be taken: then it is not new.
        s.revised = {target.name, *(s.revised or ())}
    written = {name: value for name, value in record.items() if value is not None}
    stage: Literal["bound", "rest"] = "bound" if effect.rule.bind else "rest"
    s.changes.append(("create", target.name, key, written, None, effect.id, stage))
    if effect.rule.bind:
        s.bound[effect.rule.bind] = record
        if s.names is not None:
            s.names.pop(effect.rule.bind, None)


def _is_taken(s: State, target: CompiledResource, key: object) -> bool:
    """Whether a record of this key is there, the own one included."""
    if s.store is None:
        return False
    hidden, s.hidden = s.hidden, None
    found = s.find(target.name, {target.key: key})
    s.hidden = hidden
    return bool(found)


def send(s: State, effect: CompiledEffect, target: Target) -> None:
    """Plan a message about the own record."""
    body = None if effect.body is None else to_json(effect.body.value(names_of(s)))
    key = chance_of(s).uuid()
    own = s.link.resource
    of = s.record[own.key]
    s.messages.append(Message(target.name, target.method, target.url, body, key, own.name, of, effect.id))


def require_named(s: State, name: str, resource: str, by: str, key: object, own: str | None) -> None:
    """What an effect writes must name an existing record, maybe the own one."""
    if key is None or s.store is None:
        return
    held = s.planned.get(resource, {}).get(key) if s.keys[resource] == by else None
    if held is not None and held.get(by) == key and held.get(by).__class__ is key.__class__:
        # Planned itself, as a household that was just made is: whatever is stored under this key, it is one.
        if own is not None:
            s.reads.append((own, resource, {by: key}, 1))
        return
    s.hidden = None
    where = {by: key}
    found = s.find(resource, where)
    if own is not None:
        s.reads.append((own, resource, where, len(found)))
    for record in found:
        if fits(record, where):
            s.hidden = s.record
            return
    raise Decline


def judge_uniques(s: State, uniques: Mapping[str, tuple[str, Uniques]]) -> None:
    """Decline where a planned record would break a `unique`."""
    for resource, planned in s.planned.items():
        if resource in uniques:
            key_name, listed = uniques[resource]
            for record in planned.values():
                for fields, condition in listed:
                    where = _taken_by(record, fields, condition)
                    if where is not None:
                        _require_free(s, resource, key_name, planned, record, where)


def _taken_by(
    record: Mapping[str, object], fields: Sequence[str], condition: Mapping[str, object]
) -> Mapping[str, object] | None:
    """What a record alone may hold; None where a `unique` does not concern it."""
    if condition and not fits(record, condition):
        return None
    where = {**condition}
    for name in fields:
        value = where[name] = record.get(name)
        if value is None:
            return None
    return where


def _require_free(
    s: State,
    resource: str,
    key_name: str,
    planned: Mapping[object, Mapping[str, object]],
    record: Mapping[str, object],
    where: Mapping[str, object],
) -> None:
    """Decline where another record than this one matches, as all will be."""
    for other in s.store.find(resource, where):
        if other.get(key_name) not in planned:
            raise Decline
    if len(planned) > 1:
        for other in planned.values():
            if other is not record and fits(other, where):
                raise Decline

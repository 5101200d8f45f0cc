"""What generated functions call to plan changes: `evaluation.effects` on stored values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from rulewright.compiled import CompiledEffect, CompiledResource
from rulewright.evaluation.overlay import Overlay, matches, same
from rulewright.hotpath.state import Decline, State, overlay_of
from rulewright.outcome import Change

Uniques = Sequence[tuple[tuple[str, ...], Mapping[str, object]]]


class Plan:
    """The changes planned so far; as `evaluation.effects.Plan`."""

    __slots__ = ("changes", "overlay", "touched", "written")

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay
        self.changes: list[Change] = []
        self.written: dict[tuple[str, object, str], object] = {}
        self.touched: dict[tuple[str, object], Mapping[str, object]] = {}


def begin(s: State, name: str) -> None:
    """Plan the own record and hide it from the effects."""
    overlay = s.records = overlay_of(s)
    s.plan = Plan(overlay)
    plan_own(s, name)
    overlay.hide(name, s.key)


def plan_own(s: State, name: str) -> None:
    """Let reads see the own record as it is now."""
    s.plan.overlay.plan(name, s.key, s.record)
    s.plan.touched[name, s.key] = s.record


def _note(s: State, name: str, key: object, values: Mapping[str, object]) -> None:
    """Decline where two effects set one field of one record differently."""
    for field, value in values.items():
        if not same(s.plan.written.setdefault((name, key, field), value), value):
            raise Decline


def set_own(s: State, name: str, values: Mapping[str, object]) -> None:
    """An effect sets fields of the own record."""
    _note(s, name, s.key, values)
    s.record.update(values)
    if s.names is not None:
        s.names.pop("record", None)
    plan_own(s, name)


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
    s.plan.changes.append(Change("update", target.name, key, changed, before, effect.id, "update"))
    after = {**record, **changed}
    s.plan.overlay.plan(target.name, key, after)
    s.plan.touched[target.name, key] = after
    return True


def expected(effect: CompiledEffect, found: Sequence[Any]) -> Sequence[Any]:
    """Decline where an update finds another number of records than it says."""
    expect = effect.rule.expect
    if (expect == "one" and len(found) != 1) or (expect == "at_most_one" and len(found) > 1):
        raise Decline
    return found


def stored_again(s: State, target: CompiledResource, read: Any) -> list[Any]:
    """The records that a look-up found, as they are by now."""
    records = read if read.__class__ is list else [] if read is None else [read]
    keys = [record[target.key] for record in records]
    if any(key.__class__ not in (str, int) for key in keys):
        raise Decline
    return [found for key in keys for found in s.plan.overlay.find(target.name, {target.key: key}, 1)]


def create_record(
    s: State, effect: CompiledEffect, target: CompiledResource, record: dict[str, object]
) -> None:
    """Plan a new record."""
    key = record.get(target.key)
    s.plan.overlay.plan(target.name, key, record)
    s.plan.touched[target.name, key] = record
    written = {name: value for name, value in record.items() if value is not None}
    stage: Literal["bound", "rest"] = "bound" if effect.rule.bind else "rest"
    s.plan.changes.append(Change("create", target.name, key, written, None, effect.id, stage))
    if effect.rule.bind:
        s.bound[effect.rule.bind] = record
        if s.names is not None:
            s.names.pop(effect.rule.bind, None)


def require_named(s: State, name: str, resource: str, by: str, key: object, own: str | None) -> None:
    """What an effect writes must name an existing record, maybe the own one."""
    if key is None:
        return
    overlay = s.plan.overlay
    overlay.show_all()
    where = {by: key}
    found = overlay.find(resource, where)
    if own is not None:
        s.reads.append((own, resource, where, len(found)))
    if not any(matches(record, where) for record in found):
        raise Decline
    overlay.hide(name, s.key)


def judge_uniques(s: State, uniques: Mapping[str, tuple[str, Uniques]]) -> None:
    """Decline where a planned record would break a `unique`."""
    if s.store is None:
        return
    touched = s.plan.touched.items() if s.plan is not None else [((s.link.resource.name, s.key), s.record)]
    for (resource, _), record in touched:
        rules = uniques.get(resource)
        if rules is None:
            continue
        key_name, listed = rules
        key = record.get(key_name)
        for fields, condition in listed:
            wanted = {name: record.get(name) for name in fields}
            if None in wanted.values() or not matches(record, condition):
                continue
            for other in s.records.find(resource, {**condition, **wanted}, 2):
                if not same(other.get(key_name), key):
                    raise Decline

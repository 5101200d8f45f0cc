"""What generated functions call to plan changes: `evaluation.effects` on stored values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from rulewright.compiled import CompiledEffect, CompiledResource
from rulewright.evaluation.overlay import _sort_key, matches, same, sequence_number
from rulewright.hotpath.state import Decline, State
from rulewright.ports import Records

Uniques = Sequence[tuple[tuple[str, ...], Mapping[str, object]]]


class Ahead:
    """Records as they will be after what is planned: as `evaluation.overlay.Overlay`, for fewer cases."""

    __slots__ = ("base", "hidden", "keys", "planned")

    def __init__(self, base: Records, keys: Mapping[str, str]) -> None:
        self.base = base
        self.keys = keys
        self.planned: dict[str, dict[object, Mapping[str, object]]] = {}
        self.hidden: tuple[str, object] | None = None

    def find(self, resource: str, where: Mapping[str, object], limit: int | None = None) -> Sequence[Any]:
        """See Records.find."""
        planned = self.planned.get(resource)
        if planned is None:
            return self.base.find(resource, where, limit)
        found = self._matching(resource, where, planned)
        if len(found) > 1:
            key = self.keys[resource]
            found.sort(key=lambda record: _sort_key(record.get(key)))
        return found if limit is None else found[:limit]

    def count(self, resource: str, where: Mapping[str, object]) -> int:
        """See Records.count."""
        planned = self.planned.get(resource)
        if planned is None:
            return self.base.count(resource, where)
        return len(self._matching(resource, where, planned))

    def extreme(
        self, resource: str, where: Mapping[str, object], field: str, which: Literal["min", "max"]
    ) -> object:
        """See Records.extreme."""
        planned = self.planned.get(resource)
        if planned is None:
            return self.base.extreme(resource, where, field, which)
        values = [record.get(field) for record in self._matching(resource, where, planned)]
        known = [value for value in values if value is not None]
        return (min if which == "min" else max)(known, key=_sort_key) if known else None

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        """See Records.last_in_sequence."""
        last = self.base.last_in_sequence(resource, field, prefix)
        for record in self.planned.get(resource, {}).values():
            last = max(last, sequence_number(record.get(field), prefix))
        return last

    def show_all(self) -> None:
        """Undo `hidden`."""
        self.hidden = None

    def _matching(
        self, resource: str, where: Mapping[str, object], planned: Mapping[object, Mapping[str, object]]
    ) -> list[Any]:
        key, hidden = self.keys[resource], self.hidden
        found: list[Any] = []
        for record in self.base.find(resource, where):
            # The own record, which alone is ever hidden, is planned too.
            if record.get(key) not in planned:
                found.append(record)
        for value, record in planned.items():
            if (hidden is None or (resource, value) != hidden) and fits(record, where):
                found.append(record)
        return found


def fits(record: Mapping[str, object], where: Mapping[str, object]) -> bool:
    """Whether a record matches an equality map; true is not 1, a list means any of its items."""
    for name, wanted in where.items():
        value = record.get(name)
        if wanted.__class__ is list:
            if not matches(record, {name: wanted}):
                return False
        elif value != wanted or (value.__class__ is bool) is not (wanted.__class__ is bool):
            return False
    return True


class Plan:
    """The changes planned so far; as `evaluation.effects.Plan`."""

    __slots__ = ("changes", "overlay", "touched", "written")

    def __init__(self, overlay: Ahead) -> None:
        self.overlay = overlay
        # What `Change` is made of.
        self.changes: list[tuple[Any, ...]] = []
        self.written: dict[tuple[str, object, str], object] = {}
        self.touched: dict[tuple[str, object], Mapping[str, object]] = {}


def begin(s: State, name: str) -> None:
    """Plan the own record and hide it from the effects."""
    if s.store is None:
        raise Decline
    overlay = s.records = Ahead(s.store, s.link.keys)
    s.plan = Plan(overlay)
    overlay.planned[name] = {s.key: s.record}
    s.plan.touched[name, s.key] = s.record
    overlay.hidden = (name, s.key)


def plan_own(s: State, name: str) -> None:
    """Let reads see the own record as it is now."""
    s.plan.overlay.planned[name][s.key] = s.record
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
    s.plan.changes.append(("update", target.name, key, changed, before, effect.id, "update"))
    after = {**record, **changed}
    s.plan.overlay.planned.setdefault(target.name, {})[key] = after
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
    s.plan.overlay.planned.setdefault(target.name, {})[key] = record
    s.plan.touched[target.name, key] = record
    written = {name: value for name, value in record.items() if value is not None}
    stage: Literal["bound", "rest"] = "bound" if effect.rule.bind else "rest"
    s.plan.changes.append(("create", target.name, key, written, None, effect.id, stage))
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
    if not any(fits(record, where) for record in found):
        raise Decline
    overlay.hidden = (name, s.key)


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
            where = {**condition, **{name: record.get(name) for name in fields}}
            if None in [where[name] for name in fields] or not fits(record, condition):
                continue
            # One that is planned is judged on its own turn only against others.
            for other in s.records.find(resource, where):
                if not same(other.get(key_name), key):
                    raise Decline

"""Reading through what one payload plans: `evaluation.overlay.Overlay`, for what code is written for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from rulewright.evaluation.overlay import matches, sequence_number, sort_key
from rulewright.ports import Records


class Ahead:
    """`Records` as they will be. Whole planned records stand in `planned`, by resource and key.

    `revised` names the resources of which a stored record is planned anew; of the others all that is planned
    is new. `hidden` is the own record while effects look for others.
    """

    __slots__ = ("hidden", "planned", "revised", "store")

    keys: Mapping[str, str]  # of the generated subclass: resource -> its key field

    store: Records
    planned: dict[str, dict[object, Mapping[str, object]]]
    revised: set[str] | None
    hidden: Mapping[str, object] | None

    def find(self, resource: str, where: Mapping[str, object], limit: int | None = None) -> Sequence[Any]:
        """See Records.find."""
        planned = self.planned.get(resource)
        if planned is None:
            return self.store.find(resource, where, limit)
        found = self._matching(resource, where, planned)
        if len(found) > 1:
            key = self.keys[resource]
            found.sort(key=lambda record: sort_key(record.get(key)))
        return found if limit is None else found[:limit]

    def count(self, resource: str, where: Mapping[str, object]) -> int:
        """See Records.count."""
        planned = self.planned.get(resource)
        if planned is None:
            return self.store.count(resource, where)
        if self.revised is not None and resource in self.revised:
            return len(self._matching(resource, where, planned))
        count = self.store.count(resource, where)
        for record in planned.values():
            if record is not self.hidden and fits(record, where):
                count += 1
        return count

    def extreme(
        self, resource: str, where: Mapping[str, object], field: str, which: Literal["min", "max"]
    ) -> object:
        """See Records.extreme."""
        planned = self.planned.get(resource)
        if planned is None:
            return self.store.extreme(resource, where, field, which)
        values = [record.get(field) for record in self._matching(resource, where, planned)]
        known = [value for value in values if value is not None]
        return (min if which == "min" else max)(known, key=sort_key) if known else None

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        """See Records.last_in_sequence."""
        store: Records | None = self.store
        last = 0 if store is None else store.last_in_sequence(resource, field, prefix)
        for record in self.planned.get(resource, {}).values():
            last = max(last, sequence_number(record.get(field), prefix))
        return last

    def _matching(
        self, resource: str, where: Mapping[str, object], planned: Mapping[object, Mapping[str, object]]
    ) -> list[Any]:
        key = self.keys[resource]
        if len(where) == 1 and key in where:
            wanted = where[key]
            held = planned.get(wanted) if wanted.__class__ is int or wanted.__class__ is str else None
            if held is not None:
                # What is stored under this key, if anything, is out of date.
                return [held] if held is not self.hidden and fits(held, where) else []
        # The own record, which alone is ever hidden, is planned too.
        found = [one for one in self.store.find(resource, where) if one.get(key) not in planned]
        for record in planned.values():
            if record is not self.hidden and fits(record, where):
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

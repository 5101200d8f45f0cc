"""The look-ups of `infer` that must find nothing for it to have nothing to tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from msgspec import Struct

from rulewright.compiled import CompiledField, CompiledResource, CompiledRules
from rulewright.formula import OWN_ROOTS, Formula
from rulewright.glance.chains import chain
from rulewright.glance.lines import day_of
from rulewright.glance.proofs import REMEMBERED
from rulewright.hotpath.intake import is_sent
from rulewright.hotpath.writing.cells import Cells
from rulewright.hotpath.writing.inferring import InferenceWriter
from rulewright.hotpath.writing.unit import NotGenerated, Unit
from rulewright.ports import Records, StoredRecord, Where

# Records.find, or what gives no more than is known already, and raises where nothing is.
Find = Callable[[str, Where], Sequence[StoredRecord]]


class Guard(Struct, frozen=True):
    """`infer` is silent where no record of `resource` holds in `fields` what the payload holds in `own`."""

    resource: str
    fields: tuple[str, ...]
    own: tuple[str, ...]


def find_guards(rules: CompiledRules, resource: CompiledResource) -> dict[str, Guard]:
    """The look-ups that must find nothing for no rule of `infer` to have anything to tell."""
    if not resource.file.inferences:
        return {}
    found: dict[str, Guard] = {}
    for needs in InferenceWriter(Unit(rules, resource), Cells(Unit(rules, resource))).needs():
        name = next((one for one in sorted(needs) if one in resource.lookups), None)
        if name is None:
            raise NotGenerated("rules of infer that need no look-up")
        found[name] = _guard_of(resource, name)
    return found


def _guard_of(resource: CompiledResource, name: str) -> Guard:
    lookup = resource.lookups[name]
    own: list[str] = []
    for entry in lookup.by.entries.values():
        root, steps, _ = chain(entry.node) if isinstance(entry, Formula) else (None, (), ())
        one = resource.fields.get(steps[0]) if root is not None and len(steps) == 1 else None
        if root is None or root.name not in OWN_ROOTS or one is None or not _is_as_sent(resource, one):
            raise NotGenerated(f"the look-up {name}, by what is worked out")
        own.append(one.name)
    if lookup.rule.kind not in ("find", "find_all") or lookup.rule.if_missing != "null" or not own:
        raise NotGenerated(f"the look-up {name} of infer")
    return Guard(lookup.rule.resource, tuple(lookup.by.entries), tuple(own))


def _is_as_sent(resource: CompiledResource, one: CompiledField) -> bool:
    """Whether what is stored is what was sent, to the letter."""
    rule = one.rule
    supplied = rule.default is not None or rule.default_from is not None or rule.blank is not None
    derived = rule.compute is not None or rule.generate is not None or one.excluded_if is not None
    plain = rule.type in ("string", "integer") or (rule.type == "date" and (rule.format or "iso") == "iso")
    return plain and not supplied and not derived and is_sent(resource, one)


def holding(guard: Guard, days: Collection[int], records: Records) -> tuple[set[object], Callable[[], None]]:
    """Return what records hold in the fields of a guard, and what looks anew.

    `days` are the places of dates among them. Raises NotGenerated where there are too many records, as does
    looking anew.
    """
    held: set[object] = set()

    def refill() -> None:
        if records.count(guard.resource, {}) > REMEMBERED:
            raise NotGenerated(f"{guard.resource} has many records")
        held.clear()
        for record in records.find(guard.resource, {}):
            values = [record.get(each) for each in guard.fields]
            for at in days:
                values[at] = day_of(values[at])
            # What was not sent, or null, is not looked up.
            if None not in values:
                held.add(tuple(values) if len(values) > 1 else values[0])

    refill()
    return held, refill


def asking(guard: Guard, days: Collection[int], find: Find, absent: str) -> Callable[..., bool]:
    """Return what tells whether no record holds some values; it raises where that is not known."""

    def is_free(*values: Any) -> bool:
        if None in values or absent in values:
            # What was not sent, or null, is not looked up.
            return True
        asked = [value.isoformat() if at in days else value for at, value in enumerate(values)]
        return not find(guard.resource, dict(zip(guard.fields, asked, strict=True)))

    return is_free

"""Updates made from rule files: patches of stored records, some of these at odds with the rules.

What is patched comes from scenarios and from accepted creates; each case sends a few fields of the record,
changed, unchanged or cleared.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

from calls import NOW, Case, DictRecords, Seed, Stored
from changing import Changer
from msgspec import structs
from payloads import PayloadMaker
from samples import WRONG
from situations import created, takes
from stored import Ager, with_text_keys

from rulewright import Program
from rulewright.compiled import CompiledField
from rulewright.evaluation import Inputs, Request
from rulewright.evaluation.stored_form import print_instant

_PARAMETER = re.compile(r"\{(\w+)\}")


class PatchMaker:
    """Makes updates of one resource.

    `creates` are the seeds of its creates, `situations` those of its updates.
    """

    def __init__(
        self,
        program: Program,
        resource: str,
        creates: Sequence[Seed],
        situations: Sequence[Seed],
        random: Random,
        operation: str = "update",
    ) -> None:
        self.program = program
        self.resource = program.compiled.resources[resource]
        self.operation = operation
        self.situations = situations
        self.random = random
        self.changer = Changer(program, self.resource, random)
        self.patcher = Patcher(self.changer, [one.payload for one in creates], random)
        self.ager = Ager(random)
        self.creates = PayloadMaker(program, resource, creates, random)
        self.keys = {name: one.key for name, one in program.compiled.resources.items()}

    def cases(self, count: int) -> Iterator[Case]:
        """Each starts from a stored record and sends none to six of its fields."""
        creates = self.creates.cases(10 * count) if takes(self.resource, "create") else ()
        made = created(self.program, creates, min(5 + count // 20, 200))
        groups = (
            [one for one in self.situations if one.payload],
            [one for one in self.situations if not one.payload],
            [*made],
        )
        pools = [group for group in groups if group]
        for _ in range(count):
            is_known = pools and self.random.random() < 0.97
            yield self._case(self.random.choice(self.random.choice(pools)) if is_known else self._invented())

    def _invented(self) -> Seed:
        """A record that nobody would have made."""
        seed = self.random.choice(self.creates.seeds)
        fields = self.resource.fields
        made = {name: self.changer.sampler.value(one, seed.records) for name, one in fields.items()}
        record = with_text_keys(made)
        key = record[self.resource.key] = 1 if fields[self.resource.key].rule.type == "integer" else "k1"
        return replace(seed, records={**seed.records, self.resource.name: [record]}, key=key)

    def _case(self, seed: Seed) -> Case:
        random = self.random
        stored = self._stored(seed)
        current = next((one for one in stored.get(self.resource.name, ()) if self._is_own(one, seed.key)), {})
        payload: Any = copy.deepcopy(seed.payload) if random.random() < 0.6 else {}
        if isinstance(payload, dict):
            self._fill(payload, current, stored)
        if random.random() < 0.01:
            payload = copy.deepcopy(random.choice(WRONG))
        inputs = Inputs(
            operation=self.operation,
            payload=payload,
            now=NOW,
            seed=random.randrange(1000),
            key=self._key(seed.key),
            actor=self._actor(seed.actor),
            request=self._request(seed),
        )
        records = None if random.random() < 0.02 else DictRecords(stored, self.keys)
        return Case(self.resource.name, inputs, records)

    def _fill(self, payload: dict[str, Any], current: Mapping[str, Any], stored: Stored) -> None:
        """Put into a payload what is sent."""
        self.patcher.patch(payload, current, stored)

    def _is_own(self, record: Mapping[str, object], key: object) -> bool:
        return record.get(self.resource.key) == key

    def _stored(self, seed: Seed) -> dict[str, list[Mapping[str, object]]]:
        """What is stored: as it was, with parts missing, or with records that no rule would let in now."""
        random = self.random
        stored = {name: [*found] for name, found in seed.records.items()}
        if random.random() < 0.05:
            stored = {
                name: found
                for name, found in stored.items()
                if name == self.resource.name or random.random() < 0.6
            }
        if random.random() < 0.1:
            stored = {name: [_without_nulls(one) for one in found] for name, found in stored.items()}
        if random.random() < 0.35:
            own = stored.get(self.resource.name, [])
            own[:] = [
                self.ager.age(one, self.resource, stored) if self._is_own(one, seed.key) else one
                for one in own
            ]
        if random.random() < 0.07 and stored:
            name = random.choice([*stored])
            resource = self.program.compiled.resources[name]
            stored[name] = [
                self.ager.age(one, resource, stored) if random.random() < 0.5 else one for one in stored[name]
            ]
        return stored

    def _key(self, key: Any) -> Any:
        if self.random.random() > 0.06:
            return key
        return self.random.choice((None, "missing", 987, str(key), [key], {"id": key}, True, 1.0, ""))

    def _actor(self, actor: Any) -> Any:
        random = self.random
        if isinstance(actor, dict) and actor and random.random() < 0.05:
            # Another caller of the same kind: what is there may be outside of this one's scope.
            return {**actor, random.choice([*actor]): random.choice(("partner_2", "other", None, 5))}
        return self.changer.vary_actor(actor)

    def _request(self, seed: Seed) -> Request:
        """The request, with the record's key among its path parameters or without."""
        random = self.random
        operation = self.resource.operation(self.operation)
        names = _PARAMETER.findall(operation.path or "") if operation is not None else []
        request = self.changer.vary_request(seed.request)
        path = dict(request.path)
        if names and random.random() < 0.2:
            path[names[-1]] = random.choice((seed.key, seed.key, str(seed.key), "other", "", None))
        elif path and random.random() < 0.03:
            path[random.choice([*path])] = random.choice(("other", "", None, 5))
        elif path and random.random() < 0.03:
            path.pop(random.choice([*path]))
        return structs.replace(request, path=path)


class Patcher:
    """Makes what is sent to change a record."""

    def __init__(self, changer: Changer, payloads: Sequence[Any], random: Random) -> None:
        self.changer = changer
        self.payloads = [one for one in payloads if isinstance(one, dict) and one]
        self.random = random
        self.fields = changer.resource.fields

    def patch(self, payload: dict[str, Any], current: Mapping[str, Any], stored: Stored) -> None:
        """Send none to six fields more."""
        random = self.random
        ways = (
            *(self._change, self._change, self._change, self._borrow, self._borrow, self._borrow),
            *(self._clear, self._repeat, self._part, self._own, self._take),
        )
        for _ in range(random.choice((0, 1, 1, 2, 3, 6))):
            way = random.choice(ways)
            way(payload, current, stored)
        if random.random() < 0.04:
            for name in current:
                payload.setdefault(name, self._same(name, current))
        if random.random() < 0.15:
            for _ in range(random.choice((1, 2, 3))):
                self.changer.spoil(payload, stored)

    def _change(self, payload: dict[str, Any], current: Mapping[str, Any], stored: Stored) -> None:
        self.changer.change(payload, [*self.fields.values()], stored)

    def _borrow(self, payload: dict[str, Any], current: Mapping[str, Any], stored: Stored) -> None:
        """Send what another record was made with."""
        if self.payloads:
            other = self.random.choice(self.payloads)
            for name in self.random.sample([*other], min(len(other), self.random.choice((1, 1, 2, 4)))):
                # What never changes seldom: one such field hides what comes of the others.
                if (
                    name not in self.fields
                    or not self.fields[name].rule.immutable
                    or self.random.random() < 0.1
                ):
                    payload[name] = copy.deepcopy(other[name])

    def _clear(self, payload: dict[str, Any], current: Mapping[str, Any], stored: Stored) -> None:
        """Send null, or an empty text, for what is there."""
        given = [name for name, value in current.items() if value is not None]
        nothing = self.random.choice((None, None, None, "", " "))
        payload[self.random.choice(given or [*self.fields])] = nothing

    def _repeat(self, payload: dict[str, Any], current: Mapping[str, Any], stored: Stored) -> None:
        """Send what is there already."""
        name = self.random.choice([*self.fields])
        payload[name] = self._same(name, current)

    def _part(self, payload: dict[str, Any], current: Mapping[str, Any], stored: Stored) -> None:
        """Send some entries of an object or a map: changed, unchanged, cleared and new ones."""
        nested = [one for one in self.fields.values() if one.children or one.rule.type == "map"]
        if not nested:
            return
        field = self.random.choice(nested)
        below = current.get(field.name)
        children = {child.name: child for child in field.children}
        names = [*(below if isinstance(below, Mapping) else ()), *children, "new"]
        payload[field.name] = {
            name: self._entry(
                children.get(name), below.get(name) if isinstance(below, Mapping) else None, stored
            )
            for name in self.random.sample(names, self.random.randint(0, min(4, len(names))))
        }

    def _entry(self, child: CompiledField | None, before: Any, stored: Stored) -> Any:
        roll = self.random.random()
        if isinstance(before, Mapping) and before and roll < 0.4:
            # A part of a part: what is left out stays, at every depth of a map.
            name = self.random.choice([*before])
            return {name: self._entry(None, before[name], stored), "more": self.random.choice((None, "m"))}
        if roll < 0.25:
            return None
        if roll < 0.55:
            return copy.deepcopy(before) if child is None else sent_form(child, before)
        if child is not None:
            return copy.deepcopy(self.changer.sampler.value(child, stored))
        return copy.deepcopy(self.random.choice(("b", "", {"y": None}, {"y": {"z": None, "w": "v"}}, *WRONG)))

    def _own(self, payload: dict[str, Any], current: Mapping[str, Any], stored: Stored) -> None:
        """Send what callers should not: the key, the state, what is read-only or never changes."""
        resource = self.changer.resource
        state = resource.workflow.rule.field if resource.workflow is not None else None
        names = [
            one.name for one in self.fields.values() if one.rule.immutable or one.rule.readonly is not None
        ]
        name = self.random.choice([resource.key, state or resource.key, *names])
        if self.random.random() < 0.5:
            payload[name] = self._same(name, current)
        else:
            payload[name] = copy.deepcopy(self.changer.sampler.value(self.fields[name], stored))

    def _take(self, payload: dict[str, Any], current: Mapping[str, Any], stored: Stored) -> None:
        """Send what is unique and another record's, or this one's own."""
        self.changer.take(payload, [*self.fields.values()], stored)

    def _same(self, name: str, current: Mapping[str, Any]) -> Any:
        value = current.get(name)
        return sent_form(self.fields[name], value) if name in self.fields else copy.deepcopy(value)


def sent_form(field: CompiledField, stored: Any) -> Any:
    """A stored value as callers send it: dates are in their field's format."""
    if isinstance(stored, Mapping) and field.children:
        children = {child.name: child for child in field.children}
        return {
            name: sent_form(children[name], part) if name in children else copy.deepcopy(part)
            for name, part in stored.items()
        }
    if isinstance(stored, list) and field.items is not None:
        return [sent_form(field.items, item) for item in stored]
    if stored.__class__ is str and isinstance(decoded := field.type.decode(stored), date):
        return print_instant(decoded, field.rule.type, field.rule.format)
    return copy.deepcopy(stored)


def _without_nulls(record: Mapping[str, object]) -> dict[str, object]:
    """As a store may leave them out of what it returns."""
    return {name: value for name, value in record.items() if value is not None}

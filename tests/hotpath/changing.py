"""Payloads changed for better or worse, callers and requests varied."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from random import Random
from typing import Any

from calls import Stored
from samples import WRONG, Sampler

from rulewright import Program
from rulewright.compiled import CompiledField, CompiledResource
from rulewright.evaluation import Request


class Changer:
    """Changes the parts of calls of one resource."""

    def __init__(self, program: Program, resource: CompiledResource, random: Random) -> None:
        self.program = program
        self.resource = resource
        self.random = random
        self.sampler = Sampler(random)

    def vary_actor(self, actor: Any) -> Any:
        """The caller, now and then one who is nobody, or not as the API declares."""
        if self.random.random() > 0.05 or not isinstance(actor, dict):
            return actor
        return self.random.choice(
            [None, {}, dict.fromkeys(actor), {name: self.random.choice(WRONG) for name in actor}]
        )

    def vary_request(self, request: Request) -> Request:
        """The request, now and then without its parts or with more than usual."""
        roll = self.random.random()
        if roll < 0.02:
            return Request()
        if roll < 0.04:
            return Request(request.path, {"include": "participants, plans"}, request.headers)
        if roll < 0.06:
            return Request(request.path, request.query, {"idempotency-KEY": "k1"})
        return request

    def change(self, payload: dict[str, Any], fields: list[CompiledField], records: Stored) -> None:
        """Change one part: a value for a field, a field left out, a field that nobody knows."""
        random = self.random
        roll = random.random()
        if roll < 0.08:
            payload[random.choice(["unknown", "", "id ", "postCode", "a/b~c"])] = copy.deepcopy(
                random.choice(WRONG)
            )
            return
        sendable = [field for field in fields if field.rule.readonly is None] or fields
        field = random.choice(fields if roll < 0.15 else sendable)
        if roll > 0.85:
            payload.pop(field.name, None)
            return
        below = payload.get(field.name)
        if field.children and isinstance(below, dict) and random.random() < 0.8:
            self.change(below, list(field.children), records)
            return
        # A copy: what is nested may be changed in its turn.
        payload[field.name] = copy.deepcopy(self.sampler.value(field, records))

    def spoil(self, payload: dict[str, Any], records: Stored) -> None:
        """Do what is refused, whatever else is: several problems meet in one payload."""
        fields = self.resource.fields
        spoilers = (self._misspell, self._misspell_part, self._spoil_part, self._lose, self._dangle)
        self.random.choice((*spoilers, self.take, self._give))(payload, [*fields.values()], records)

    def _misspell(self, payload: dict[str, Any], fields: Sequence[CompiledField], records: Stored) -> None:
        if payload:
            name = self.random.choice([*payload])
            wrong = self.random.choice((str(name).upper(), f"{name}s", str(name)[1:], str(name).swapcase()))
            payload[wrong] = payload[name] if self.random.random() < 0.5 else payload.pop(name)

    def _misspell_part(
        self, payload: dict[str, Any], fields: Sequence[CompiledField], records: Stored
    ) -> None:
        for below in payload.values():
            if isinstance(below, dict):
                self._misspell(below, fields, records)

    def _spoil_part(self, payload: dict[str, Any], fields: Sequence[CompiledField], records: Stored) -> None:
        """Put a wrong value into an object or a list that is there."""
        wrong = copy.deepcopy(self.random.choice(WRONG))
        for below in payload.values():
            if isinstance(below, dict) and below:
                below[self.random.choice([*below])] = wrong
            elif isinstance(below, list):
                below.insert(self.random.randrange(len(below) + 1), wrong)

    def _lose(self, payload: dict[str, Any], fields: Sequence[CompiledField], records: Stored) -> None:
        """Leave out, or send null for, what may be required."""
        field = self.random.choice([one for one in fields if _may_be_required(one)] or [*fields])
        if self.random.random() < 0.5:
            payload[field.name] = self.random.choice((None, "", " "))
        else:
            payload.pop(field.name, None)

    def _give(self, payload: dict[str, Any], fields: Sequence[CompiledField], records: Stored) -> None:
        """Send what may be forbidden, or asked more of: a value as good as any."""
        ruled = [one for one in fields if "presence" in one.concerns or one.checks]
        field = self.random.choice(ruled or [*fields])
        values = [*self.sampler.values(field, records)]
        payload[field.name] = copy.deepcopy(self.random.choice(values or [*WRONG]))

    def _dangle(self, payload: dict[str, Any], fields: Sequence[CompiledField], records: Stored) -> None:
        """Name a record that is not there."""
        for field in fields:
            if field.reference is not None and self.random.random() < 0.5:
                target = self.program.compiled.resources[field.reference.resource]
                missing: Any = "missing" if target.fields[field.reference.by].rule.type == "string" else 987
                given = payload.get(field.name)
                listed = [*given, missing, missing] if isinstance(given, list) else [missing]
                payload[field.name] = listed if field.rule.type == "list" else missing

    def take(self, payload: dict[str, Any], fields: Sequence[CompiledField], records: Stored) -> None:
        """Send what another record holds already."""
        stored = records.get(self.resource.name, ())
        if stored:
            record = self.random.choice(stored)
            for field in fields:
                if field.unique is not None and field.name in record and record[field.name] is not None:
                    payload[field.name] = copy.deepcopy(record[field.name])


def _may_be_required(field: CompiledField) -> bool:
    return field.rule.required or field.required_if is not None or field.required_unless is not None

"""Payloads made from rule files: boundaries of each field, wrong types, look-ups found, missing and null.

The scenarios that ship give the records, callers and payloads to start from; each case changes a few fields.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from rulewright import Program
from rulewright.compiled import CompiledField, CompiledResource
from rulewright.evaluation import Inputs, Request
from rulewright.evaluation.overlay import matches
from rulewright.program import shipped_rules
from rulewright.scenarios import find_files, read_file

NOW = datetime(2025, 1, 17, 11, 18, 29, 250_000, tzinfo=UTC)
WRONG = (
    None,
    "",
    " ",
    "x",
    "a\0b",
    "\ud800",
    "é",
    0,
    1,
    -1,
    5.0,
    1.5,
    float("nan"),
    float("inf"),
    2**63,
    -(2**63),
    2**63 - 1,
    True,
    False,
    [],
    ["x"],
    [None],
    [1, 1],
    {},
    {"x": 1},
    {"x": {"y": []}},
    10**400,
    {1: 2},
    [{"a": {None: 1}}],
    "0",
    "true",
    "x" * 300,
)
DATES = (
    "2025-01-31",
    "2025-02-29",
    "2024-02-29",
    "0999-01-01",
    "31/01/2025",
    "1/1/2025",
    "29/02/2025",
    "01/02/0999",
    "2025-1-31",
    "20250131",
    "\uff12025-01-31",
    "2025-01-31T00:00:00Z",
    "2025-01-31T09:30:00.123Z",
    "2025-01-31 09:30:00",
    "2025-01-31T09:30:00+02:00",
    "9999-12-31",
    "31/12/9999",
)
UUIDS = (
    "3f2b8c1e-5a44-4d0e-9c38-6f6f2f0d7a11",
    "3F2B8C1E-5A44-4D0E-9C38-6F6F2F0D7A11",
    "{3f2b8c1e-5a44-4d0e-9c38-6f6f2f0d7a11}",
    "3f2b8c1e5a444d0e9c386f6f2f0d7a11",
    "3f2b8c1e-5a44-4d0e-9c38-6f6f2f0d7a1g",
    "3f2b8c1e-5a44-4d0e-9c38-6f6f2f0d7a11\n",
)


TEXTS = ("Ann", "O'Brien", "naïve ☃", "SW1A 1AA", "ann@example.org", "Active")
_OF_TYPE: dict[str, tuple[Any, ...]] = {
    "date": DATES,
    "datetime": DATES,
    "uuid": UUIDS,
    "email": ("ann@example.org", "ann at example", "ann@example"),
    "integer": (0, 1, 7, 123456, 2**53, 2**53 + 1),
    "number": (0, 1.5, -2, 1e308, 2**53 + 1),
    "boolean": (True, False),
    "list": (),
    "map": (),
    "object": (),
}


class DictRecords:
    """A whole store over plain dicts, for reading only."""

    def __init__(
        self, records: Mapping[str, Sequence[Mapping[str, object]]], keys: Mapping[str, str]
    ) -> None:
        self.records = {
            name: sorted(found, key=lambda one: str(one.get(keys[name]))) for name, found in records.items()
        }

    def find(
        self, resource: str, where: Mapping[str, object], limit: int | None = None
    ) -> list[Mapping[str, object]]:
        found = [one for one in self.records.get(resource, ()) if matches(one, where)]
        return copy.deepcopy(found[:limit])

    def count(self, resource: str, where: Mapping[str, object]) -> int:
        return len(self.find(resource, where))

    def extreme(self, resource: str, where: Mapping[str, object], field: str, which: str) -> object:
        values: list[Any] = [one[field] for one in self.find(resource, where) if one.get(field) is not None]
        return (min if which == "min" else max)(values, default=None)

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        numbers = [0]
        for one in self.records.get(resource, ()):
            value = one.get(field)
            if isinstance(value, int) and not prefix:
                numbers.append(value)
            elif (
                isinstance(value, str)
                and prefix
                and value.startswith(prefix)
                and value[len(prefix) :].isdigit()
            ):
                numbers.append(int(value[len(prefix) :]))
        return max(numbers)


@dataclass(frozen=True)
class Case:
    """One call: what comes in, and the records that are there (None: no store)."""

    resource: str
    inputs: Inputs
    records: DictRecords | None


@dataclass(frozen=True)
class Seed:
    """A call of a shipped scenario, to start from."""

    payload: Any
    records: dict[str, list[dict[str, object]]]
    actor: Any
    request: Request


def seeds_of(program: Program) -> dict[str, list[Seed]]:
    """The creates of the shipped scenarios, by resource; a resource without any starts from nothing."""
    seeds: dict[str, list[Seed]] = {name: [] for name in program.resources}
    resources = program.compiled.resources
    for path in find_files([shipped_rules()]):
        for scenario in read_file(path, program.compiled).scenarios:
            records = {
                name: [{**dict.fromkeys(resources[name].fields), **one} for one in found]
                for name, found in scenario.given.items()
            }
            for step in scenario.steps:
                if step.operation == "create" and "$" not in str(step.payload):
                    request = Request(**{name: dict(part) for name, part in step.request.items()})
                    seeds[step.resource].append(Seed(step.payload, records, step.actor, request))
    for found in seeds.values():
        found.append(
            Seed(
                {},
                found[0].records if found else {},
                found[0].actor if found else {},
                found[0].request if found else Request(),
            )
        )
    return seeds


class PayloadMaker:
    """Makes cases of one resource."""

    def __init__(self, program: Program, resource: str, seeds: Sequence[Seed], random: Random) -> None:
        self.program = program
        self.resource: CompiledResource = program.compiled.resources[resource]
        self.seeds = seeds
        self.random = random
        self.keys = {name: one.key for name, one in program.compiled.resources.items()}

    def cases(self, count: int) -> Iterator[Case]:
        """Each starts from a scenario's call and changes none to four of its parts."""
        for _ in range(count):
            yield self._case()

    def _case(self) -> Case:
        random = self.random
        seed = random.choice(self.seeds)
        payload: Any = copy.deepcopy(seed.payload)
        records: dict[str, Any] | None = seed.records
        if isinstance(payload, dict):
            for _ in range(random.choice((0, 1, 1, 2, 3, 6))):
                self._change(payload, list(self.resource.fields.values()), seed)
            if random.random() < 0.3:
                for _ in range(random.choice((1, 2, 3, 5))):
                    self._spoil(payload, seed)
        if random.random() < 0.01:
            payload = random.choice(WRONG)
        if random.random() < 0.03:
            records = None
        elif random.random() < 0.1:
            records = {name: found for name, found in seed.records.items() if random.random() < 0.7}
        inputs = Inputs(
            operation="create",
            payload=payload,
            now=NOW,
            seed=random.randrange(1000),
            actor=self._actor(seed.actor),
            request=self._request(seed.request),
        )
        return Case(self.resource.name, inputs, None if records is None else DictRecords(records, self.keys))

    def _actor(self, actor: Any) -> Any:
        if self.random.random() > 0.05 or not isinstance(actor, dict):
            return actor
        return self.random.choice(
            [None, {}, dict.fromkeys(actor), {name: self.random.choice(WRONG) for name in actor}]
        )

    def _request(self, request: Request) -> Request:
        roll = self.random.random()
        if roll < 0.02:
            return Request()
        if roll < 0.04:
            return Request(request.path, {"include": "participants, plans"}, request.headers)
        if roll < 0.06:
            return Request(request.path, request.query, {"idempotency-KEY": "k1"})
        return request

    def _change(self, payload: dict[str, Any], fields: list[CompiledField], seed: Seed) -> None:
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
            self._change(below, list(field.children), seed)
            return
        # A copy: what is nested may be changed in its turn.
        payload[field.name] = copy.deepcopy(self.value(field, seed))

    def _spoil(self, payload: dict[str, Any], seed: Seed) -> None:
        """Do what is refused, whatever else is: several problems meet in one payload."""
        fields = self.resource.fields
        spoilers = (self._misspell, self._misspell_part, self._spoil_part, self._lose, self._dangle)
        self.random.choice((*spoilers, self._take, self._give))(payload, [*fields.values()], seed)

    def _misspell(self, payload: dict[str, Any], fields: Sequence[CompiledField], seed: Seed) -> None:
        if payload:
            name = self.random.choice([*payload])
            wrong = self.random.choice((str(name).upper(), f"{name}s", str(name)[1:], str(name).swapcase()))
            payload[wrong] = payload[name] if self.random.random() < 0.5 else payload.pop(name)

    def _misspell_part(self, payload: dict[str, Any], fields: Sequence[CompiledField], seed: Seed) -> None:
        for below in payload.values():
            if isinstance(below, dict):
                self._misspell(below, fields, seed)

    def _spoil_part(self, payload: dict[str, Any], fields: Sequence[CompiledField], seed: Seed) -> None:
        """Put a wrong value into an object or a list that is there."""
        wrong = copy.deepcopy(self.random.choice(WRONG))
        for below in payload.values():
            if isinstance(below, dict) and below:
                below[self.random.choice([*below])] = wrong
            elif isinstance(below, list):
                below.insert(self.random.randrange(len(below) + 1), wrong)

    def _lose(self, payload: dict[str, Any], fields: Sequence[CompiledField], seed: Seed) -> None:
        """Leave out, or send null for, what may be required."""
        field = self.random.choice([one for one in fields if _may_be_required(one)] or [*fields])
        if self.random.random() < 0.5:
            payload[field.name] = self.random.choice((None, "", " "))
        else:
            payload.pop(field.name, None)

    def _give(self, payload: dict[str, Any], fields: Sequence[CompiledField], seed: Seed) -> None:
        """Send what may be forbidden, or asked more of: a value as good as any."""
        ruled = [one for one in fields if "presence" in one.concerns or one.checks]
        field = self.random.choice(ruled or [*fields])
        values = [*self._values(field, seed, 0)]
        payload[field.name] = copy.deepcopy(self.random.choice(values or [*WRONG]))

    def _dangle(self, payload: dict[str, Any], fields: Sequence[CompiledField], seed: Seed) -> None:
        """Name a record that is not there."""
        for field in fields:
            if field.reference is not None and self.random.random() < 0.5:
                target = self.program.compiled.resources[field.reference.resource]
                missing: Any = "missing" if target.fields[field.reference.by].rule.type == "string" else 987
                given = payload.get(field.name)
                listed = [*given, missing, missing] if isinstance(given, list) else [missing]
                payload[field.name] = listed if field.rule.type == "list" else missing

    def _take(self, payload: dict[str, Any], fields: Sequence[CompiledField], seed: Seed) -> None:
        """Send what another record holds already."""
        stored = seed.records.get(self.resource.name, ())
        if stored:
            record = self.random.choice(stored)
            for field in fields:
                if field.unique is not None and field.name in record and record[field.name] is not None:
                    payload[field.name] = copy.deepcopy(record[field.name])

    def value(self, field: CompiledField, seed: Seed, depth: int = 0) -> Any:
        """A value for a field: often a good one, or one at the edge of good."""
        if self.random.random() < 0.25 or depth > 3:
            return self.random.choice(WRONG)
        return self.random.choice([*self._values(field, seed, depth)] or [*WRONG])

    def _values(self, field: CompiledField, seed: Seed, depth: int) -> Iterator[Any]:
        if field.reference is not None:
            yield from self._keys(field, seed)
            return
        if field.children:
            kept = [child for child in field.children if self.random.random() < 0.7]
            yield {child.name: self.value(child, seed, depth + 1) for child in kept}
        yield from _edges(field)
        yield from _OF_TYPE.get(field.rule.type, TEXTS)
        if field.items is not None and field.rule.type == "list":
            yield [self.value(field.items, seed, depth + 1) for _ in range(self.random.choice((0, 1, 2, 3)))]
        if field.rule.type == "map":
            yield {"a": "b", "c": self.random.choice(WRONG)}

    def _keys(self, field: CompiledField, seed: Seed) -> Iterator[Any]:
        reference = field.reference
        assert reference is not None
        keys = [one.get(reference.by) for one in seed.records.get(reference.resource, ())]
        if field.rule.type == "list":
            known = [key for key in keys if key is not None]
            yield self.random.sample(known, min(len(known), self.random.randrange(4)))
            yield [*known, *known]
            yield [*known, "missing"]
            yield [self.random.choice(WRONG), *known]
            return
        yield from keys
        yield from (True, 10**6, "missing", *UUIDS[:2])


def _may_be_required(field: CompiledField) -> bool:
    return field.rule.required or field.required_if is not None or field.required_unless is not None


def _edges(field: CompiledField) -> Iterator[Any]:
    """Values at and just beyond what the field's keywords allow."""
    rule = field.rule
    if isinstance(rule.one_of, tuple):
        yield from rule.one_of
        yield from (one.lower() for one in rule.one_of if isinstance(one, str))
    for bound in (rule.min, rule.max):
        if isinstance(bound, int | float):
            yield from (bound, bound - 1, bound + 1, float(bound))
        elif bound is not None:
            yield bound
    for size in (rule.min_length, rule.max_length):
        if size is not None:
            yield from ("x" * size, "é" * size, "x" * max(size - 1, 0), "x" * (size + 1), [1] * size)

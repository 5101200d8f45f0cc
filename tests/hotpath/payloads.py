"""Creates made from rule files: boundaries of each field, wrong types, look-ups found, missing and null.

The scenarios that ship give the records, callers and payloads to start from; each case changes a few fields.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from calls import NOW, Case, DictRecords, Seed
from changing import Changer
from samples import WRONG

from rulewright import Program
from rulewright.compiled import CompiledResource
from rulewright.evaluation import Inputs, Request
from rulewright.program import shipped_rules
from rulewright.scenarios import find_files, read_file

__all__ = ["NOW", "Case", "DictRecords", "PayloadMaker", "Seed", "seeds_of"]


def seeds_of(program: Program, folder: Path | None = None) -> dict[str, list[Seed]]:
    """The creates of the scenarios in a folder (default: those shipped), by resource.

    A resource without any starts from nothing.
    """
    seeds: dict[str, list[Seed]] = {name: [] for name in program.resources}
    resources = program.compiled.resources
    for path in find_files([folder or shipped_rules()]):
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
    """Makes creates of one resource."""

    def __init__(self, program: Program, resource: str, seeds: Sequence[Seed], random: Random) -> None:
        self.resource: CompiledResource = program.compiled.resources[resource]
        self.seeds = seeds
        self.random = random
        self.changer = Changer(program, self.resource, random)
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
                self.changer.change(payload, list(self.resource.fields.values()), seed.records)
            if random.random() < 0.3:
                for _ in range(random.choice((1, 2, 3, 5))):
                    self.changer.spoil(payload, seed.records)
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
            actor=self.changer.vary_actor(seed.actor),
            request=self.changer.vary_request(seed.request),
        )
        return Case(self.resource.name, inputs, None if records is None else DictRecords(records, self.keys))

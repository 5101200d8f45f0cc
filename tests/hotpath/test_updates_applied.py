"""Updates that are stored one after the other are those that the plain evaluator would have stored."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from agreement import creates_of, differences
from calls import NOW, Case, Seed
from changing import Changer
from patches import Patcher
from situations import situations_of, takes

from rulewright import Program, load
from rulewright.delivery import write_changes
from rulewright.evaluation import Inputs
from rulewright.evaluation import decide as decide_plainly
from rulewright.ports import StoredRecord
from rulewright_adapters.memory import MemoryStore

WIDE = Path(__file__).parent / "wide"
PROGRAMS = {None: load(), WIDE: load(WIDE)}
UPDATED = [
    (folder, name)
    for folder, one in PROGRAMS.items()
    for name, resource in one.compiled.resources.items()
    if takes(resource, "update")
]


def updates(
    program: Program, resource: str, seed: Seed, payloads: list[Any], random: Random
) -> Iterator[Inputs]:
    """Some updates by one caller of the records of one store, the same ones again and again."""
    compiled = program.compiled.resources[resource]
    patcher = Patcher(Changer(program, compiled, random), payloads, random)
    found = seed.records[resource]
    for number in range(12):
        current = random.choice(found)
        payload: dict[str, Any] = {}
        patcher.patch(payload, current, seed.records)
        yield Inputs(
            operation="update",
            payload=payload,
            now=NOW,
            seed=number,
            key=current[compiled.key],
            actor=seed.actor,
            request=seed.request,
        )


def stored_in(store: MemoryStore, program: Program) -> dict[str, list[StoredRecord]]:
    """All that is there."""
    return {name: [*store.find(name, {})] for name in program.resources}


@pytest.mark.parametrize(("folder", "resource"), UPDATED, ids=[name for _, name in UPDATED])
def test_what_is_stored_is_what_was_decided(folder: Path | None, resource: str) -> None:
    """Later updates meet what earlier ones wrote; what an outcome tells stays when it is stored."""
    program = PROGRAMS[folder]
    random = Random(zlib.crc32(resource.encode()))
    seeds = situations_of(program, folder)[resource]
    payloads = [one.payload for one in creates_of(program, folder)[resource]]
    written = 0
    for seed in random.sample(seeds, min(8, len(seeds))):
        store, other = (MemoryStore(seed.records, program.tables) for _ in range(2))
        calls = [*updates(program, resource, seed, payloads, random)]

        receipts = [*program.apply_many(resource, calls, store=store)]

        for inputs, receipt in zip(calls, receipts, strict=True):
            expected = decide_plainly(program.compiled, resource, inputs, other)
            assert [*differences(Case(resource, inputs, None), expected, receipt.outcome)] == []
            with other.transaction() as transaction:
                write_changes(expected.changes, transaction)
            written += bool(expected.changes)
        assert stored_in(store, program) == stored_in(other, program)
    assert written or resource == "ct_oi/household"

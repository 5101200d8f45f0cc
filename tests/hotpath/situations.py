"""Stored records to update, with who updates them: from scenarios, and from creates that were accepted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, cast

from calls import NOW, Case, DictRecords, Seed, Stored

from rulewright import Program
from rulewright.compiled import CompiledResource
from rulewright.evaluation import Inputs, Request, decide
from rulewright.outcome import Outcome
from rulewright.program import shipped_rules
from rulewright.scenarios import find_files, read_file
from rulewright.scenarios.binding import UnboundError, plain_outcome, resolve
from rulewright.scenarios.model import Scenario, Step


def takes(resource: CompiledResource, operation: str) -> bool:
    """Whether callers may create, or update, records of the resource."""
    declared = [one.name for one in resource.file.operations]
    return operation in declared or not declared


def events_of(resource: CompiledResource) -> tuple[str, ...]:
    """The events of the resource's workflow."""
    return tuple(resource.workflow.events) if resource.workflow is not None else ()


@lru_cache(maxsize=16)
def situations_of(
    program: Program, folder: Path | None = None, operation: str = "update"
) -> Mapping[str, tuple[Seed, ...]]:
    """Updates (or events) of the scenarios in a folder (default: those shipped) and records that these leave,
    by resource.
    """
    found: dict[str, list[Seed]] = {name: [] for name in program.compiled.resources}
    for path in find_files([folder or shipped_rules()]):
        for scenario in read_file(path, program.compiled).scenarios:
            for name, seed in _played(program, scenario, operation):
                found[name].append(seed)
    return {name: tuple(seeds) for name, seeds in found.items()}


def _played(program: Program, scenario: Scenario, operation: str) -> Iterator[tuple[str, Seed]]:
    """Take a scenario's steps; yield those of the operation before they happen, then what is stored."""
    fields = {name: dict.fromkeys(one.fields) for name, one in program.compiled.resources.items()}
    stored: Stored = {
        name: [{**fields[name], **one} for one in records] for name, records in scenario.given.items()
    }
    bound: dict[str, Mapping[str, object]] = {}
    actor: Any = None
    request = Request()
    for number, step in enumerate(scenario.steps, start=1):
        try:
            inputs = _inputs(step, number, bound)
        except UnboundError:  # it hangs on what another store would have made
            continue
        actor, request = inputs.actor, inputs.request
        if step.operation == operation:
            yield step.resource, Seed(inputs.payload, stored, actor, request, inputs.key)
        outcome = decide(program.compiled, step.resource, inputs, _open(program, stored))
        stored = after(program, stored, outcome)
        if step.bind is not None:
            bound[step.bind] = plain_outcome(outcome)
    for name, records in stored.items():
        key = program.compiled.resources[name].key
        yield from ((name, Seed({}, stored, actor, request, record[key])) for record in records)


def _inputs(step: Step, number: int, bound: Mapping[str, Mapping[str, object]]) -> Inputs:
    request = cast("dict[str, dict[str, object]]", resolve(step.request, bound))
    return Inputs(
        operation=step.operation,
        payload=resolve(step.payload, bound),
        now=NOW,
        seed=number,
        key=resolve(step.key, bound),
        actor=cast("Mapping[str, object] | None", resolve(step.actor, bound)),
        request=Request(**request),
    )


def _open(program: Program, stored: Stored) -> DictRecords:
    return DictRecords(stored, {name: one.key for name, one in program.compiled.resources.items()})


def after(program: Program, stored: Stored, outcome: Outcome) -> Stored:
    """What is stored once an outcome's changes are written; what it leaves alone is shared."""
    resources = program.compiled.resources
    records = {name: [*found] for name, found in stored.items()}
    for change in outcome.changes:
        if change.resource in resources:
            listed = records.setdefault(change.resource, [])
            if change.op == "create":
                listed.append({**dict.fromkeys(resources[change.resource].fields), **change.set})
            else:
                key = resources[change.resource].key
                listed[:] = [{**one, **change.set} if one[key] == change.key else one for one in listed]
    return records


def created(program: Program, cases: Iterable[Case], count: int) -> Iterator[Seed]:
    """Of creates that are accepted, the first `count` as stored records, to be changed by who made them."""
    return islice(_created(program, cases), count)


def _created(program: Program, cases: Iterable[Case]) -> Iterator[Seed]:
    for case in cases:
        if case.records is None:
            continue
        outcome = decide(program.compiled, case.resource, case.inputs, case.records)
        if outcome.record is not None:
            key = outcome.record[program.compiled.resources[case.resource].key]
            stored = after(program, case.records.records, outcome)
            yield Seed({}, stored, case.inputs.actor, case.inputs.request, key)

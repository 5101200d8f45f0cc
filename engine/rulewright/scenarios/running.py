"""Scenarios run on a fresh store each; whatever comes out otherwise than written is a `Mismatch`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, cast

from rulewright.compiled import CompiledRules, with_settings
from rulewright.errors import RulewrightError
from rulewright.evaluation import Tracer, mask_outcome
from rulewright.evaluation.outcome_masking import texts_taken
from rulewright.ports import Store, Table
from rulewright.program import Program
from rulewright.scenarios.binding import UnboundError, plain_outcome, resolve
from rulewright.scenarios.masking import mask, mask_where, sensitive_values
from rulewright.scenarios.matching import Difference, count_matching, outcome_differences
from rulewright.scenarios.model import (
    ABSENT,
    Expectation,
    Record,
    RequestParts,
    ResponseExpectation,
    Scenario,
    Step,
    StoreExpectation,
)
from rulewright.scenarios.results import Mismatch, Result

# Records by resource, and the tables of the rules -> a store that holds just these.
OpenStore = Callable[[Mapping[str, Sequence[Record]], Sequence[Table]], Store]


@dataclass(slots=True)
class Runner:
    """Runs scenarios on the rules of one program.

    `open_store` makes the store of each scenario. `tracer` is told of every condition that is judged.
    """

    program: Program
    open_store: OpenStore
    tracer: Tracer | None = None
    _programs: dict[tuple[str, str], Program] = field(default_factory=dict, repr=False)

    def run_all(self, scenarios: Iterable[Scenario]) -> Iterator[Result]:
        """Run scenarios one after the other; none sees what another one wrote."""
        return (self.run(scenario) for scenario in scenarios)

    def run(self, scenario: Scenario) -> Result:
        """Run one scenario. Whatever goes wrong is in the result; nothing is raised."""
        start = perf_counter()
        program = self._program(scenario)
        store = self.open_store(_stored(scenario, program), program.tables)
        try:
            mismatches = tuple(_run_steps(program, store, scenario, self.tracer))
        finally:
            store.close()
        return Result(
            file=scenario.file,
            name=scenario.name,
            resource=scenario.resource,
            at=scenario.span,
            steps=len(scenario.steps),
            mismatches=mismatches,
            seconds=perf_counter() - start,
        )

    def _program(self, scenario: Scenario) -> Program:
        """The program under the scenario's settings, compiled once for all that share them."""
        if not scenario.settings:
            return self.program
        api = scenario.resource.partition("/")[0]
        key = (api, json.dumps(scenario.settings, sort_keys=True))
        if key not in self._programs:
            compiled = self.program.compiled
            settings = {**compiled.settings, api: {**compiled.settings.get(api, {}), **scenario.settings}}
            self._programs[key] = Program(with_settings(compiled, settings))
        return self._programs[key]


def _stored(scenario: Scenario, program: Program) -> dict[str, list[Record]]:
    """The given records as a store keeps them: what is missing is null."""
    resources = program.compiled.resources
    return {
        resource: [{**dict.fromkeys(resources[resource].fields), **record} for record in records]
        for resource, records in scenario.given.items()
    }


def _run_steps(
    program: Program, store: Store, scenario: Scenario, tracer: Tracer | None
) -> Iterator[Mismatch]:
    """Run the steps to the end: one that differs says nothing about the next."""
    bound: dict[str, Mapping[str, object]] = {}
    for number, step in enumerate(scenario.steps, start=1):
        try:
            found = list(_run_step(program, store, step, number, bound, tracer))
        except (RulewrightError, UnboundError) as error:
            found = [Difference("evaluation", ABSENT, ABSENT, str(error))]
        except Exception as error:  # A defect of the engine fails its scenario, not the whole run.
            note = f"the engine broke: {type(error).__name__}: {error}"
            found = [Difference("evaluation", ABSENT, ABSENT, note)]
        for one in found:
            yield Mismatch(number, step.span, one.path, one.expected, one.actual, one.note)


def _run_step(
    program: Program,
    store: Store,
    step: Step,
    number: int,
    bound: dict[str, Mapping[str, object]],
    tracer: Tracer | None,
) -> Iterator[Difference]:
    """Yield what differs; what the step binds is in `bound` afterwards."""
    rules = program.compiled
    # By the plain evaluator: scenarios are too few to pay for generating code.
    call: dict[str, Any] = {**_call(step, number, bound), "store": store, "referee": True}
    foreseen = program.evaluate(step.resource, tracer=tracer, **call)
    outcome = program.apply(step.resource, **call).outcome
    plain = plain_outcome(outcome)
    if step.bind is not None:
        bound[step.bind] = plain
    expect = _resolved(step.expect, bound)
    found = [*outcome_differences(expect, plain)]
    if expect.verdict == outcome.verdict:
        found.extend(_store_differences(expect.store, store, rules))
    if outcome != foreseen:
        found.extend(_foreseen_differences(plain_outcome(foreseen), plain))
    shown = plain_outcome(mask_outcome(outcome, rules, step.payload))
    secrets = sensitive_values(rules, step, plain) | texts_taken(plain, shown)
    return (mask(one, secrets, rules, step, shown) for one in found)


def _call(step: Step, number: int, bound: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """What one call is made of: the same clock and chance for whoever decides it.

    The seed is the step's number: two steps must not make the same random ids.
    """
    return {
        "payload": resolve(step.payload, bound),
        "operation": step.operation,
        "key": resolve(step.key, bound),
        "actor": cast("Record | None", resolve(step.actor, bound)),
        "request": cast(RequestParts, resolve(step.request, bound)),
        "as_of": step.as_of or datetime.now(UTC),
        "seed": number,
    }


def _resolved(expect: Expectation, bound: Mapping[str, Mapping[str, object]]) -> Expectation:
    """An expectation with values in the place of its `$names`."""

    def maps(entries: tuple[Record, ...] | None) -> tuple[Record, ...] | None:
        return None if entries is None else tuple(cast(Record, resolve(entry, bound)) for entry in entries)

    response = expect.response
    return Expectation(
        verdict=expect.verdict,
        problems=maps(expect.problems),
        record=resolve(expect.record, bound),
        changes=maps(expect.changes),
        messages=maps(expect.messages),
        store=tuple(
            StoreExpectation(one.resource, cast(Record, resolve(one.where, bound)), one.count)
            for one in expect.store
        ),
        response=response
        and ResponseExpectation(
            status=response.status, body=resolve(response.body, bound), absent=response.absent
        ),
        replayed=expect.replayed,
    )


def _store_differences(
    expected: Iterable[StoreExpectation], store: Store, rules: CompiledRules
) -> Iterator[Difference]:
    for one in expected:
        records = store.find(one.resource, {})
        found = count_matching(one, records)
        if found != one.count:
            where = json.dumps(mask_where(rules, one.resource, one.where), ensure_ascii=False)
            note = f"{one.resource} has {len(records)} records in all"
            yield Difference(f"store.{one.resource} where {where}", one.count, found, note)


def _foreseen_differences(
    foreseen: Mapping[str, object], outcome: Mapping[str, object]
) -> Iterator[Difference]:
    """A plan that `apply` does not keep is a defect, whatever the scenario expects."""
    for name in ("verdict", *foreseen):
        if foreseen[name] != outcome[name]:
            note = "evaluate decided otherwise than apply"
            yield Difference(f"apply.{name}", foreseen[name], outcome[name], note)
            if name == "verdict":
                return

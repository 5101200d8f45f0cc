"""Do the scenarios notice a spoilt condition? Each mutant runs until the first scenario fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from rulewright.program import Program
from rulewright.scenarios.conditions import Key
from rulewright.scenarios.coverage import Watch
from rulewright.scenarios.model import Scenario
from rulewright.scenarios.mutants import Mutant, mutants_of, mutate
from rulewright.scenarios.running import OpenStore, Runner


class Fate(Struct, frozen=True):
    """A mutant and the scenario that noticed it, None for a survivor."""

    mutant: Mutant
    killer: Scenario | None


class MutationReport(Struct, frozen=True):
    """All mutants of a run."""

    fates: tuple[Fate, ...]

    @property
    def killed(self) -> int:
        """How many were noticed."""
        return sum(fate.killer is not None for fate in self.fates)

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        """Those that no scenario noticed."""
        return tuple(fate.mutant for fate in self.fates if fate.killer is None)

    @property
    def percent(self) -> float:
        """The score: the share that was noticed."""
        return 100.0 * self.killed / len(self.fates) if self.fates else 100.0


def run_mutation(
    program: Program,
    scenarios: Sequence[Scenario],
    resources: Iterable[str],
    open_store: OpenStore,
    progress: Callable[[int], None] | None = None,
) -> MutationReport:
    """Run every mutant of the resources. The scenarios must pass on the rules as they are.

    `progress` is told how many mutants are done.
    """
    judged = _judged_by(program, scenarios, open_store)
    fates: list[Fate] = []
    for name in sorted(resources):
        for mutant in mutants_of(program.compiled.resources[name]):
            mutated = Program(mutate(program.compiled, mutant))
            chosen = _likeliest_first(mutant, scenarios, judged, [fate.killer for fate in fates[-8:]])
            fates.append(Fate(mutant, _first_failing(Runner(mutated, open_store), chosen)))
            if progress is not None:
                progress(len(fates))
    return MutationReport(tuple(fates))


def _first_failing(runner: Runner, scenarios: Iterable[Scenario]) -> Scenario | None:
    return next((one for one in scenarios if not runner.run(one).passed), None)


def _judged_by(
    program: Program, scenarios: Sequence[Scenario], open_store: OpenStore
) -> Mapping[int, frozenset[Key]]:
    """Which conditions each scenario judges: only those can make a difference to it."""
    found: dict[int, frozenset[Key]] = {}
    for scenario in scenarios:
        watch = Watch()
        Runner(program, open_store, tracer=watch).run(scenario)
        found[id(scenario)] = frozenset(watch.seen)
    return found


def _likeliest_first(
    mutant: Mutant,
    scenarios: Sequence[Scenario],
    judged: Mapping[int, frozenset[Key]],
    recent: Sequence[Scenario | None],
) -> Iterator[Scenario]:
    """The scenarios that judge the condition, those that noticed its neighbours first."""
    api = mutant.resource.partition("/")[0]
    rank = {id(one): place for place, one in enumerate(reversed(recent))}
    possible = [
        one
        for one in scenarios
        if (
            mutant.key in judged[id(one)] if mutant.key is not None else one.resource.partition("/")[0] == api
        )
    ]
    yield from sorted(
        possible, key=lambda one: (rank.get(id(one), len(rank)), one.resource != mutant.resource)
    )

"""One decision on its way into a report: values of sensitive fields masked, problems with their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from msgspec import Struct, structs

from rulewright.compiled import CompiledRules
from rulewright.evaluation import mask_changes, mask_outcome
from rulewright.inputs import Broken, Item, places_of
from rulewright.outcome import Outcome, make_verdict
from rulewright.problem import locate_problem


class Entry(Struct, frozen=True):
    """The outcome of one payload, fit to be shown. `at` is where the payload starts.

    `alone` says that the payload is the whole of its file. `planned` is what a plan says of the payload.
    """

    outcome: Outcome
    at: str
    alone: bool = False
    planned: Mapping[str, object] | None = None


def make_entry(
    outcome: Outcome, item: Item, rules: CompiledRules, *, planned: Mapping[str, object] | None = None
) -> Entry:
    """Mask an outcome and say where in the input each of its problems stands."""
    masked = mask_outcome(outcome, rules, _value_of(item))
    return _placed(masked, item, planned)


def changes_entry(outcome: Outcome, item: Item, rules: CompiledRules) -> Entry:
    """As `make_entry`, for reports that tell of problems and of what a payload leads to."""
    return _placed(mask_changes(outcome, rules, _value_of(item)), item, None)


def _value_of(item: Item) -> object:
    return item.value if not isinstance(item, Broken) else None


def _placed(masked: Outcome, item: Item, planned: Mapping[str, object] | None) -> Entry:
    if not masked.problems:
        return Entry(masked, item.at, item.alone, planned)
    places = _places(item, masked)
    problems = tuple(
        structs.replace(problem, payload_at=problem.payload_at or places[problem.path])
        for problem in masked.problems
    )
    return Entry(replace(masked, problems=problems), item.at, item.alone, planned)


def _places(item: Item, outcome: Outcome) -> Mapping[str, str]:
    """Where the problems stand whose place nobody has told yet, by JSON Pointer."""
    return places_of(item, {problem.path for problem in outcome.problems if problem.payload_at is None})


def problems_entry(outcome: Outcome, item: Item, *, with_rules: bool) -> Entry:
    """Only the problems of an outcome (masked when they were made) and their places, for reports of those.

    `with_rules`: where each rule stands, too. What is not asked for is not worked out.
    """
    places = _places(item, outcome) if outcome.problems else {}
    problems = tuple(
        [
            locate_problem(
                problem,
                problem.payload_at or places[problem.path],
                problem.rule_at if with_rules else None,
            )
            for problem in outcome.problems
        ]
    )
    return Entry(make_verdict(outcome.verdict, problems), item.at)

"""Problems with their `fix`: each one's part in the smallest change that would be accepted."""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from rulewright.evaluation import Inputs
from rulewright.explanation.search import Suggestion, suggest
from rulewright.outcome import Outcome
from rulewright.ports import Records
from rulewright.program import Program


def with_fixes(outcome: Outcome, program: Program, inputs: Inputs, store: Records | None = None) -> Outcome:
    """Return the outcome with `fix` set on each problem, where a change was found and verified.

    `inputs` and `store` are those that the outcome came from. All fixes together are one change.
    """
    if outcome.accepted:
        return outcome
    return attach(outcome, suggest(program, outcome.resource, inputs, store))


def attach(outcome: Outcome, suggestion: Suggestion | None) -> Outcome:
    """Return the outcome with the parts of a suggestion at the problems they are for."""
    if suggestion is None:
        return outcome
    fixes = suggestion.fixes
    problems = tuple(
        structs.replace(problem, fix=fixes[problem.rule, problem.path])
        if (problem.rule, problem.path) in fixes
        else problem
        for problem in outcome.problems
    )
    return replace(outcome, problems=problems)

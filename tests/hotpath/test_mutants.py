"""Seeded bugs of the generator are told from the plain evaluator: a smaller run of `mutants.py`."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

import pytest
from mutants import (
    MUTANTS,
    RESOURCES,
    UPDATE_MUTANTS,
    UPDATED,
    WIDE,
    WIDE_UPDATED,
    Mutant,
    cases_of,
    outcome_of,
    sources_of,
    update_cases_of,
)

from rulewright import Program, load

# Each of these is met by a handful of payloads.
SURE = (
    "blank is a value",
    "no variant",
    "date not read",
    "a failing check is not told",
    "required is not told",
    "read counts one more",
)
SURE_OF_UPDATES = (
    "nothing is merged",
    "the record is what was stored",
    "what never changes may",
    "scope is not asked",
    "effects plan nothing",
)


@pytest.fixture(scope="module")
def own() -> Program:
    """A program of this module's own, since mutants are kept with the rules."""
    return load()


def test_bugs_in_the_generator_are_seen(own: Program) -> None:
    """A sample of the kinds of bugs, each seen in the outcome of a generated payload."""
    cases = cases_of(own, 80)
    mutants = [mutant for mutant in MUTANTS if mutant.name in SURE]

    results = {mutant.name: outcome_of(mutant, cases) for mutant in mutants}

    assert set(results) == set(SURE)
    assert set(results.values()) <= {"caught", "slowed"}
    assert len(MUTANTS) >= 50


def test_bugs_of_updates_are_seen(own: Program) -> None:
    """The same of updates."""
    cases = update_cases_of(own, load(WIDE), 50)
    mutants = [mutant for mutant in UPDATE_MUTANTS if mutant.name in SURE_OF_UPDATES]

    results = {mutant.name: outcome_of(mutant, cases) for mutant in mutants}

    assert results == dict.fromkeys(SURE_OF_UPDATES, "caught")


def test_every_kind_of_bug_can_be_planted(own: Program) -> None:
    """What is generated has a place for each, and can be compiled with it."""
    wide = load(WIDE)
    creates = [source for name in RESOURCES for source in sources_of(own, name, "create")]
    updates = [source for name in UPDATED for source in sources_of(own, name, "update")]
    updates += [source for name in WIDE_UPDATED for source in sources_of(wide, name, "update")]

    for mutants, sources in ((MUTANTS, creates), (UPDATE_MUTANTS, updates)):
        assert [mutant.name for mutant in mutants if not _planted(mutant, sources)] == []


def _planted(mutant: Mutant, sources: Sequence[str]) -> bool:
    made = [re.sub(mutant.pattern, mutant.instead, source) for source in sources]
    changed = [one for one, source in zip(made, sources, strict=True) if one != source]
    return bool(changed) and all(ast.parse(one) for one in changed)

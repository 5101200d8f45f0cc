"""The hot path and the plain evaluator give identical outcomes."""

from __future__ import annotations

import pytest
from agreement import agree
from situations import has_update

from rulewright import Program, load

PROGRAM = load()
UPDATED = [name for name, one in PROGRAM.compiled.resources.items() if has_update(one)]


@pytest.mark.parametrize("resource", PROGRAM.resources)
def test_generated_payloads_have_identical_outcomes(program: Program, resource: str) -> None:
    """Boundaries, wrong types, look-ups found and missing: both paths say the same, and some are quick."""
    tally = agree(program, resource, 150)

    assert tally.differences == []
    assert tally.quickly


@pytest.mark.parametrize("resource", UPDATED)
def test_generated_updates_have_identical_outcomes(program: Program, resource: str) -> None:
    """Patches of records that scenarios and creates left, some of these at odds with the rules."""
    tally = agree(program, resource, 100, operation="update")

    assert tally.differences == []
    assert tally.accepted
    assert tally.refused

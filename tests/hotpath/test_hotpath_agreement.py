"""The hot path and the plain evaluator give identical outcomes."""

from __future__ import annotations

import pytest
from agreement import agree

from rulewright import Program, load

RESOURCES = load().resources


@pytest.mark.parametrize("resource", RESOURCES)
def test_generated_payloads_have_identical_outcomes(program: Program, resource: str) -> None:
    """Boundaries, wrong types, look-ups found and missing: both paths say the same, and some are quick."""
    tally = agree(program, resource, 150)

    assert tally.differences == []
    assert tally.quickly

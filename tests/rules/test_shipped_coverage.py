"""The scenarios beside the shipped rules prove every condition of them."""

from __future__ import annotations

from rulewright import load
from rulewright.cli.rule_files.scenario_run import examine
from rulewright.program import shipped_rules
from rulewright.scenarios import find_files


def test_every_condition_is_seen_true_and_false() -> None:
    """Nothing in a shipped rule file is unproved."""
    found = examine(load(), find_files([shipped_rules()]), coverage=True)

    assert found.coverage is not None
    assert [str(one.condition.formula.span) for one in found.coverage.conditions if one.missing] == []
    assert found.coverage.conditions

"""Switches of api.yaml, overridden when rules are loaded."""

from __future__ import annotations

import pytest

from rulewright import ConfigurationError, load


def test_a_setting_switches_a_reading() -> None:
    """names_required makes a case without names a refused one."""
    program = load(settings={"ct_oi": {"names_required": True}})

    outcome = program.evaluate("ct_oi/case", {}, actor={"agent": 3, "group": 9})

    assert [problem.path for problem in outcome.problems] == ["/first_name", "/last_name"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ct_oi": {"name_required": True}}, "did you mean names_required?"),
        ({"ct_oi": {"names_required": "maybe"}}, "must be true or false, not 'maybe'"),
        ({"shop": {"open": True}}, "settings for shop, which is no API of the rules; the rules have: ct_oi"),
        ({"ctoi": {"names_required": True}}, "for ctoi, which is no API of the rules; did you mean ct_oi?"),
    ],
)
def test_a_wrong_setting_is_refused(settings: dict[str, dict[str, object]], said: str) -> None:
    """A slip of the pen must not pass for the default."""
    with pytest.raises(ConfigurationError, match=said.replace("?", r"\?")):
        load(settings=settings)

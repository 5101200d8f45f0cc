"""`readonly: settings.NAME`: a word of a rule file that a setting says."""

from __future__ import annotations

from pathlib import Path

import pytest

from rulewright import ConfigurationError, load

RULES = Path(__file__).parent.parent / "language" / "settings"


@pytest.mark.parametrize(("said", "severity"), [("ignore", "warning"), ("reject", "error")])
def test_a_program_is_loaded_under_a_setting(said: str, severity: str) -> None:
    """Generated code and plain evaluator say the same."""
    program = load(RULES, settings={"lang": {"sent": said}})

    outcomes = [program.evaluate("lang/thing", {"mark": "mine"}, referee=plain) for plain in (False, True)]

    assert [[(one.code, one.severity) for one in each.problems] for each in outcomes] == [
        [("readonly", severity)]
    ] * 2


def test_a_setting_that_is_no_such_word() -> None:
    """Said when the program is loaded, with what it may be."""
    with pytest.raises(ConfigurationError, match="sent of lang must be ignore or reject, not 'drop'"):
        load(RULES, settings={"lang": {"sent": "drop"}})

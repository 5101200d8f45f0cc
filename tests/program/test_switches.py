"""`readonly: settings.NAME`: a word of a rule file that a setting says."""

from __future__ import annotations

from pathlib import Path

import pytest

from rulewright import ConfigurationError, load
from rulewright.scenarios import read_file

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


def test_a_scenario_that_says_no_such_word(tmp_path: Path) -> None:
    """A mistake in the file, with its place and the word that may have been meant."""
    file = tmp_path / "thing.test.yaml"
    file.write_text(
        "resource: lang/thing\nscenarios:\n"
        "  - {name: odd, settings: {sent: rejct}, payload: {}, expect: {verdict: accepted}}\n"
    )

    (problem,) = read_file(file, load(RULES).compiled).problems

    assert (problem.code, problem.span.line, problem.span.column) == ("wrong-value", 3, 34)
    assert problem.hint == "did you mean reject?"

"""The plug-in by itself: `python -m pytest`."""

from __future__ import annotations

from pathlib import Path

import pytest
import rulewright_charity
from rulewright_charity.numbers import is_charity_number, register_of

from rulewright import load

RULES = Path(__file__).parents[1] / "rules"


@pytest.mark.parametrize("number", ["202918", "1089464", "SC005336", "NIC100002"])
def test_numbers_of_the_three_registers_are_taken(number: str) -> None:
    """As the registers write them."""
    assert is_charity_number(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5336",
        "0202918",
        "sc005336",
        "SC5336",
        "NIC000002",
        "202918 ",
        "\uff12\uff10\uff12\uff19\uff11\uff18",
    ],
)
def test_other_texts_are_not(text: str) -> None:
    """Not even nearly right ones."""
    assert not is_charity_number(text)


def test_what_is_no_number_is_in_no_register() -> None:
    """An error, which the engine tells as undecided."""
    with pytest.raises(ValueError, match="no charity number"):
        register_of("5336")


def test_the_rules_load_with_the_plug_in() -> None:
    """Loading verifies all that the plug-in adds, with its examples."""
    program = load(RULES, plugins=[rulewright_charity], installed=False)

    outcome = program.evaluate("giving/donation", {"charity": "SC005336", "amount": 400, "taxpayer": True})

    assert outcome.accepted
    assert [change.resource for change in outcome.changes] == ["giving/donation", "giving/claim"]

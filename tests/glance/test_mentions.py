"""What of the shipped rules decides whether a line is accepted: the less, the more lines are sure."""

from __future__ import annotations

import pytest

from rulewright import Program, load
from rulewright.glance.mentions import Mentions, Role, find_mentions


@pytest.fixture(scope="module")
def shipped() -> Program:
    """The rules that ship."""
    return load(audit=False)


def mentions(program: Program, resource: str) -> Mentions:
    """What a resource's rules look at."""
    return find_mentions(program.compiled, program.compiled.resources[resource])


def test_lines_of_an_address_do_not_count(shipped: Program) -> None:
    """Though a response joins those that are not blank, and a patch is checked for them."""
    found = mentions(shipped, "rubixx/engagement")

    assert found.roles["address"] is Role.PRESENCE
    assert set(found.parts.values()) == {Role.PRESENCE}
    assert [name for name, role in found.roles.items() if role is Role.VALUE] == []


def test_most_of_a_case_does_not_count(shipped: Program) -> None:
    """Only what says who is the head of which household does."""
    found = mentions(shipped, "ct_oi/case")

    assert {name for name, role in found.roles.items() if role is Role.VALUE} == {
        "household",
        "head_of_household",
    }

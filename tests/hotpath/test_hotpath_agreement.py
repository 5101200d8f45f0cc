"""The hot path and the plain evaluator give identical outcomes."""

from __future__ import annotations

from pathlib import Path

import pytest
from agreement import OPERATIONS, agree, calls_of
from situations import takes

from rulewright import Program, load

PROGRAM = load()
WIDE = Path(__file__).parent / "wide"
TOPICS = sorted({path.parents[1] for path in (Path(__file__).parents[1] / "language").glob("*/*/api.yaml")})
UPDATED = [name for name, one in PROGRAM.compiled.resources.items() if takes(one, "update")]


EVENTS = [*calls_of(PROGRAM, "events")]
TOLD_MUCH = [
    *(
        (operation, name)
        for operation in OPERATIONS
        for name in ("basket", "buyer", "entry", "order", "parcel", "shelf", "visit", "ticket")
    ),
    *(
        ("create", "note"),
        ("create", "permit"),
        ("update", "permit"),
        ("grant", "permit"),
        ("lose", "permit"),
    ),
    *((event, "ticket") for event in ("assign", "close", "escalate", "merge", "reopen")),
    ("shut", "order"),
    ("fill", "basket"),
]


@pytest.fixture(scope="module")
def wide() -> Program:
    return load(WIDE)


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
    assert not tally.broken
    assert tally.accepted
    assert tally.refused
    assert tally.quickly


@pytest.mark.parametrize(("event", "resource"), EVENTS)
def test_generated_events_have_identical_outcomes(event: str, resource: str) -> None:
    """Events fired in every state, with what they take and more."""
    tally = agree(PROGRAM, resource, 100, operation=event)

    assert tally.differences == []
    assert not tally.broken
    assert tally.accepted
    assert tally.refused
    assert tally.quickly


@pytest.mark.parametrize("folder", TOPICS, ids=lambda path: path.name)
def test_every_sentence_of_the_language_is_read_alike(folder: Path) -> None:
    """Both paths on the rules of tests/language, which have all that a rule file can say."""
    program = load(folder)
    found = [
        agree(program, name, 25, operation=operation, folder=folder)
        for operation, name in calls_of(program, None)
    ]

    assert [line for tally in found for line in tally.differences] == []
    assert sum(tally.accepted + tally.refused for tally in found)
    assert not any(tally.broken for tally in found)


@pytest.mark.parametrize(("operation", "resource"), TOLD_MUCH)
def test_rules_that_say_much_are_read_alike(wide: Program, resource: str, operation: str) -> None:
    """Rules of every kind in one resource, so that one's outcome is what the next one reads."""
    tally = agree(wide, f"desk/{resource}", 150, operation=operation, folder=WIDE)

    assert tally.differences == []
    assert tally.accepted
    assert tally.refused
    assert not tally.broken

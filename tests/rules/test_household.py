"""Whatever is accepted, every household has exactly one head (seeds/ct_oi_case.txt, "IMPORTANT")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rulewright import Program, Store, load
from rulewright_adapters import open_store

ACTOR = {"agent": 3, "group": 9}
FLAG = st.sampled_from([True, False, None])
# Small numbers, so that cases meet in the same households; 99 does not exist.
HOUSEHOLD = st.sampled_from([None, 1, 2, 3, 99])

CREATES = st.tuples(st.just("create"), st.none(), HOUSEHOLD, FLAG)
UPDATES = st.tuples(st.just("update"), st.integers(1, 6), HOUSEHOLD, FLAG)
REQUESTS = st.lists(st.one_of(CREATES, UPDATES), min_size=1, max_size=12)

PROGRAM = load()


def payload_of(household: int | None, flag: bool | None) -> dict[str, Any]:
    sent = {"household": household, "head_of_household": flag}
    return {name: value for name, value in sent.items() if value is not None}


def send(program: Program, store: Store, request: tuple[str, int | None, int | None, bool | None]) -> None:
    operation, key, household, flag = request
    receipt = program.apply(
        "ct_oi/case",
        payload_of(household, flag),
        operation=operation,
        key=key,
        store=store,
        actor=ACTOR,
        as_of="2025-01-15T00:00:00Z",
    )
    assert receipt.stored is receipt.outcome.accepted
    assert receipt.outcome.verdict != "undecided", receipt.outcome.problems


def heads(store: Store) -> Mapping[object, tuple[list[object], object]]:
    """Household -> the cases that head it, and the case that it names as its head."""
    return {
        household["id"]: (
            [
                case["id"]
                for case in store.find(
                    "ct_oi/case", {"household": household["id"], "head_of_household": True}
                )
            ],
            household.get("head_of_household"),
        )
        for household in store.find("ct_oi/household", {})
        if store.count("ct_oi/case", {"household": household["id"]})
    }


@settings(max_examples=60, deadline=None)
@given(REQUESTS)
def test_every_household_has_exactly_one_head(requests: list[Any]) -> None:
    """Any sequence of accepted requests leaves each household with one head, named by the household."""
    store = open_store("memory://")

    for request in requests:
        send(PROGRAM, store, request)

    for cases, named in heads(store).values():
        assert cases == [named]


@settings(max_examples=8, deadline=None)
@given(REQUESTS)
def test_the_same_holds_in_sqlite(requests: list[Any]) -> None:
    """SQLite ends with the same households as memory does, its constraints never in the way."""
    memory, sqlite = open_store("memory://"), open_store("sqlite://")

    for request in requests:
        send(PROGRAM, memory, request)
        send(PROGRAM, sqlite, request)
    found = heads(sqlite)
    sqlite.close()

    assert found == heads(memory)

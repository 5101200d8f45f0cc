"""`apply` decides again inside the transaction, and carries out all of a decision or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rulewright import AdapterError, Program, Store, load
from rulewright_adapters import open_store

ACTOR = {"agent": 3, "group": 9}


@pytest.fixture(scope="module")
def program() -> Program:
    return load()


@pytest.fixture(params=["memory://", "sqlite://"])
def store(request: pytest.FixtureRequest, program: Program) -> Iterator[Store]:
    opened = open_store(request.param)
    opened.prepare(program.tables)
    yield opened
    opened.close()


def apply(program: Program, store: Store, payload: dict[str, Any], **options: Any) -> Any:
    return program.apply("ct_oi/case", payload, store=store, actor=ACTOR, **options)


def test_a_case_without_household_gets_one(program: Program, store: Store) -> None:
    """The created household names the case as its head (matrix 4a-4c)."""
    receipt = apply(program, store, {"first_name": "Ann", "head_of_household": False})

    assert receipt.stored
    assert store.find("ct_oi/household", {})[0]["head_of_household"] == receipt.outcome.record["id"]


def test_a_refused_payload_changes_nothing(program: Program, store: Store) -> None:
    """Not even a number of a sequence is used up."""
    refused = apply(program, store, {"household": 4711})
    accepted = apply(program, store, {})

    assert not refused.stored
    assert store.count("ct_oi/case", {}) == 1
    assert accepted.outcome.record["id"] == 1


def test_plan_and_apply_agree(program: Program, store: Store) -> None:
    """What evaluate shows is what apply does: the same changes, with before and set."""
    apply(program, store, {"first_name": "Ann"})
    joining = {"household": 1, "head_of_household": True}

    planned = program.evaluate("ct_oi/case", joining, store=store, actor=ACTOR)
    applied = apply(program, store, joining).outcome

    assert applied.changes == planned.changes
    assert [dict(change.before or {}) for change in planned.changes] == [
        {},
        {"head_of_household": True},
        {"head_of_household": 1},
    ]


def test_a_receipt_says_what_its_outcome_says(program: Program, store: Store) -> None:
    """The same decision, carried out: whoever applies reads it as one who evaluates."""
    receipt = program.apply("ct_oi/case", {"first_name": "Ann"}, store=store, actor=ACTOR)

    outcome = receipt.outcome
    expected = (True, outcome.problems, outcome.record, outcome.changes)
    assert (receipt.accepted, receipt.problems, receipt.record, receipt.changes) == expected


def test_the_head_may_step_down_and_back(program: Program, store: Store) -> None:
    """Writes that hand a unique value on are put into an order that the constraint allows."""
    apply(program, store, {"first_name": "Ann"})
    apply(program, store, {"first_name": "Bob", "household": 1})

    down = apply(program, store, {"head_of_household": False}, operation="update", key=1)
    up = apply(program, store, {"head_of_household": True}, operation="update", key=1)

    assert (down.stored, up.stored) == (True, True)
    assert [case["id"] for case in store.find("ct_oi/case", {"head_of_household": True})] == [1]


def test_a_store_that_fails_half_way_keeps_nothing(
    program: Program, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case is written after its household; if that fails, the household is gone again."""
    with store.transaction() as transaction:
        real = type(transaction).insert

    def failing(self: object, resource: str, record: dict[str, object]) -> None:
        if resource == "ct_oi/case":
            raise AdapterError("disk full")
        real(self, resource, record)  # type: ignore[arg-type]

    monkeypatch.setattr(type(transaction), "insert", failing)
    with pytest.raises(AdapterError, match="disk full"):
        apply(program, store, {"first_name": "Ann"})

    assert store.count("ct_oi/household", {}) == 0


def test_a_call_is_answered_again_without_being_done_again(program: Program, store: Store) -> None:
    """The same idempotency key with the same body gives the first outcome (apis.md 2a)."""
    actor = {"partnerId": "p1", "configurationId": "c1"}
    with store.transaction() as transaction:
        transaction.insert(
            "goodstack/partner_configuration",
            {"id": "c1", "partnerId": "p1", "allowedActivitySubTags": []},
        )
        transaction.insert("goodstack/organisation", {"id": "o1", "name": "A", "active": True})
    call: dict[str, Any] = {
        "store": store,
        "actor": actor,
        "request": {"headers": {"Idempotency-Key": "k1"}},
    }
    resource = "goodstack/eligibility_subscription"

    first = program.apply(resource, {"organisationId": "o1"}, **call)
    again = program.apply(resource, {"organisationId": "o1"}, **call)
    other = program.apply(resource, {"organisationId": "o2"}, **call)

    assert again.outcome.replayed
    assert again.outcome.record == first.outcome.record
    assert [problem.code for problem in other.outcome.problems] == ["idempotency"]
    assert store.count(resource, {}) == 1


def test_equal_inputs_give_an_equal_outcome(program: Program, tmp_path: Path) -> None:
    """With the clock and the seed given, a decision can be made again, to the last id."""
    inputs: dict[str, Any] = {"actor": {"firm": "f"}, "as_of": "2025-01-15T00:00:00Z", "seed": 7}
    store = open_store(f"sqlite:///{tmp_path}/x.db")
    store.prepare(program.tables)

    outcomes = [program.evaluate("plannr/case", {"name": "X"}, store=store, **inputs) for _ in range(2)]
    store.close()

    assert outcomes[0] == outcomes[1]
    assert outcomes[0].record is not None
    assert outcomes[0].record["uuid"]


def test_look_ups_of_all_records(tmp_path: Path) -> None:
    """A count, a max and a min need no `by`; a store can be made for them."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "api.yaml").write_text("rulewright: 1\napi: shop\n")
    (tmp_path / "shop" / "line.yaml").write_text(
        "rulewright: 1\nresource: shop/line\nkey: id\n"
        "lookups:\n"
        "  lines: {count: shop/line}\n"
        "  dearest: {max: shop/line, of: price}\n"
        "  cheapest: {min: shop/line, of: price}\n"
        "fields:\n"
        "  id: {type: integer, readonly: ignore, generate: sequence}\n"
        "  price: {type: integer}\n"
        "  told: {type: list, items: {type: any}, readonly: ignore, compute: '[lines, dearest, cheapest]'}\n"
    )
    program = load(tmp_path)
    for url in ("memory://", "sqlite://"):
        store = open_store(url)
        store.prepare(program.tables)

        told = [
            program.apply("shop/line", {"price": price}, store=store).outcome.record for price in (5, 9, 7)
        ]
        store.close()

        assert [one and one["told"] for one in told] == [[0, None, None], [1, 5, 5], [2, 9, 5]]

"""What was applied is kept: when, by whom, under which rules, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from desk import Receiver, deliver, make_program

from rulewright import load
from rulewright.evaluation import Inputs
from rulewright.history import DECISIONS, history_of, inputs_of
from rulewright.outcome import Outcome
from rulewright.ports import Store
from rulewright.program import Program
from rulewright_adapters import open_store
from rulewright_adapters.memory import MemoryStore

AGENT = {"agent": 3, "group": 9}


def test_a_decision_tells_who_what_and_under_which_rules(program: Program, store: Store) -> None:
    """Everything that issue 6 names."""
    outcome = program.apply(
        "shop/order", {"item": "tea"}, store=store, actor=AGENT, as_of="2025-01-15T00:00:00Z"
    ).outcome

    (decision,) = history_of(store, "shop/order", 1)

    assert (decision.actor, decision.operation, decision.as_of) == (AGENT, "create", "2025-01-15T00:00:00Z")
    assert (decision.payload, decision.ruleset) == ({"item": "tea"}, outcome.ruleset)
    assert decision.changes[0]["set"] == dict(outcome.changes[0].set)
    assert [one["id"] for one in decision.messages] == [1]


def test_an_update_tells_before_and_after(program: Program, store: Store) -> None:
    """So that the history of a field can be followed."""
    program.apply("shop/order", {"item": "tea"}, store=store)
    program.apply("shop/order", {"item": "milk"}, store=store, operation="update", key=1)

    change = history_of(store, "shop/order", 1)[1].changes[0]

    assert (change["before"], change["set"]) == ({"item": "tea"}, {"item": "milk"})


def test_the_texts_of_one_payload_and_of_a_batch_are_alike(program: Program, store: Store) -> None:
    """Whoever looks into the table finds a name as it is written."""
    program.apply("shop/order", {"item": "Gr\u00fcntee"}, store=store)
    [*program.apply_many("shop/order", [{"item": "Gr\u00fcntee"}], store=store)]

    details = [str(row["detail"]) for row in store.find(DECISIONS.resource, {})]

    assert ['"payload":{"item":"Gr\u00fcntee"}' in detail for detail in details] == [True, True]


def test_what_no_store_keeps_as_text_is_escaped(program: Program, tmp_path: Path) -> None:
    """Half a surrogate pair, which a caller of the library may hold, comes back from the history."""
    store = open_store(f"sqlite:///{tmp_path}/desk.db")
    store.prepare(program.tables)
    program.apply("shop/order", {"item": "tea"}, store=store, actor={"name": "\ud800 \u00fc"})

    (decision,) = history_of(store, "shop/order", 1)
    store.close()

    assert decision.actor == {"name": "\ud800 \u00fc"}


def test_sensitive_values_are_masked(program: Program, store: Store) -> None:
    """In payload and changes, whatever was done."""
    card = "4111222233334444"
    program.apply("shop/order", {"item": "tea", "card": card}, store=store)
    program.apply("shop/order", {"card": card[::-1]}, store=store, operation="update", key=1)

    kept = str(store.find(DECISIONS.resource, {}))

    assert card not in kept
    assert card[::-1] not in kept
    assert "***" in kept


def test_tokens_are_masked(store: Store) -> None:
    """What a caller proves itself with is no part of the history."""
    program = load()
    request = {"headers": {"authorization": "Token abc", "authorize": "Token abc", "x-trace": "7"}}
    receipt = program.apply("ct_oi/case", {"first_name": "Ann"}, store=store, actor=AGENT, request=request)

    (decision,) = history_of(store, "ct_oi/case", receipt.outcome.record["id"])  # type: ignore[index]

    assert decision.request["headers"] == {"authorization": "***", "authorize": "***", "x-trace": "7"}


def test_a_refused_payload_leaves_no_trace(program: Program, store: Store) -> None:
    """Only what was done is history."""
    program.apply("shop/order", {}, store=store)

    assert store.find(DECISIONS.resource, {}) == []


def test_an_effect_is_in_the_history_of_the_record_it_changed(store: Store) -> None:
    """The former head of a household is told who took over."""
    program = load()
    for name in ("Ann", "Bob"):
        payload = {"first_name": name} | (
            {"household": 1, "head_of_household": True} if name == "Bob" else {}
        )
        assert program.apply("ct_oi/case", payload, store=store, actor=AGENT).stored

    decisions = history_of(store, "ct_oi/case", 1)

    assert [one.key for one in decisions] == [1, 2]
    assert decisions[1].changes_of("ct_oi/case", 1)[0]["set"] == {"head_of_household": False}


def test_overrides_of_an_address_form_a_chain() -> None:
    """Rubixx: each `before` is what was `set` last."""
    program = load()
    person = {"reference": "P1", "name": "Ann", "address": {"addressLineOne": "0 A", "postcode": "X"}}
    store = MemoryStore(
        {"rubixx/person": [person], "rubixx/support_scheme": [{"reference": "S1", "members": []}]},
        program.tables,
    )
    for number in range(1, 4):
        payload = {
            "startDate": "01/02/2025",
            "status": "Active",
            "referredPersonReference": "P1",
            "address": {"addressLineOne": f"{number} A", "postcode": "X"},
        }
        receipt = program.apply(
            "rubixx/engagement",
            payload,
            store=store,
            actor={"permissions": ["SupportPlans.EditSupportSchemes"]},
            request={"path": {"schemeReference": "S1"}},
        )
        assert receipt.stored, receipt.outcome.problems

    steps = [one.changes_of("rubixx/person", "P1")[0] for one in history_of(store, "rubixx/person", "P1")]

    lines = [
        (one["before"]["address"]["addressLineOne"], one["set"]["address"]["addressLineOne"]) for one in steps
    ]
    assert lines == [("0 A", "1 A"), ("1 A", "2 A"), ("2 A", "3 A")]


def test_what_a_reply_wrote_back_is_history(program: Program, store: Store) -> None:
    """The chain of a record has no gap."""
    program.apply("shop/order", {"item": "tea"}, store=store)
    deliver_with_history(program, store)

    (change,) = history_of(store, "shop/order", 1)[1].changes

    assert (change["before"], change["set"]) == ({"vendor_id": None}, {"vendor_id": 77})


def deliver_with_history(program: Program, store: Store) -> None:
    assert [one.fate for one in program.deliverer(store, Receiver()).run()] == ["delivered"]


def test_audit_can_be_turned_off(tmp_path: Path, store: Store) -> None:
    """Then nothing is kept, and messages go out all the same."""
    program = make_program(tmp_path, audit=False)
    program.apply("shop/order", {"item": "tea"}, store=store)

    fates = [one.fate for one in deliver(program, store, Receiver())]

    assert (fates, history_of(store, "shop/order", 1)) == (["delivered"], [])


# Replay

CASES: tuple[Mapping[str, object], ...] = (
    {"first_name": "Ann"},
    {"first_name": "Bob", "household": 1, "head_of_household": True},
    {"first_name": "Cid", "household": 1, "date_of_birth": "1950-12-03"},
    {"first_name": "Dan", "head_of_household": False},
)


def told(outcome: Outcome) -> object:
    """What an outcome says, but for its place in time."""
    return (outcome.verdict, outcome.record, outcome.changes, outcome.problems, outcome.reads, outcome.as_of)


def test_a_kept_decision_can_be_made_again() -> None:
    """With the same rules and the records as they were, it comes out the same."""
    program = load()
    first, second = MemoryStore(tables=program.tables), MemoryStore(tables=program.tables)
    outcomes = [program.apply("ct_oi/case", payload, store=first, actor=AGENT).outcome for payload in CASES]
    rows = first.find(DECISIONS.resource, {"resource": "ct_oi/case"})
    keys = {row["record"] for row in rows}
    kept = {one.id: one for key in keys for one in history_of(first, "ct_oi/case", int(str(key)))}

    again = []
    for number in sorted(kept):
        inputs: Inputs = inputs_of(kept[number])
        with second.transaction() as transaction:
            again.append(program.apply_within("ct_oi/case", inputs, transaction).outcome)

    assert [told(one) for one in again] == [told(one) for one in outcomes]
    assert second.find("ct_oi/case", {}) == first.find("ct_oi/case", {})


def test_random_ids_are_the_same_again() -> None:
    """The seed is kept with the decision."""
    program = load()
    given = {
        "goodstack/organisation": [{"id": "organisation_1", "name": "A", "active": True}],
        "goodstack/partner_configuration": [{"id": "c1", "partnerId": "p1"}],
    }
    caller = {"partnerId": "p1", "configurationId": "c1"}
    store, other = MemoryStore(given, program.tables), MemoryStore(given, program.tables)
    outcome = program.apply(
        "goodstack/eligibility_subscription", {"organisationId": "organisation_1"}, store=store, actor=caller
    ).outcome
    assert outcome.accepted, outcome.problems
    assert outcome.record is not None

    (decision,) = history_of(store, "goodstack/eligibility_subscription", outcome.record["id"])
    with other.transaction() as transaction:
        again = program.apply_within(
            "goodstack/eligibility_subscription", inputs_of(decision), transaction
        ).outcome

    assert told(again) == told(outcome)


@pytest.mark.parametrize("operation", ["create", "update"])
def test_inputs_are_kept_whole(operation: str, program: Program, store: Store) -> None:
    """What was not masked comes back as it went in."""
    program.apply("shop/order", {"item": "tea"}, store=store)
    given = program.inputs(
        {"item": "milk"}, operation=operation, key=1 if operation == "update" else None, actor=AGENT
    )
    with store.transaction() as transaction:
        program.apply_within("shop/order", given, transaction)

    decision = history_of(store, "shop/order", 1 if operation == "update" else 2)[-1]

    assert inputs_of(decision) == given

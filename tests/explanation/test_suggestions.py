"""The smallest change that would be accepted: found, verified, and never telling a secret."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from order_desk import PROGRAM, SECRET, order, shop_store

from rulewright import load
from rulewright.evaluation import decide
from rulewright.explanation import Edit, Effort, suggest, with_fixes
from rulewright.explanation.edits import MISSING, apply_edits
from rulewright.program import shipped_rules
from rulewright.scenarios import Scenario, find_files, read_file
from rulewright.scenarios.running import Runner, _call, _stored
from rulewright_adapters.memory import MemoryStore


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"quantity": "5"}, "change quantity to 5"),
        ({"quantity": 12}, "change quantity to 10"),
        ({"price": " 1.5 "}, "change price to 1.5"),
        ({"express": "yes"}, "change express to true"),
        ({"day": "2025-02-01"}, 'change day to "01/02/2025"'),
        ({"kind": "small"}, 'change kind to "Small"'),
        ({"quantitty": 3}, "rename quantitty to quantity"),
        ({"GiftNote": "hi"}, "rename GiftNote to gift_note"),
        ({"zzz": 3}, "remove zzz"),
        ({"customer": None}, "add customer, for example 1"),
        ({"customer": 9}, "change customer to 1"),
        ({"shop_number": 4}, "remove shop_number"),
        ({"street": None}, 'add street, for example "text"'),
        (
            {"lines": [{"count": 0}]},
            'change lines[0].count to 1 and add lines[0].product, for example "text"',
        ),
        ({"rank": 5}, "change rank to 4"),
    ],
)
def test_says_the_smallest_change_in_words(fields: dict[str, Any], text: str) -> None:
    """Conversions before other values, values before leaving out."""
    suggestion = suggest(PROGRAM, "shop/order", order(**fields), shop_store())

    assert suggestion is not None
    if text == "change rank to 4":  # Any value that is small enough will do.
        assert suggestion.text.startswith(("change rank to", "change kind to", "add kind"))
    else:
        assert set(suggestion.text.split(" and ")) == set(text.split(" and "))


def test_the_patch_is_json_patch() -> None:
    """A rename is a move, so it works on values that may not be shown."""
    suggestion = suggest(PROGRAM, "shop/order", order(quantitty=3, express="no"), shop_store())

    assert suggestion is not None
    assert sorted(suggestion.patch, key=str) == [
        {"op": "move", "from": "/quantitty", "path": "/quantity"},
        {"op": "replace", "path": "/express", "value": False},
    ]


def test_nothing_is_suggested_for_what_is_accepted() -> None:
    """An accepted payload needs no change."""
    assert suggest(PROGRAM, "shop/order", order(), shop_store()) is None


def test_nothing_is_suggested_without_the_records_that_rules_need() -> None:
    """Nothing can be verified then."""
    assert suggest(PROGRAM, "shop/order", order(quantity="5")) is None


def test_the_search_ends() -> None:
    """A hopeless payload costs no more than the effort allows."""
    wrong = {f"field_{number}": number for number in range(100)}

    assert suggest(PROGRAM, "shop/order", order(**wrong), shop_store(), effort=Effort(20, 1.0)) is None


@pytest.mark.parametrize("depth", [101, 5_000, 100_000])
def test_a_payload_beyond_all_depth_is_no_defect(depth: int) -> None:
    """Whoever embeds the library may be sent anything; whatever Python's own bound on recursion is."""
    deep: Any = {}
    for level in range(depth):
        deep = {"a": deep} if level % 2 else [deep]

    assert suggest(PROGRAM, "shop/order", order(deep=deep), shop_store()) is None


def test_a_sensitive_value_is_never_told() -> None:
    """Not the one that was sent, not the one that was read to compare it with."""
    for pin in (f" {SECRET} ", "1111", f"{SECRET}\n", "99"):
        suggestion = suggest(PROGRAM, "shop/order", order(pin=pin), shop_store())

        told = json.dumps([suggestion.text, suggestion.patch]) if suggestion is not None else ""
        assert SECRET not in told
        assert pin.strip() not in told


def test_each_problem_gets_its_part() -> None:
    """`fix` of a problem is what is done about it; all of them together are the change."""
    inputs = order(quantity="5", customer=None)
    outcome = decide(PROGRAM.compiled, "shop/order", inputs, shop_store())

    fixed = with_fixes(outcome, PROGRAM, inputs, shop_store())

    assert {problem.path: problem.fix for problem in fixed.problems} == {
        "/customer": "add customer, for example 1",
        "/quantity": "change quantity to 5",
    }


SHIPPED = load()
SCENARIOS = [
    scenario
    for file in find_files([shipped_rules()])
    for scenario in read_file(file, SHIPPED.compiled).scenarios
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: f"{one.resource} {one.name}"[:60])
def test_every_suggestion_on_the_shipped_scenarios_is_accepted(scenario: Scenario) -> None:
    """What is suggested, applied to the payload, is accepted; nothing only where nothing sent can help."""
    step = scenario.steps[0]
    program = Runner(SHIPPED, MemoryStore)._program(scenario)
    store = MemoryStore(_stored(scenario, program), program.tables)
    call: dict[str, Any] = _call(step, 1, {})
    inputs = program.inputs(**call)

    suggestion = suggest(program, step.resource, inputs, store, effort=Effort(seconds=20))

    if suggestion is not None:
        changed = replace(inputs, payload=apply_edits(inputs.payload, suggestion.edits))
        assert decide(program.compiled, step.resource, changed, store).accepted
        assert len(suggestion.text) > 0
    else:
        outcome = decide(program.compiled, step.resource, inputs, store)
        helpless = {
            "unauthenticated",
            "permission",
            "not_found",
            "transition",
            "type",
            "required",
            "idempotency",
        }
        assert outcome.accepted or {one.code for one in outcome.problems if one.path == ""} & helpless


WRONG: dict[str, list[Any]] = {
    "customer": [None, 1, 9, "1", 2],
    "street": [None, "x", 5],
    "shop_number": [3, "3"],
    "quantity": ["5", 0, 11, 3],
    "kind": ["small", "Large", "Huge"],
    "express": ["yes", True],
    "day": ["2025-02-01", "x"],
    "pin": ["1234", SECRET, "12"],
    "rank": [5, 2],
    "gift_note": ["x", 4],
    "lines": [[{}], [{"product": "a", "count": 0}], "x"],
    "zzz": [1],
    "Quantity": [2],
}


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in WRONG.items()}))
def test_any_wrong_order_can_be_mended_and_not_by_fewer_edits(fields: dict[str, Any]) -> None:
    """A change is found, is accepted, and none of its edits could be left out."""
    inputs, store = order(**fields), shop_store()
    suggestion = suggest(PROGRAM, "shop/order", inputs, store, effort=Effort(seconds=30))

    def accepted(edits: Sequence[Edit]) -> bool:
        payload = apply_edits(inputs.payload, edits)
        return (
            payload is not MISSING
            and decide(PROGRAM.compiled, "shop/order", replace(inputs, payload=payload), store).accepted
        )

    assert accepted(suggestion.edits if suggestion is not None else ())
    for edit in suggestion.edits if suggestion is not None and len(suggestion.edits) > 1 else ():
        assert suggestion is not None
        assert not accepted([other for other in suggestion.edits if other is not edit])

"""Every rule of the resource: held, failed, skipped or undecided, and why; and where values came from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from order_desk import PROGRAM, SECRET, order, shop_store

from rulewright import load
from rulewright.checks import pages
from rulewright.explanation import Explanation, FieldNode, Ruling, explain
from rulewright.explanation.problem_pages import PROBLEM_PAGES
from rulewright.problem import CODES
from rulewright.report.explanation import explanation_data, explanation_lines
from rulewright_adapters.memory import MemoryStore


def rulings(explanation: Explanation) -> dict[tuple[str, str], Ruling]:
    def below(nodes: Iterable[FieldNode]) -> Iterator[Ruling]:
        for node in nodes:
            yield from node.rules
            yield from below(node.children)

    found = [*below(explanation.fields), *explanation.whole, *(one.condition for one in explanation.effects)]
    return {(one.rule.removeprefix("shop/order."), one.path): one for one in found}


def explained(**fields: object) -> Explanation:
    return explain(PROGRAM, "shop/order", order(**fields), shop_store())


@pytest.mark.parametrize(
    ("fields", "place", "status", "why"),
    [
        ({}, ("customer.references", "/customer"), "held", None),
        ({"customer": 9}, ("customer.references", "/customer"), "failed", "names no existing"),
        ({}, ("quantity.min", "/quantity"), "skipped", "not given"),
        ({"quantity": "5"}, ("quantity.min", "/quantity"), "skipped", "problem already (type)"),
        ({"quantity": "5"}, ("quantity.type", "/quantity"), "failed", "whole number"),
        ({"customer": 9, "pin": "1234"}, ("pin.known", "/pin"), "skipped", "rests on /customer"),
        ({}, ("later", ""), "skipped", "not judged on create"),
        ({"kind": "Large"}, ("gift_note.excluded_if", "/gift_note"), "held", None),
        ({"lines": [{}]}, ("lines.items.product.required", "/lines/0/product"), "failed", "required"),
        ({}, ("lines.items.product.required", "/lines/0/product"), "skipped", "what holds it is not given"),
        ({"friends": [1, 9]}, ("friends.references", "/friends/0"), "held", None),
        ({"friends": [1, 9]}, ("friends.references", "/friends/1"), "failed", "names no existing"),
        ({"friends": [1, "x"]}, ("friends.references", "/friends/1"), "skipped", "problem already (type)"),
        ({}, ("friends.references", "/friends/0"), "skipped", "not given"),
        ({}, ("never", ""), "skipped", "does not apply"),
        ({}, ("name_it", ""), "held", None),
        ({"quantity": 0}, ("name_it", ""), "skipped", "planned only"),
        ({"street": None}, ("variants", ""), "failed", "must be given"),
        ({"nope": 1}, ("nope.unknown_field", "/nope"), "failed", "not a field"),
    ],
)
def test_says_what_each_rule_came_to(
    fields: dict[str, object], place: tuple[str, str], status: str, why: str | None
) -> None:
    """One rule in each state, with its reason."""
    found = rulings(explained(**fields))[place]

    assert found.status == status
    assert why is None or why in (found.why or "")
    assert found.at is not None


def test_without_a_store_a_rule_that_reads_is_undecided() -> None:
    """Not false, not true: nobody knows."""
    explanation = explain(PROGRAM, "shop/order", order())

    assert rulings(explanation)["customer.references", "/customer"].status == "undecided"


def test_a_reference_of_a_list_is_told_once_where_it_was_judged() -> None:
    """At each item; at the list where nothing could judge it. Both were told: held there, failed here."""
    judged, undecided = explained(friends=[1, 9]), explain(PROGRAM, "shop/order", order(friends=[1, 9]))

    told = [
        {place: one.status for (rule, place), one in rulings(each).items() if rule == "friends.references"}
        for each in (judged, undecided)
    ]

    assert told == [{"/friends/0": "held", "/friends/1": "failed"}, {"/friends": "undecided"}]


def test_every_problem_is_some_rule_that_failed() -> None:
    """Nothing that was reported is missing from the tree."""
    explanation = explained(customer=9, quantity=0, nope=1, kind="Huge", lines=[{"count": 0}], day="x")

    failed = {(one.rule, one.path) for one in rulings(explanation).values() if one.status == "failed"}

    assert {(one.rule, one.path) for one in explanation.outcome.problems} <= failed


@pytest.mark.parametrize(
    ("operation", "label", "word"),
    [("create", "effect", "absent"), ("update", "stored", "absent"), ("go", "stored", "effect")],
)
def test_an_effect_is_where_a_value_came_from_only_where_it_ran(
    operation: str, label: str, word: str, tmp_path: Path
) -> None:
    """One of creates sets nothing in an update; one of a transition does, in its event."""
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "pad.yaml").write_text(
        "rulewright: 1\nresource: desk/pad\nkey: id\n"
        "fields: {id: {type: integer, generate: sequence}, label: {type: string}, word: {type: string},"
        " state: {type: string, readonly: ignore}}\n"
        "effects: [{id: named, set: {label: \"'new'\"}}]\n"
        "workflow:\n"
        "  field: state\n"
        "  initial: a\n"
        "  states: {a: {}, b: {}}\n"
        "  transitions: [{event: go, from: a, to: b, effects: [{id: told, set: {word: \"'gone'\"}}]}]\n"
    )
    program = load(tmp_path)
    store = MemoryStore({"desk/pad": [{"id": 1, "state": "a", "label": "old"}]}, program.tables)
    key = None if operation == "create" else 1

    explanation = explain(program, "desk/pad", program.inputs({}, operation=operation, key=key), store)

    sources = {node.name: node.origin.source for node in explanation.fields if node.origin}
    assert (sources["label"], sources["word"]) == (label, word)


def test_says_where_each_value_came_from() -> None:
    """Sent, by default, worked out, made, or set by an effect; with the rule that did it."""
    sources = {node.name: node.origin.source for node in explained(quantity=3).fields if node.origin}

    assert sources == {
        **dict.fromkeys(
            ("price", "express", "day", "shop_number", "pin", "gift_note", "lines", "friends", "rank"),
            "absent",
        ),
        "id": "generated",
        "customer": "sent",
        "quantity": "sent",
        "street": "sent",
        "kind": "default",
        "city": "default_from",
        "total": "computed",
        "label": "effect",
    }


def test_values_that_were_read_are_told_and_those_that_were_not_are_not() -> None:
    """`true || x` does not read x."""
    found = rulings(explained(rank=2))["rank.small_first", "/rank"]

    assert found.values == {"value": 2}


def test_no_report_tells_a_sensitive_value() -> None:
    """Neither the tree nor the JSON; the outcome is masked by whoever shows it."""
    explanation = explained(pin="1234")
    shown = "\n".join(explanation_lines(explanation, "order.json:1:1"))
    data = explanation_data(explanation, "order.json:1:1")

    assert SECRET not in shown
    assert "1234" not in shown
    assert SECRET not in json.dumps(data, default=str)


def test_every_code_has_a_page() -> None:
    """`rulewright explain CODE` knows each code that a payload can be told, and no other name for it."""
    assert set(PROBLEM_PAGES) == CODES
    assert set(PROBLEM_PAGES).isdisjoint(pages())
    assert all(page.startswith(f"{code}: ") for code, page in PROBLEM_PAGES.items())


def test_a_wrong_item_is_shown_as_it_was_sent() -> None:
    """A list shows all its items, those that are no value too."""
    explanation = explained(lines=["x", {"product": "pen"}])
    lines = next(node for node in explanation.fields if node.name == "lines")

    assert [child.name for child in lines.children] == ["[0]", "[1]"]
    assert lines.children[0].rules[0].status == "failed"

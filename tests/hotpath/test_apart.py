"""Fields whose inner rules are judged apart: by the evaluator's functions, for the one field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from calls import DictRecords

from rulewright import Program, load
from rulewright.evaluation import Inputs, decide
from rulewright.hotpath import deciding
from rulewright.outcome import Outcome

RULES = """\
rulewright: 1
resource: shop/order
key: id
lookups: {open: {count: shop/order, by: {kind: record.kind}}}
fields:
  id: {type: integer, generate: sequence, readonly: reject}
  kind: {type: string, nullable: true}
  tags:
    type: list
    items:
      type: string
      one_of: "payload.kind == 'b' ? ['x'] : ['x', 'y']"
      checks: [{id: few, check: open < 9}]
  odd: {type: integer, references: {resource: shop/article, where: {kind: "value == 1 ? 'a' : 'b'"}}}
  few: {type: map, max_length: 2}
  fixed: {type: object, immutable: true, fields: {x: {type: integer}, y: {type: integer}}}
  named: {type: list, items: {type: integer, references: {resource: shop/article}}}
  lines:
    type: list
    items:
      type: object
      fields:
        article: {type: integer, required: true, references: {resource: shop/article}}
        count: {type: integer, default: 1, checks: [{id: some, check: value > 0}]}
        twice: {type: integer, compute: item.count * 2}
        due: {type: date, required_if: item.article == 2, forbidden_if: payload.kind == 'z'}
        note: {type: string, blank: absent, excluded_if: payload.kind == 'q'}
  place:
    type: object
    nullable: true
    fields:
      name: {type: string}
      point:
        type: object
        fields: {x: {type: number, required: true}, y: {type: number, forbidden_without: [x]}, m: {type: map}}
  state: {type: string, readonly: reject}
workflow:
  field: state
  initial: new
  states: {new: {}, old: {final: true}}
  events: {ship: {fields: {lines: {required: true}, place: {}}}}
  transitions: [{event: ship, from: new, to: old}]
response: {body: record}
"""
ARTICLE = (
    "rulewright: 1\nresource: shop/article\nkey: id\nfields: {id: {type: integer}, kind: {type: string}}\n"
)
STORED = {
    "id": 7,
    "kind": "a",
    "few": {"a": 1, "b": 2},
    "fixed": {"x": 1, "y": 2},
    "lines": [{"article": 1, "count": 2, "twice": 4}],
    "place": {"name": "n", "point": {"x": 1.0, "m": {"a": 1, "b": 2}}},
    "state": "new",
}
LINE: dict[str, Any] = {"article": 2, "due": "2025-01-15", "note": " "}
POINT = {"point": {"x": 2, "m": {"a": None, "c": {"d": 3}}}}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Program:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "shop").mkdir()
    (folder / "shop" / "order.yaml").write_text(RULES)
    (folder / "shop" / "article.yaml").write_text(ARTICLE)
    return load(folder)


def both(shop: Program, payload: dict[str, Any], operation: str) -> tuple[Outcome | None, Outcome]:
    """What generated code says of a call, and what the plain evaluator does."""
    keys = {"shop/order": "id", "shop/article": "id"}
    records = DictRecords(
        {"shop/order": [STORED], "shop/article": [{"id": 1, "kind": "a"}, {"id": 2, "kind": "a"}]}, keys
    )
    now = datetime(2025, 1, 15, tzinfo=UTC)
    key = None if operation == "create" else 7
    inputs = Inputs(operation=operation, payload=payload, now=now, seed=7, key=key)
    quick = deciding.decide_quickly(shop.compiled, "shop/order", inputs, records)
    return quick, decide(shop.compiled, "shop/order", inputs, records)


RIGHT: list[dict[str, Any]] = [
    {"tags": ["x", "y"], "named": [1, 2]},
    {"lines": [LINE, {"article": 1, "count": 3}], "kind": None},
    {"lines": [], "place": {"point": {"x": 1, "y": 2}}},
    {"place": None, "tags": []},
    {"place": POINT},
    {"odd": 1, "few": {"a": 3}, "fixed": {"x": 1}},
]
WRONG: list[dict[str, Any]] = [
    {"tags": ["y"], "kind": "b"},
    {"named": [1, 3]},
    {"odd": 2},
    {"lines": [{}]},
    {"lines": [{"article": 2}]},
    {"lines": [{"article": 9}]},
    {"lines": [LINE], "kind": "z"},
    {"lines": [{**LINE, "note": "n"}], "kind": "q"},
    {"lines": [{"article": 1, "count": 0}]},
    {"lines": [{"article": 1, "twice": 5}]},
    {"place": {"point": {"x": None, "y": 2}}},
]


@pytest.mark.parametrize("operation", ["create", "update"])
@pytest.mark.parametrize("payload", RIGHT)
def test_what_is_right_is_accepted(shop: Program, payload: dict[str, Any], operation: str) -> None:
    """By generated code alone, with the same record, changes, reads and response."""
    quick, plain = both(shop, payload, operation)

    assert plain.accepted
    assert quick == plain


@pytest.mark.parametrize("payload", [{"lines": [LINE]}, {"lines": [], "place": POINT}])
def test_an_event_that_brings_such_fields_is_taken(shop: Program, payload: dict[str, Any]) -> None:
    """What it brings is judged by itself, then merged."""
    quick, plain = both(shop, payload, "ship")

    assert plain.accepted
    assert quick == plain


@pytest.mark.parametrize("operation", ["create", "update", "ship"])
@pytest.mark.parametrize("payload", WRONG)
def test_nothing_else_is(shop: Program, payload: dict[str, Any], operation: str) -> None:
    """What a rule refuses, leaves out or overrules inside a field is told as the evaluator tells it."""
    quick, plain = both(shop, payload, operation)

    assert plain.problems
    assert quick in (None, plain)


@pytest.mark.parametrize("operation", ["create", "update"])
@pytest.mark.parametrize("wrong", [{"state": "old"}, {"other": 1}])
def test_what_is_wrong_elsewhere_is_told(shop: Program, wrong: dict[str, Any], operation: str) -> None:
    """By generated code, where what is inside is right and rests on nothing that is wrong."""
    quick, plain = both(shop, {**wrong, "place": {"point": {"x": 2}}, "named": [1]}, operation)

    assert not plain.accepted
    assert quick == plain


@pytest.mark.parametrize("payload", [{"few": {"c": 1}}, {"fixed": {"x": 2}}])
def test_what_an_update_comes_to_is_judged(shop: Program, payload: dict[str, Any]) -> None:
    """A key too many with those stored, and a part that may not change; the evaluator tells of both."""
    quick, plain = both(shop, payload, "update")

    assert not plain.accepted
    assert quick in (None, plain)


def test_stored_lines_are_judged_where_what_their_rules_read_is_sent(shop: Program) -> None:
    """An update touches a rule inside a list that it doesn't send."""
    quick, plain = both(shop, {"kind": "b"}, "update")
    refused, told = both(shop, {"kind": "z", "lines": [{"article": 2, "due": "2025-01-15"}]}, "update")

    assert quick == plain
    assert refused in (None, told)
    assert told.problems[0].path == "/lines/0/due"


def test_records_are_read_in_the_same_order(shop: Program) -> None:
    """References of items where the evaluator finds them, look-ups of checks after these."""
    payload = {"kind": "a", "tags": ["x"], "named": [1], "lines": [{"article": 1}]}
    quick, plain = both(shop, payload, "create")

    assert quick == plain
    assert [one.lookup for one in plain.reads] == ["items", "article", "open"]

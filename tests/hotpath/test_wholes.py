"""Objects in lists, and parts of parts: generated code has marshmallow read them as a whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rulewright import load
from rulewright.evaluation import Inputs, decide
from rulewright.hotpath.deciding import quick_for
from rulewright.hotpath.quick import Quick
from rulewright_adapters.memory import MemoryStore

RULES = """\
rulewright: 1
resource: shop/order
key: id
fields:
  id: {type: integer, generate: sequence, readonly: reject}
  lines:
    type: list
    min_length: 1
    items:
      type: object
      fields:
        article: {type: string, required: true}
        due: {type: date, format: "%d/%m/%Y"}
        sizes: {type: list, items: {type: integer, min: 1}}
        seen: {type: string, readonly: ignore}
  place:
    type: object
    nullable: true
    fields: {point: {type: object, required: true, fields: {x: {type: number}}}}
  loose: {type: list, items: {type: object, unknown: ignore, fields: {a: {type: integer}}}}
  both: {type: object, fields: {a: {type: integer, default: 1, compute: '2', readonly: ignore}}}
  plans: {type: map, items: {type: object, fields: {n: {type: integer, nullable: true}}}}
  planned: {type: boolean, compute: "given(payload.plans) && payload.plans.all(k, has(payload.plans[k].n))"}
  first: {type: string, default_from: "given(payload.lines) ? payload.lines[0].article : 'none'"}
"""
LINE = {"article": "A1", "due": "01/02/2025", "sizes": [1, 2]}


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Quick:
    """The program of an order's creates."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "shop").mkdir()
    (folder / "shop" / "order.yaml").write_text(RULES)
    rules = load(folder).compiled
    made = quick_for(rules, rules.resources["shop/order"])
    assert made is not None
    return made


def inputs_of(payload: dict[str, Any]) -> Inputs:
    """A create of one order."""
    return Inputs(operation="create", payload=payload, now=datetime(2025, 1, 15, tzinfo=UTC), seed=7)


@pytest.mark.parametrize(
    "payload",
    [
        {"lines": [LINE, {"article": "A2"}]},
        {"lines": [LINE], "place": {"point": {"x": 1}}, "loose": [{"a": 1}]},
        {"place": None},
        {"both": {}},
        {"plans": {"a": {"n": 1}, "b": {"n": None}}},
    ],
)
def test_what_is_right_is_accepted(quick: Quick, payload: dict[str, Any]) -> None:
    """By generated code alone, and as the plain evaluator does."""
    outcome = quick.decide(inputs_of(payload), None)

    assert outcome is not None
    assert outcome.accepted
    assert outcome == decide(quick.rules, "shop/order", inputs_of(payload), None)


@pytest.mark.parametrize(
    "payload",
    [
        {"lines": [LINE, {}]},
        {"lines": [LINE, {"article": None}]},
        {"lines": [{**LINE, "due": "2025-02-01"}]},
        {"lines": [{**LINE, "sizes": [0]}]},
        {"lines": [{**LINE, "seen": "x"}]},
        {"lines": [{**LINE, "other": 1}]},
        {"lines": [None]},
        {"lines": []},
        {"place": {}},
        {"place": {"point": {"x": "y"}}},
        {"loose": [{"a": 1, "b": 2}]},
        {"loose": [{"a": "x", "b": 2}]},
    ],
)
def test_nothing_else_is(quick: Quick, payload: dict[str, Any]) -> None:
    """What is missing, unknown or ignored at any depth is told by the evaluator, or as it tells it."""
    plain = decide(quick.rules, "shop/order", inputs_of(payload), None)

    assert plain.problems
    assert quick.decide(inputs_of(payload), None) in (None, plain)


@pytest.mark.parametrize("target", ["any", "list", "map", "object, fields: {box: {type: any}}"])
def test_nulls_of_parts_stay_in_what_says_nothing_of_its_parts(tmp_path: Path, target: str) -> None:
    """Generated code left them out of a copy: what was stored depended on how many payloads came before."""
    (tmp_path / "shop").mkdir()
    copy = {"any": "payload.place", "list": "[payload.place]"}.get(target, '{"box": payload.place}')
    (tmp_path / "shop" / "note.yaml").write_text(
        "rulewright: 1\nresource: shop/note\nkey: id\nfields:\n  id: {type: string, required: true}\n"
        "  place: {type: object, fields: {a: {type: string, nullable: true}, b: {type: integer}}}\n"
        f"  copy: {{type: {target}, readonly: ignore, compute: '{copy}'}}\n"
    )
    program = load(tmp_path)
    payload = {"id": "1", "place": {"a": None, "b": 1}}

    records = [
        program.evaluate("shop/note", payload, store=MemoryStore(), referee=referee).record
        for referee in (True, *[False] * 5)
    ]

    place = {"a": None, "b": 1}
    stored = {"any": place, "list": [place]}.get(target, {"box": place})
    assert [record and record["copy"] for record in records] == [stored] * 6

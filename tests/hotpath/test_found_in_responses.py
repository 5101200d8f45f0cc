"""Responses that show records which were found, whole or in part, are as the plain evaluator's."""

from __future__ import annotations

from typing import Any

import pytest
from calls import NOW, DictRecords
from desks import load_desk

from rulewright import Program
from rulewright.evaluation import Inputs, decide
from rulewright.hotpath.deciding import decide_quickly, quick_for

SHELF = """\
rulewright: 1
resource: desk/shelf
key: id
fields:
  id: {type: integer, generate: sequence, readonly: reject}
  title: {type: string}
  size: {type: number, nullable: true}
  made: {type: date, format: "%d/%m/%Y"}
  seen: {type: datetime}
  place: {type: object, fields: {room: {type: string}, since: {type: date, format: "%d/%m/%Y"}}}
  marks: {type: list, max_length: 3, items: {type: date, format: "%d/%m/%Y"}}
"""
BOOK = """\
rulewright: 1
resource: desk/book
key: id
fields:
  id: {type: integer, generate: sequence, readonly: reject}
  title: {type: string, required: true}
  price: {type: integer, nullable: true}
  day: {type: date, format: "%d/%m/%Y", nullable: true}
  kept: {type: map, items: {type: string}}
  shelf: {type: integer, nullable: true, references: {resource: desk/shelf, as: own_shelf}}
  others: {type: list, max_length: 5, items: {type: integer}, references: {resource: desk/shelf, as: shelves}}
  name: {type: string, readonly: ignore, compute: slug(record.title)}
lookups:
  like: {find_all: desk/shelf, by: {title: payload.title}}
response:
  body:
    part: "own_shelf == null ? null : pick(own_shelf, ['seen', 'made', 'title', 'place'])"
    own: "pick(record, ['day', 'title', 'kept', 'name'])"
    whole: own_shelf
    shelves: shelves.map(one, pick(one, ['id', 'marks']))
    titles: shelves.map(one, one.title)
    like: like
    price: money(record.price, 'GBP')
    kept: record.kept
    name: slug(record.title)
    said: "record.title == 'x' ? [1] : shelves"
"""
FULL: dict[str, Any] = {
    "id": 1,
    "title": "Top",
    "size": 1.5,
    "made": "2025-01-31",
    "seen": "2025-01-31T09:30:00Z",
    "place": {"room": "a", "since": "2024-02-29"},
    "marks": ["2025-01-31"],
}
# What a store may hold of old.
ODD: dict[str, dict[str, Any]] = {
    "as declared": {},
    "nothing": dict.fromkeys(("title", "size", "made", "seen", "place", "marks")),
    "more": {"colour": "red", "place": {"room": "a", "wall": 1}},
    "lists": {"title": ["a"], "size": {"a": 1}, "made": ["2025-01-31"], "seen": {}},
    "numbers": {"title": 5, "size": True, "made": 20250131, "seen": 1.5, "place": 7, "marks": "x"},
    "no dates": {"made": "soon", "seen": "2025-13-01", "marks": ["never", None]},
    "less": {"place": {}, "marks": []},
}
PAYLOADS: dict[str, dict[str, Any]] = {
    "least": {"title": "Top"},
    "all": {
        "title": "Top",
        "price": 1250,
        "day": "31/01/2025",
        "kept": {"a": "b"},
        "shelf": 1,
        "others": [1],
    },
    "two": {"title": "Über: Größe", "price": None, "day": None, "shelf": None, "others": [2, 1, 2]},
    "long": {"title": "a b " * 30_000, "others": []},
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The rules above."""
    return load_desk(tmp_path_factory.mktemp("rules"), shelf=SHELF, book=BOOK)


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("odd", ODD)
def test_records_that_were_found(desk: Program, odd: str, payload: str) -> None:
    """Whatever the store holds, the response is the evaluator's, or the evaluator is asked."""
    shelves = [{**FULL, **ODD[odd]}, {**FULL, "id": 2}]
    if odd == "less":
        del shelves[0]["title"]
    records = DictRecords({"desk/shelf": shelves}, {"desk/shelf": "id", "desk/book": "id"})
    inputs = Inputs(operation="create", payload=PAYLOADS[payload], now=NOW, seed=1, actor=None)

    plain = decide(desk.compiled, "desk/book", inputs, records)
    quick = decide_quickly(desk.compiled, "desk/book", inputs, records)

    assert plain.verdict == "accepted"
    assert quick is None or (quick, quick.response) == (plain, plain.response)
    assert quick is not None or odd in ("lists", "numbers") or payload == "long"


def test_nothing_is_called(desk: Program) -> None:
    """No part of the response is called as compiled CEL."""
    quick = quick_for(desk.compiled, desk.compiled.resources["desk/book"])

    assert quick is not None
    assert quick.code.left == ()

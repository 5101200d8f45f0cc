"""The tables of rules: what records are found by has an index, whichever part of the rules finds them."""

from __future__ import annotations

from pathlib import Path

from rulewright import load

TICKET = """
rulewright: 1
resource: desk/ticket
key: id
lookups: {same: {count: desk/note, by: {title: payload.title, day: payload.day}}}
fields:
  id: {type: integer, generate: sequence}
  title: {type: string}
  day: {type: date}
  author: {type: integer, references: {resource: desk/note, by: number}}
  state: {type: string, readonly: ignore}
effects: [{id: own, update: desk/note, where: {room: payload.title}, set: {title: payload.title}}]
workflow:
  field: state
  initial: a
  states: {a: {}, b: {}}
  transitions:
    - event: go
      from: a
      to: b
      effects: [{id: moved, update: desk/note, where: {floor: record.title}, set: {day: null}}]
"""
NOTE = """
rulewright: 1
resource: desk/note
key: id
fields:
  id: {type: integer, generate: sequence}
  number: {type: integer}
  title: {type: string}
  day: {type: date, nullable: true}
  room: {type: string}
  floor: {type: string}
  ticket: {type: integer}
  state: {type: string, readonly: ignore}
workflow:
  field: state
  initial: a
  states: {a: {}, b: {}}
  transitions: [{event: close, from: a, to: b}]
  reactions: [{after: desk/ticket.go, for_each: {find_all: desk/note, by: {ticket: source.id}}, fire: close}]
"""


def test_what_records_are_found_by_has_an_index(tmp_path: Path) -> None:
    """By look-ups, references, effects, also of transitions, and reactions; else each call reads all."""
    (tmp_path / "desk").mkdir()
    for name, text in (("ticket", TICKET), ("note", NOTE)):
        (tmp_path / "desk" / f"{name}.yaml").write_text(text)

    tables = {table.resource: table for table in load(tmp_path).tables}

    assert {*tables["desk/note"].indexes} == {
        ("title", "day"),
        ("number",),
        ("room",),
        ("floor",),
        ("ticket",),
    }

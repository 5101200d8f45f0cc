"""Rules that do most of what a payload can lead to, random payloads for them, and stores to compare."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rulewright import load
from rulewright.history import DECISIONS
from rulewright.outcome import Outcome
from rulewright.ports import Store
from rulewright.program import Program

API = """
rulewright: 1
api: depot
idempotency: {header: Idempotency-Key, operations: [create], keep: 1d}
targets:
  vendor: {url: https://vendor.example/orders, ordered_by: record.customer}
"""
PART = """
rulewright: 1
resource: depot/part
key: code
fields:
  code: {type: string, required: true, max_length: 5}
  name: {type: string, unique: true}
  price: {type: number}
  stock: {type: integer, default: 5}
  last_order: {type: string, nullable: true, readonly: ignore}
  spec: {type: any}
  pin: {type: string, sensitive: true}
"""
ORDER = """
rulewright: 1
resource: depot/order
key: id
lookups:
  earlier: {find_all: depot/order, by: {customer: payload.customer}}
  orders_of_part: {count: depot/order, by: {part: payload.part}}
  dearest: {max: depot/order, by: {customer: payload.customer}, of: amount}
  namesake: {find: depot/part, by: {name: payload.customer}}
fields:
  id: {type: string, readonly: ignore, generate: {sequence: {prefix: OR, width: 6}}}
  token: {type: uuid, readonly: ignore, generate: uuid}
  customer: {type: string, required: true}
  part: {type: string, references: {resource: depot/part, as: ordered}}
  others: {type: list, items: {type: string, references: {resource: depot/part}}}
  amount: {type: integer, required: true, min: 1}
  first: {type: boolean, readonly: ignore, compute: '!earlier.exists(e, e.id != record.id)'}
  seen: {type: integer, readonly: ignore, compute: orders_of_part}
  most: {type: integer, readonly: ignore, compute: dearest}
  named: {type: string, readonly: ignore, compute: 'given(namesake.code) ? namesake.code : null'}
  note: {type: integer, readonly: ignore, references: {resource: depot/note}}
  main: {type: boolean, unique: {within: [customer], where: {main: true}}}
  status: {type: string, readonly: ignore}
workflow:
  field: status
  initial: open
  states: {open: {}, late: {final: true}}
  events: {chase: {}}
  transitions: [{event: chase, from: open, to: late}]
  timeouts: [{state: open, after: 30d, fire: chase}]
checks:
  - id: in_stock
    check: '!given(ordered.stock) || !given(payload.amount) || ordered.stock >= payload.amount'
    path: /amount
effects:
  - id: old_main_steps_down
    when: given(payload.main) && payload.main && payload.amount > 3
    update: depot/order
    where: {customer: payload.customer, main: true}
    set: {main: false}
  - id: take_from_stock
    when: given(payload.part) && given(ordered.stock)
    update: depot/part
    where: {code: payload.part}
    set: {stock: ordered.stock - payload.amount, last_order: record.id}
  - id: note_the_customer
    when: payload.amount > 2
    create: depot/note
    set: {text: payload.customer}
    bind: noted
  - id: own_note
    when: payload.amount > 2
    set: {note: noted.id}
  - id: tell
    when: payload.amount == 4
    send: vendor
    body: {order: record.id}
"""
NOTE = """
rulewright: 1
resource: depot/note
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  text: {type: string}
"""


def make_program(folder: Path) -> Program:
    """Write the rule files and load them."""
    api = folder / "depot"
    api.mkdir(exist_ok=True)
    for name, text in (("api", API), ("part", PART), ("order", ORDER), ("note", NOTE)):
        (api / f"{name}.yaml").write_text(text)
    return load(folder)


def part(chance: random.Random) -> dict[str, Any]:
    """A part: now and then a code or name that is taken, or too long."""
    code = chance.choice(["p1", "p2", "p3", "p4", "p5", "p6", "far too long", 7, None])
    made: dict[str, Any] = {"code": code, "stock": chance.randrange(20), "pin": "1234"}
    if chance.random() < 0.5:
        made["name"] = chance.choice(["Ann", "Bob", "Cid", "Dee"])
    if chance.random() < 0.5:
        made |= {"price": chance.choice([1, 2.5, -0.0, 3.0]), "spec": chance.choice([[1.0], {"a": 1}, 2.0])}
    return made


def order(chance: random.Random) -> object:
    """An order, of parts that may not be there; some are no order at all."""
    if chance.random() < 0.05:
        return chance.choice([None, [], {"customer": 5}, {"amount": 0}])
    made: dict[str, Any] = {
        "customer": chance.choice(["Ann", "Bob", "Cid"]),
        "amount": chance.randrange(1, 6),
    }
    if chance.random() < 0.7:
        made["part"] = chance.choice(["p1", "p2", "p3", "p4", "p9"])
    if chance.random() < 0.3:
        made["others"] = chance.sample(["p1", "p2", "p3", "p9"], 2)
    if chance.random() < 0.3:
        made["main"] = chance.random() < 0.8
    return made


def contents(store: Store, program: Program) -> dict[str, list[object]]:
    """Every record there is, but for what the clock says."""
    return {
        table.resource: [
            _timeless(table.resource, {name: value for name, value in one.items() if value is not None})
            for one in store.find(table.resource, {})
        ]
        for table in program.tables
    }


def _timeless(resource: str, record: dict[str, Any]) -> dict[str, Any]:
    record.pop("created", None)
    if resource == DECISIONS.resource and "detail" in record:
        record["detail"] = json.loads(record["detail"]) | {"at": None}
    if resource == "rulewright/message":
        record.pop("idempotency_key")
    return record


def told(outcome: Outcome) -> object:
    """An outcome without a message's random key."""
    messages = [(one.target, one.url, one.body, one.resource, one.key) for one in outcome.messages]
    parts = (outcome.verdict, outcome.problems, outcome.record, outcome.changes, outcome.reads)
    return (*parts, messages, outcome.response, outcome.claim, outcome.replayed, outcome.as_of)


def in_pieces(items: Sequence[Any], chance: random.Random) -> Iterator[Sequence[Any]]:
    """Cut into pieces of random sizes."""
    start = 0
    while start < len(items):
        size = chance.choice([1, 2, 7, 30])
        yield items[start : start + size]
        start += size

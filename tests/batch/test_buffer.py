"""A transaction that writes behind answers as one that writes at once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rulewright.batch.buffer import Buffer
from rulewright.ports import Column, Store, Table, Transaction
from rulewright_adapters import open_store

TABLE = Table(
    "desk/visit",
    "id",
    (
        Column("id", "integer"),
        Column("name", "text"),
        Column("room", "integer"),
        Column("paid", "boolean"),
        Column("price", "number"),
        Column("tags", "json"),
    ),
    indexes=(("room",), ("name",)),
)
# What a field may hold, and what else it may be asked for by.
HELD: dict[str, tuple[Any, ...]] = {
    "name": ("Ann", "Bob", "Zoë", None),
    "room": (1, 2, 3, None),
    "paid": (True, False, None),
    "price": (1, 2.0, 2.5, -0.0, None),
    "tags": (["a"], [1.0], {"b": 2.0}, None),
}
ASKED: dict[str, tuple[Any, ...]] = {
    "id": (1, 2, 5, 40, 2.0, True, None, [1, 2, 3]),
    "name": ("Ann", "Zoë", "Cid", None, 1, ["Ann", "Bob", None]),
    "room": (1, 3, 9, 1.0, True, None, [1, None]),
    "paid": (True, False, 1, None, [True]),
    "price": (1, 1.0, 2.5, 0, None),
}


@contextmanager
def opened() -> Iterator[Store]:
    """A store that holds a few records, closed at the end: Python 3.13 warns of one that isn't."""
    store = open_store("sqlite://")
    store.prepare([TABLE])
    chance = random.Random(0)
    with store.transaction() as transaction:
        transaction.insert_many(TABLE.resource, [record(chance, number) for number in range(1, 9)])
    try:
        yield store
    finally:
        store.close()


def record(chance: random.Random, number: int) -> dict[str, Any]:
    values = {name: chance.choice(held) for name, held in HELD.items()}
    # Null may be left out.
    return {"id": number, **{name: value for name, value in values.items() if value or chance.random() < 0.5}}


def where(chance: random.Random) -> dict[str, Any]:
    return {name: chance.choice(ASKED[name]) for name in chance.sample([*ASKED], chance.choice((0, 1, 1, 2)))}


def told(found: Any) -> Any:
    """Records without nulls; what is equal to a store is equal here, and true is not 1."""
    if isinstance(found, int | float | str) or found is None:
        return repr(found)
    return [repr(sorted((name, value) for name, value in one.items() if value is not None)) for one in found]


def question(chance: random.Random) -> Callable[[Transaction], Any]:
    """Something to ask."""
    wanted, limit = where(chance), chance.choice((None, None, 1, 2))
    name = chance.choice(("id", "room", "price"))
    return chance.choice(
        (
            lambda transaction: told(transaction.find(TABLE.resource, wanted, limit)),
            lambda transaction: told(transaction.find(TABLE.resource, wanted, limit)),
            lambda transaction: transaction.count(TABLE.resource, wanted),
            lambda transaction: told(transaction.extreme(TABLE.resource, wanted, name, "max")),
            lambda transaction: transaction.last_in_sequence(TABLE.resource, "id", ""),
        )
    )


def write(chance: random.Random, last: int) -> Callable[[Transaction], Any]:
    """Something to write, which no constraint forbids; `last` is the last id."""
    if chance.random() < 0.5:
        made = record(chance, last + 1)
        return lambda transaction: transaction.insert(TABLE.resource, made)
    values = {name: chance.choice(HELD[name]) for name in chance.sample([*HELD], chance.choice((1, 2)))}
    key = chance.randrange(1, last + 1)
    return lambda transaction: transaction.update(TABLE.resource, key, values)


@pytest.mark.parametrize("seed", range(40))
def test_it_answers_as_a_plain_transaction(seed: int) -> None:
    """Whatever was written, read ahead or flushed before, and in which order."""
    chance = random.Random(seed)
    with opened() as one, opened() as other, one.transaction() as plain, other.transaction() as base:
        buffer = Buffer(base, {TABLE.resource: TABLE})
        if chance.random() < 0.7:
            buffer.read_ahead(TABLE.resource, ("room",), [(1,), (3,), (9,)])
            buffer.read_ahead(TABLE.resource, ("id",), [(1,), (40,)])
        for _ in range(60):
            step = chance.random()
            if step < 0.02:
                buffer.flush()
            elif step < 0.4:
                last = plain.last_in_sequence(TABLE.resource, "id", "")
                change = write(chance, last)
                change(plain)
                change(buffer)
            else:
                ask = question(chance)

                assert ask(buffer) == ask(plain)
        buffer.flush()

        assert told(base.find(TABLE.resource, {})) == told(plain.find(TABLE.resource, {}))

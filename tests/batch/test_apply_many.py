"""Many payloads by the chunk do what they would do one after the other."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from depot import contents, in_pieces, make_program, order, part, told

from rulewright import load
from rulewright.delivery import Receipt
from rulewright.errors import AdapterError
from rulewright.evaluation import Inputs
from rulewright.ports import ForeignKey, Store, Transaction, UniqueConstraint
from rulewright.program import Program
from rulewright_adapters import open_store

NewStore = Callable[[], Store]
AS_OF = "2025-03-01T12:00:00Z"
AGENT = {"agent": 3, "group": 9}


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return make_program(tmp_path_factory.mktemp("rules"))


def by_one(program: Program, resource: str, given: list[Inputs], store: Store) -> list[Receipt]:
    """The payloads in one transaction each."""
    receipts = []
    for one in given:
        with store.transaction() as transaction:
            receipts.append(program.apply_within(resource, one, transaction))
    return receipts


def by_many(
    program: Program, resource: str, given: list[Inputs], store: Store, chance: random.Random
) -> list[Receipt]:
    """The payloads in chunks of random sizes."""
    receipts = []
    for chunk in in_pieces(given, chance):
        with store.transaction() as transaction:
            receipts += program.applier(resource).carry_out(chunk, transaction)
    return receipts


def assert_alike(
    program: Program, new_store: NewStore, batches: list[tuple[str, list[Inputs]]], chance: random.Random
) -> list[Receipt]:
    """Apply the same both ways; outcomes, records, history and outbox must be the same."""
    one, many = new_store(), new_store()
    for store in (one, many):
        store.prepare(program.tables)
    receipts: list[Receipt] = []
    for resource, given in batches:
        expected = by_one(program, resource, given, one)
        found = by_many(program, resource, given, many, chance)
        receipts += found

        assert [told(receipt.outcome) for receipt in found] == [told(receipt.outcome) for receipt in expected]
        assert [receipt.stored for receipt in found] == [receipt.stored for receipt in expected]
    assert contents(many, program) == contents(one, program)
    return receipts


def made(program: Program, payloads: list[Any], chance: random.Random, **more: Any) -> list[Inputs]:
    """Inputs that give the same outcome each time."""
    return [program.inputs(one, as_of=AS_OF, seed=chance.randrange(2**32), **more) for one in payloads]


@pytest.mark.parametrize("seed", range(6))
def test_random_batches_do_the_same_as_one_after_the_other(
    program: Program, new_store: NewStore, seed: int
) -> None:
    """Parts and orders that refer to each other, taken keys, effects on earlier rows, messages, states."""
    chance = random.Random(seed)
    batches = []
    for _ in range(3):
        batches.append(("depot/part", made(program, [part(chance) for _ in range(12)], chance)))
        batches.append(("depot/order", made(program, [order(chance) for _ in range(40)], chance)))

    receipts = assert_alike(program, new_store, batches, chance)

    assert {receipt.outcome.verdict for receipt in receipts} >= {"accepted", "rejected"}


def test_random_updates_do_the_same(program: Program, new_store: NewStore) -> None:
    """Records that earlier rows made or changed are changed again; some are not there."""
    chance = random.Random(7)
    parts = [{"code": f"p{number}", "stock": number, "price": number} for number in range(6)]
    changes: list[Inputs] = []
    for number in range(60):
        payload = {"stock": chance.randrange(9), "price": chance.choice([number, 1.5]), "spec": {"n": 1.0}}
        if chance.random() < 0.3:
            payload["name"] = chance.choice(["Ann", "Bob", "Cid"])
        changes += made(program, [payload], chance, operation="update", key=f"p{chance.randrange(8)}")

    receipts = assert_alike(
        program,
        new_store,
        [("depot/part", made(program, parts, chance)), ("depot/part", changes)],
        chance,
    )

    assert {receipt.outcome.verdict for receipt in receipts} == {"accepted", "rejected"}


TALLY = """
rulewright: 1
resource: shop/{name}
key: id
fields:
  id: {{type: integer, readonly: ignore, generate: sequence}}
  count: {{type: integer}}
"""
TALLY_EFFECT = """
effects:
  - id: add
    on: [update]
    when: payload.count > 0
    update: shop/total
    where: {id: 1}
    set: {count: payload.count}
"""


def test_updates_that_leave_their_record_as_it_is(tmp_path: Path, new_store: NewStore) -> None:
    """Alone or with an effect on another record: the history tells of them under their own key."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "api.yaml").write_text("rulewright: 1\napi: shop\n")
    (tmp_path / "shop" / "total.yaml").write_text(TALLY.format(name="total"))
    (tmp_path / "shop" / "order.yaml").write_text(TALLY.format(name="order") + TALLY_EFFECT)
    program = load(tmp_path)
    chance = random.Random(3)
    orders = [{"count": 0}, {"count": 5}]
    changes = [
        one
        for _ in range(40)
        for one in made(program, [{"count": chance.choice([0, 5])}], chance, operation="update", key=2)
    ]

    receipts = assert_alike(
        program,
        new_store,
        [
            ("shop/total", made(program, [{"count": 0}], chance)),
            ("shop/order", made(program, orders, chance)),
            ("shop/order", changes),
        ],
        chance,
    )

    assert all(receipt.stored for receipt in receipts)
    told_of = Counter(tuple(one.resource for one in receipt.outcome.changes) for receipt in receipts)
    assert told_of.keys() >= {(), ("shop/order",), ("shop/total",)}


NAMED = """
rulewright: 1
resource: shop/{name}
key: id
fields:
  id: {{type: integer, readonly: ignore, generate: sequence}}
  name: {{type: string, unique: true}}
  new: {{type: boolean, default: true}}
"""
NAMED_EFFECTS = """
lookups: {alike: {find_all: shop/total, by: {name: payload.name}}}
checks:
  - {id: known, check: 'alike.exists(one, one.name == record.name)', severity: info}
  - {id: short, check: payload.name.size() < 3}
effects:
  - {id: make, create: shop/total, set: {name: payload.name}}
  - {id: age, update: shop/total, where: {new: true}, set: {new: false, name: "payload.name + '!'"}}
"""


def test_effects_update_what_effects_made(tmp_path: Path, new_store: NewStore) -> None:
    """It is stored as it ends up, even where what it was first is taken. A check lists nobody."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "api.yaml").write_text("rulewright: 1\napi: shop\n")
    (tmp_path / "shop" / "total.yaml").write_text(NAMED.format(name="total"))
    (tmp_path / "shop" / "order.yaml").write_text(NAMED.format(name="order") + NAMED_EFFECTS)
    program = load(tmp_path)
    chance = random.Random(4)
    first = made(program, [{"name": "a", "new": False}], chance)
    orders = made(program, [{"name": name} for name in ("b", *["long"] * 5, *"cbad")], chance)

    receipts = assert_alike(program, new_store, [("shop/total", first), ("shop/order", orders)], chance)

    stored = [True, True, *[False] * 5, True, False, True, True]
    assert [receipt.stored for receipt in receipts] == stored


def test_repeated_calls_do_the_same(program: Program, new_store: NewStore) -> None:
    """An idempotency key that an earlier row of the chunk took is answered as it was then."""
    chance = random.Random(3)
    parts = made(program, [{"code": f"p{number}"} for number in range(4)], chance)
    calls: list[Inputs] = []
    for number in range(30):
        request = {"headers": {"Idempotency-Key": f"k{number % 7}"}}
        payload = {"customer": "Ann", "amount": 1 + number % 7 % 2 + number // 25}
        calls += made(program, [payload], chance, request=request)

    receipts = assert_alike(program, new_store, [("depot/part", parts), ("depot/order", calls)], chance)

    assert sum(receipt.outcome.replayed for receipt in receipts) > 10


def test_cases_of_shared_households_do_the_same(new_store: NewStore) -> None:
    """CT/OI: whoever heads a household steps down for a later row."""
    rules = load()
    chance = random.Random(5)
    cases: list[Inputs] = []
    for number in range(60):
        payload: dict[str, object] = {"first_name": f"F{number}", "last_name": "L", "yearly_income": number}
        if number > 5:
            payload |= {"household": chance.randrange(1, 9), "head_of_household": chance.random() < 0.5}
        cases += made(rules, [payload], chance, actor=AGENT)

    receipts = assert_alike(rules, new_store, [("ct_oi/case", cases)], chance)

    assert sum(receipt.stored for receipt in receipts) > 30


# Constraints that the rules do not know


def stricter(program: Program, store: Store) -> None:
    """Prepare a store in which no two orders may have one customer and amount."""
    wanted = UniqueConstraint(("customer", "amount"), {})
    store.prepare(
        [
            replace(table, uniques=(*table.uniques, wanted)) if table.resource == "depot/order" else table
            for table in program.tables
        ]
    )


@pytest.mark.parametrize("seed", range(3))
def test_only_the_guilty_payload_is_refused(program: Program, new_store: NewStore, seed: int) -> None:
    """A constraint of the store alone refuses the same payloads as one after the other."""
    chance = random.Random(seed)
    one, many = new_store(), new_store()
    parts = made(program, [{"code": f"p{number}", "stock": 1_000} for number in range(5)], chance)
    payloads = [
        {"customer": f"C{chance.randrange(12)}", "amount": chance.randrange(1, 6), "part": "p1"}
        for _ in range(60)
    ]
    orders = made(program, payloads, chance)
    for store in (one, many):
        stricter(program, store)
        by_one(program, "depot/part", parts, store)

    expected = by_one(program, "depot/order", orders, one)
    with many.transaction() as transaction:
        found = program.applier("depot/order").carry_out(orders, transaction)

    refused = [receipt.outcome.problems[0].code for receipt in found if not receipt.stored]
    assert [told(receipt.outcome) for receipt in found] == [told(receipt.outcome) for receipt in expected]
    assert contents(many, program) == contents(one, program)
    assert len(refused) > 10
    assert set(refused) == {"unique"}


def test_a_reference_that_only_the_store_judges(program: Program, new_store: NewStore) -> None:
    """What shows at the end of the transaction is found by halves: one payload is refused."""
    store = new_store()
    wanted = ForeignKey("text", "depot/part", "code")
    tables = [
        replace(table, foreign_keys=(wanted,)) if table.resource == "depot/note" else table
        for table in program.tables
    ]
    store.prepare(tables)
    strict = Program(program.compiled)
    vars(strict)["tables"] = tuple(tables)
    payloads = [{"code": name} for name in ("Ann", "Bob")]
    assert all(receipt.stored for receipt in strict.apply_many("depot/part", payloads, store=store))
    orders = [{"customer": name, "amount": 3} for name in ("Ann", "Bob", "Cid", "Ann", "Bob", "Ann")]

    receipts = list(strict.apply_many("depot/order", orders, store=store))

    assert [receipt.stored for receipt in receipts] == [True, True, False, True, True, True]
    assert [problem.code for problem in receipts[2].outcome.problems] == ["conflict"]
    assert store.count("depot/order", {}) == 5


# In little time


class Clock:
    """Goes on by a tenth of a second each time it is looked at, which is once for each payload or more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr("rulewright.batch.applying.monotonic", self.tick)

    def tick(self) -> float:
        self.now += 0.1
        return self.now


@pytest.mark.parametrize("strict", [False, True])
def test_a_chunk_that_takes_long_ends_early(
    program: Program, new_store: NewStore, strict: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others wait for some seconds, more where writes are refused; the rest comes out the same."""
    chance = random.Random(1)
    payloads = [{"customer": f"C{chance.randrange(20)}", "amount": chance.randrange(1, 6)} for _ in range(90)]
    orders = made(program, payloads, chance)
    one, many = new_store(), new_store()
    for store in (one, many):
        stricter(program, store) if strict else store.prepare(program.tables)
    expected = by_one(program, "depot/order", orders, one)
    clock, found, times = Clock(monkeypatch), list[Receipt](), list[float]()
    while len(found) < len(orders):
        begun = clock.now
        with many.transaction() as transaction:
            applier = program.applier("depot/order")
            found += applier.carry_out(orders[len(found) :], transaction, seconds=2.0)
        times.append(clock.now - begun)

    assert [told(receipt.outcome) for receipt in found] == [told(receipt.outcome) for receipt in expected]
    assert contents(many, program) == contents(one, program)
    assert all(receipt.stored for receipt in found) is not strict
    assert len(times) > 4
    assert max(times) < (8.0 if strict else 2.5)


def test_a_payload_that_takes_too_long_is_applied(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in a transaction of its own, where one is as long as a chunk may be."""
    store = open_store("memory://")
    monkeypatch.setattr("rulewright.batch.applying.monotonic", iter(range(0, 999, 5)).__next__)
    before = store.transaction
    begun = []
    monkeypatch.setattr(store, "transaction", lambda: (begun.append(1), before())[1])

    receipts = [*program.apply_many("depot/part", [{"code": f"p{n}"} for n in range(7)], store=store)]

    assert [receipt.stored for receipt in receipts] == [True] * 7
    assert (len(begun), store.count("depot/part", {})) == (7, 7)


# By the many


class Counting:
    """A transaction that counts what it is asked."""

    def __init__(self, base: Transaction) -> None:
        self.base = base
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self.base, name)


@pytest.mark.parametrize("count", [20, 200])
def test_a_chunk_asks_and_writes_by_the_many(program: Program, count: int) -> None:
    """However many payloads it has: their number shows in no count."""
    store = open_store("memory://")
    store.prepare(program.tables)
    chance = random.Random(1)
    parts = made(program, [{"code": f"p{n}", "name": f"N{n}", "stock": 9} for n in range(count)], chance)
    orders = [{"customer": f"C{n % 3}", "amount": n % 3 + 1, "others": [f"p{n}", "p1"]} for n in range(count)]
    calls = []
    for resource, given in (("depot/part", parts), ("depot/order", made(program, orders, chance))):
        with store.transaction() as transaction:
            counting = Counting(transaction)
            receipts = program.applier(resource).carry_out(given, counting)
        calls.append(counting.calls)

        assert all(receipt.stored for receipt in receipts)
    assert [sum(one.values()) < 25 for one in calls] == [True, True], calls
    assert [one["insert"] for one in calls] == [0, 0]


# The library's call


def test_apply_many_yields_in_order_and_reads_lazily(program: Program, new_store: NewStore) -> None:
    """Receipts come chunk by chunk, and no more payloads are taken than that."""
    store, taken = new_store(), []

    def payloads() -> Iterator[dict[str, object]]:
        for number in range(2_500):
            taken.append(number)
            yield {"code": f"{number}"}

    receipts = program.apply_many("depot/part", payloads(), store=store)
    first = next(receipts)

    assert first.outcome.record is not None
    assert (first.outcome.record["code"], len(taken), store.count("depot/part", {})) == ("0", 1_000, 1_000)
    assert len([*receipts]) == 2_499
    assert store.count("depot/part", {}) == 2_500


def test_apply_many_with_a_seed_is_repeatable(program: Program, new_store: NewStore) -> None:
    """Payload number n has the seed + n, as far as the random ids go; the time is shared."""
    orders = [{"customer": "Ann", "amount": 1} for _ in range(3)]
    tokens = []
    for _ in range(2):
        store = new_store()
        receipts = program.apply_many("depot/order", orders, store=store, seed=5, as_of=AS_OF)
        tokens.append([receipt.outcome.record["token"] for receipt in receipts if receipt.outcome.record])

    assert tokens[0] == tokens[1]
    assert len(set(tokens[0])) == 3


def test_patience_ends_a_chunk_early(program: Program) -> None:
    """After so many refusals nothing more is decided; what was accepted before is stored."""
    store = open_store("memory://")
    store.prepare(program.tables)
    given = made(program, [{"code": "a"}, {}, {"code": "b"}, {}, {"code": "c"}], random.Random(1))
    with store.transaction() as transaction:
        receipts = program.applier("depot/part").carry_out(given, transaction, patience=2)

    assert [receipt.stored for receipt in receipts] == [True, False, True, False]
    assert store.count("depot/part", {}) == 2


def test_a_store_that_fails_stores_nothing_of_the_chunk(program: Program, tmp_path: Path) -> None:
    """What is no payload's fault undoes the chunk; the former one stays, and is yielded."""
    path = tmp_path / "store.db"
    store = open_store(f"sqlite:///{path}")
    store.prepare(program.tables)
    with closing(sqlite3.connect(path)) as other:
        other.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON depot_part WHEN new.code = '1200' "
            "BEGIN SELECT raise(ABORT, 'out of order'); END"
        )
    payloads = [{"code": f"{number}"} for number in range(1_500)]
    receipts = program.apply_many("depot/part", payloads, store=store)
    first = [*islice(receipts, 1_000)]
    with pytest.raises(AdapterError, match="out of order"):
        next(receipts)

    assert all(receipt.stored for receipt in first)
    assert store.count("depot/part", {}) == 1_000
    store.close()

"""How fast cases are applied to PostgreSQL, beside the database's own ways of taking the same rows.

    python tests/benchmarks/postgres.py [CASES] [ROUNDS]

Each round measures, on a server that syncs to the disk: COPY and executemany of finished rows into a table
with the same constraints, inserts one by one through the store's port, and whole applies (look-ups,
decision, household and case written), all in transactions of 1,000. Only ratios within a round mean
anything on a machine that does other work; the spread over the rounds is printed as noise.
RULEWRIGHT_TEST_PG=postgresql://... names another server.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from psycopg import sql

from rulewright import Program, load
from rulewright.ports import StoredRecord
from rulewright_adapters.postgres import PostgresStore

sys.path.insert(0, str(Path(__file__).parents[1] / "adapters"))

from postgres_server import Server, running

BATCH = 1000
ACTOR = {"agent": 3, "group": 9}
CASE, HOUSEHOLD = "ct_oi/case", "ct_oi/household"
Record = dict[str, object]


def main(cases: int, rounds: int) -> None:
    """Run and print."""
    program = load()
    payloads = [payload(number) for number in range(cases)]
    with running(fsync=True) as server:
        households, records = finished(server, program, payloads)
        ways: dict[str, Callable[[PostgresStore], object]] = {
            "COPY": lambda store: copied(server, store, households, records),
            "executemany": lambda store: executed(server, store, households, records),
            "port insert": lambda store: inserted(store, households, records),
            "apply": lambda store: applied(store, program, payloads),
        }
        speeds: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, run in ways.items():
                speeds[way].append(measured(server, program, run, cases))
    report(cases, rounds, speeds)


def payload(number: int) -> Record:
    """A case of a person alone: a household is created for it."""
    return {
        "first_name": f"First {number}",
        "last_name": f"Last {number % 997}",
        "date_of_birth": f"19{number % 90 + 10}-0{number % 9 + 1}-15",
        "mailing_city": "Springfield",
        "mailing_zip_code": f"{number % 99999:05}",
        "yearly_income": number % 80_000,
    }


def batches(items: Sequence[Record]) -> Iterator[list[Record]]:
    """Cut into lists of 1,000."""
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch


def opened(server: Server, program: Program) -> PostgresStore:
    """An empty, prepared store."""
    store = PostgresStore(server.new_url().partition("://")[2])
    store.prepare(program.tables)
    return store


def finished(server: Server, program: Program, payloads: list[Record]) -> tuple[list[Record], list[Record]]:
    """The records that applying the payloads makes, and a warm server."""
    store = opened(server, program)
    applied(store, program, payloads)
    found: list[list[Record]] = [
        [complete(store, resource, record) for record in store.find(resource, {})]
        for resource in (HOUSEHOLD, CASE)
    ]
    store.close()
    return found[0], found[1]


def complete(store: PostgresStore, resource: str, record: StoredRecord) -> Record:
    """A record with its nulls."""
    return {name: record.get(name) for name in store._statements[resource].shape.types}


def measured(server: Server, program: Program, run: Callable[[PostgresStore], object], cases: int) -> float:
    """Cases per second of one way, on an empty store."""
    store = opened(server, program)
    started = time.perf_counter()
    run(store)
    took = time.perf_counter() - started
    assert store.count(CASE, {}) == store.count(HOUSEHOLD, {}) == cases
    store.close()
    return cases / took


def applied(store: PostgresStore, program: Program, payloads: list[Record]) -> None:
    """The whole path: decided and written."""
    for batch in batches(payloads):
        with store.transaction() as transaction:
            for one in batch:
                receipt = program.apply_within(CASE, program.inputs(one, actor=ACTOR), transaction)
                assert receipt.stored


def inserted(store: PostgresStore, households: list[Record], cases: list[Record]) -> None:
    """The port alone: each insert is answered before the next."""
    for some, others in zip(batches(households), batches(cases), strict=True):
        with store.transaction() as transaction:
            for record in some:
                transaction.insert(HOUSEHOLD, record)
            for record in others:
                transaction.insert(CASE, record)


def executed(server: Server, store: PostgresStore, households: list[Record], cases: list[Record]) -> None:
    """psycopg's executemany, which sends a batch without waiting for each answer."""
    with server.connect() as connection, connection.cursor() as cursor:
        for pair in zip(batches(households), batches(cases), strict=True):
            with connection.transaction():
                for resource, batch in zip((HOUSEHOLD, CASE), pair, strict=True):
                    statements = store._statements[resource]
                    cursor.executemany(statements.insert_loudly, [statements.row(record) for record in batch])


def copied(server: Server, store: PostgresStore, households: list[Record], cases: list[Record]) -> None:
    """COPY, the fastest there is."""
    with server.connect() as connection, connection.cursor() as cursor:
        for pair in zip(batches(households), batches(cases), strict=True):
            with connection.transaction():
                for resource, batch in zip((HOUSEHOLD, CASE), pair, strict=True):
                    statements = store._statements[resource]
                    columns = sql.SQL(", ").join(map(sql.Identifier, statements.shape.types))
                    text = sql.SQL("COPY {} ({}) FROM STDIN").format(statements.table, columns)
                    with cursor.copy(text) as copy:
                        for record in batch:
                            copy.write_row(statements.row(record))


def report(cases: int, rounds: int, speeds: dict[str, list[float]]) -> None:
    """Print medians, noise and ratios to executemany within each round."""
    print(f"{cases} cases, each with its household (two rows), {rounds} rounds, transactions of {BATCH}")
    for way, found in speeds.items():
        ratios = [own / raw for own, raw in zip(found, speeds["executemany"], strict=True)]
        middle = statistics.median(found)
        noise = (max(found) - min(found)) / middle
        print(
            f"{way:>12}: {middle:9,.0f} cases/s  noise {noise:4.0%}  "
            f"x{statistics.median(ratios):.3f} of executemany ({min(ratios):.3f}..{max(ratios):.3f})"
        )


if __name__ == "__main__":
    sizes = [int(argument) for argument in sys.argv[1:]]
    main(*(sizes + [5000, 3][len(sizes) :]))

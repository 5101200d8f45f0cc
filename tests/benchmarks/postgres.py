"""How fast cases are applied to PostgreSQL, beside the database's own ways of taking the same rows.

    python tests/benchmarks/postgres.py [CASES] [ROUNDS]

Each round measures, on a server that syncs to the disk: COPY and executemany of the finished rows of every
table (cases, households, their history) into tables with the same constraints, the port's insert_many of the
same records, and whole applies (look-ups, decision, household, case and history written), all in transactions
of 1,000 cases. Only ratios within a round mean anything on a machine that does other work; the spread over
the rounds is printed as noise. RULEWRIGHT_TEST_PG=postgresql://... names another server.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rulewright import Program, load
from rulewright.batch import CHUNK
from rulewright_adapters.postgres import PostgresStore

sys.path.insert(0, str(Path(__file__).parents[1] / "adapters"))

from postgres_server import Server, running

ACTOR = {"agent": 3, "group": 9}
CASE, HOUSEHOLD = "ct_oi/case", "ct_oi/household"
Record = dict[str, object]
# The records of every table, in the order of their keys.
Finished = dict[str, list[Record]]


def main(cases: int, rounds: int) -> None:
    """Run and print."""
    program = load()
    payloads = [payload(number) for number in range(cases)]
    with running(fsync=True) as server:
        # A tenth warms up.
        finished(server, program, payloads[: cases // 10])
        records = finished(server, program, payloads)
        ways: dict[str, Callable[[PostgresStore], object]] = {
            "COPY": lambda store: copied(server, store, records),
            "executemany": lambda store: executed(server, store, records),
            "insert_many": lambda store: inserted(store, records),
            "apply": lambda store: applied(store, program, payloads),
        }
        speeds: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, run in ways.items():
                speeds[way].append(measured(server, program, run, cases))
    report(cases, sum(map(len, records.values())), rounds, speeds)


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


def batches(records: Finished) -> Iterator[Finished]:
    """Cut into transactions of 1,000 cases and what belongs to them."""
    per_case = {resource: -(-len(found) // len(records[CASE])) for resource, found in records.items()}
    for start in range(0, len(records[CASE]), CHUNK):
        yield {
            resource: found[start * per_case[resource] : (start + CHUNK) * per_case[resource]]
            for resource, found in records.items()
        }


def opened(server: Server, program: Program) -> PostgresStore:
    """An empty, prepared store."""
    store = PostgresStore(server.new_url().partition("://")[2])
    store.prepare(program.tables)
    return store


def finished(server: Server, program: Program, payloads: list[Record]) -> Finished:
    """The records that applying the payloads makes."""
    store = opened(server, program)
    applied(store, program, payloads)
    found = {resource: [{**record} for record in store.find(resource, {})] for resource in store._statements}
    store.close()
    return {resource: records for resource, records in found.items() if records}


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
    receipts = program.apply_many(CASE, payloads, store=store, actor=ACTOR)
    assert all(receipt.stored for receipt in receipts)


def inserted(store: PostgresStore, records: Finished) -> None:
    """The port alone."""
    for batch in batches(records):
        with store.transaction() as transaction:
            for resource, found in batch.items():
                transaction.insert_many(resource, found)


def executed(server: Server, store: PostgresStore, records: Finished) -> None:
    """psycopg's executemany, which sends a batch without waiting for each answer."""
    with server.connect() as connection, connection.cursor() as cursor:
        for batch in batches(records):
            with connection.transaction():
                for resource, found in batch.items():
                    statements = store._statements[resource]
                    cursor.executemany(statements.insert_loudly, statements.rows(found))


def copied(server: Server, store: PostgresStore, records: Finished) -> None:
    """COPY, the fastest there is."""
    with server.connect() as connection, connection.cursor() as cursor:
        for batch in batches(records):
            with connection.transaction():
                for resource, found in batch.items():
                    statements = store._statements[resource]
                    with cursor.copy(statements.copy_text) as copy:
                        for row in statements.rows(found):
                            copy.write_row(row)


def report(cases: int, rows: int, rounds: int, speeds: dict[str, list[float]]) -> None:
    """Print medians, noise and ratios to executemany within each round."""
    print(f"{cases:,} cases make {rows:,} rows; {rounds} rounds, transactions of {CHUNK:,} cases")
    for way, found in speeds.items():
        ratios = [own / raw for own, raw in zip(found, speeds["executemany"], strict=True)]
        middle = statistics.median(found)
        noise = (max(found) - min(found)) / middle
        print(
            f"{way:>12}: {middle:9,.0f} cases/s, {middle * rows / cases:9,.0f} rows/s  noise {noise:4.0%}  "
            f"x{statistics.median(ratios):.3f} of executemany ({min(ratios):.3f}..{max(ratios):.3f})"
        )


if __name__ == "__main__":
    sizes = [int(argument) for argument in sys.argv[1:]]
    main(*(sizes + [100_000, 1][len(sizes) :]))

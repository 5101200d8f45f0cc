"""Applying a batch to SQLite beside one raw executemany of the very rows that it stores.

python tests/benchmarks/apply.py [LINES] [ROUNDS]

Each line of a JSONL file is read, decided and stored with its history, a thousand in a transaction: visits (a
record without look-ups, one in twenty refused), CT/OI cases (each with a household of its own) and Rubixx
engagements (each of a person of their own, who is there before). The floor writes the rows that were stored,
history included, into a file with the same tables, indexes and earlier records, prepared and in transactions
of the same size.
Printed are the medians of processor time, which other work on the machine disturbs least, and of wall time,
which holds the waits for the disk; ratios are within one round, their spread is the noise.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine_cases import CASE, CASE_ACTOR, CASE_RECORDS, ENGAGEMENT, ENGAGEMENT_ACTOR, ENGAGEMENT_RECORDS

from rulewright.batch import CHUNK
from rulewright.cli.applying.garbage import rare_collections
from rulewright.inputs import Payload, Source, read_items
from rulewright.program import Program, load
from rulewright_adapters import open_store

AS_OF = "2025-01-15T00:00:00Z"
Lines = Callable[[int], Iterator[Mapping[str, Any]]]


@dataclass(frozen=True)
class Work:
    """What is applied: a resource, a caller, and the payloads and records that are there."""

    program: Program
    resource: str
    lines: Lines
    caller: Mapping[str, Any]
    records: Callable[[int], Mapping[str, list[Mapping[str, Any]]]]


def visits(count: int) -> Iterator[Mapping[str, Any]]:
    """Visits, every twentieth without its guest."""
    for number in range(count):
        visit = {"guest": f"Guest {number}", "people": number % 9, "price": number / 4, "paid": True}
        visit |= {"room": "blue", "tags": ["early"], "address": {"postcode": "E1 6AN", "floor": 2}}
        if number % 20 == 0:
            del visit["guest"]
        yield visit


def cases(count: int) -> Iterator[Mapping[str, Any]]:
    """Cases of persons who are not alike; each gets a household."""
    shared = {name: value for name, value in CASE.items() if name not in ("household", "head_of_household")}
    for number in range(count):
        own = {"last_name": f"L{number}", "email": f"a{number}@example.org", "ss_number": f"{number:09}"}
        yield shared | own


def engagements(count: int) -> Iterator[Mapping[str, Any]]:
    """Engagements of one person each."""
    for number in range(count):
        yield ENGAGEMENT | {"referredPersonReference": f"P{number:010}"}


def persons(count: int) -> Mapping[str, list[Mapping[str, Any]]]:
    """The scheme, and the persons."""
    person = ENGAGEMENT_RECORDS["rubixx/person"][0]
    people = [person | {"reference": f"P{number:010}"} for number in range(count)]
    return {**ENGAGEMENT_RECORDS, "rubixx/person": people}


def make_works() -> dict[str, Work]:
    """All that is measured."""
    desk = Path(__file__).parents[1] / "cli" / "rules"
    shipped = load()
    actor = {"actor": CASE_ACTOR}
    path = {"path": {"schemeReference": "SS0000000001"}}
    helper = {"actor": ENGAGEMENT_ACTOR, "request": path}
    name = {"actor": {"name": "Ann"}}
    counties = {"ct_oi/county": CASE_RECORDS["ct_oi/county"]}
    return {
        "visits, no history": Work(load(desk, audit=False), "desk/visit", visits, name, lambda _: {}),
        "visits": Work(load(desk), "desk/visit", visits, name, lambda _: {}),
        "CT/OI cases": Work(shipped, "ct_oi/case", cases, actor, lambda _: counties),
        "Rubixx engagements": Work(shipped, "rubixx/engagement", engagements, helper, persons),
    }


def applied(work: Work, source: Source, path: Path) -> int:
    """Read, decide and store; how many were stored."""
    with closing(open_store(f"sqlite:///{path}")) as store:
        payloads = (item.value for item in read_items(source) if isinstance(item, Payload))
        receipts = work.program.apply_many(work.resource, payloads, store=store, as_of=AS_OF, **work.caller)
        return sum(receipt.stored for receipt in receipts)


def fill(work: Work, count: int, path: Path) -> None:
    """Store what is there before."""
    with closing(open_store(f"sqlite:///{path}")) as store:
        store.prepare(work.program.tables)
        with store.transaction() as transaction:
            for resource, records in work.records(count).items():
                transaction.insert_many(resource, records)


def last_rows(path: Path) -> Mapping[str, int]:
    """How far the tables of a file go."""
    with closing(sqlite3.connect(path)) as stored:
        named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
        names = [name for (name,) in stored.execute(named).fetchall()]
        last = 'SELECT coalesce(max(rowid), 0) FROM "{}"'
        return {name: stored.execute(last.format(name)).fetchone()[0] for name in names}


def floor(path: Path, copy: Path, before: Mapping[str, int]) -> Callable[[], None]:
    """What writes the rows of a file that were not there `before` into a copy that has only the others.

    Reading them is not measured.
    """
    with closing(sqlite3.connect(path)) as stored:
        made = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
        schema = [text for (text,) in stored.execute(made)]
        which = 'SELECT * FROM "{}" WHERE rowid {} {}'
        names = [name for name in last_rows(path) if not name.startswith("_rulewright_")]
        old, rows = (
            {name: stored.execute(which.format(name, sign, before.get(name, 0))).fetchall() for name in names}
            for sign in ("<=", ">")
        )
    with closing(sqlite3.connect(copy)) as target:
        target.execute("PRAGMA journal_mode=WAL")
        for text in schema:
            target.execute(text)
        for name, held in old.items():
            if held:
                target.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(held[0]))})', held)
        target.commit()

    def run() -> None:
        with closing(sqlite3.connect(copy, isolation_level=None)) as target:
            target.execute("PRAGMA synchronous=FULL")
            for start in range(0, max(map(len, rows.values())), CHUNK):
                target.execute("BEGIN IMMEDIATE")
                for name, held in rows.items():
                    if part := held[start : start + CHUNK]:
                        marks = ", ".join("?" * len(part[0]))
                        target.executemany(f'INSERT INTO "{name}" VALUES ({marks})', part)
                target.execute("COMMIT")

    return run


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds of this process's own work, and of the wall's clock."""
    begun = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - begun[0], time.perf_counter() - begun[1]


def measure(name: str, work: Work, count: int, rounds: int, folder: Path) -> None:
    """Measure one kind of work, and print a line for each clock."""
    source = Source(str(folder / f"{work.resource.replace('/', '_')}.jsonl"), "lines.jsonl", "jsonl")
    Path(source.path).write_text("".join(json.dumps(line) + "\n" for line in work.lines(count)))
    both: list[tuple[tuple[float, float], tuple[float, float]]] = []
    stored = 0
    # A first round warms up.
    for number in range(rounds + 1):
        path, copy = folder / f"{number}.db", folder / f"{number}-copy.db"
        fill(work, count, path)
        before = last_rows(path)
        ours = timed(lambda path=path: applied(work, source, path))
        with closing(open_store(f"sqlite:///{path}")) as store:
            stored = store.count(work.resource, {})
        raw = timed(floor(path, copy, before))
        if number:
            both.append((ours, raw))
        for file in folder.glob(f"{number}*.db*"):
            file.unlink()
    for index, clock in enumerate(("processor", "wall")):
        ratios = sorted(ours[index] / raw[index] for ours, raw in both)
        middle = statistics.median(ours[index] for ours, _ in both)
        least = statistics.median(raw[index] for _, raw in both)
        print(
            f"{name:>20} {clock:>9}: {count / middle:8,.0f} lines/s ({stored:,} stored), executemany "
            f"{count / least:8,.0f}/s, x{statistics.median(ratios):.2f} ({ratios[0]:.2f}..{ratios[-1]:.2f})"
        )


def main(count: int, rounds: int) -> None:
    """Measure and print."""
    works = make_works()
    with tempfile.TemporaryDirectory() as name, rare_collections():
        for title, work in works.items():
            measure(title, work, count, rounds, Path(name))


if __name__ == "__main__":
    sizes = [int(argument) for argument in sys.argv[1:]]
    main(*(sizes + [20_000, 3][len(sizes) :]))

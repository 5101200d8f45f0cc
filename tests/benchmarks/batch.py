"""Batches beside what they can't be faster than, all measured in one run.

python tests/benchmarks/batch.py [LINES]

validate: every line of a JSONL file read and decided, 5 % refused; beside orjson.loads (else json.loads).
apply: decided and stored in a SQLite file; beside one raw executemany of the rows that it stored.
memory: the peak of Python's own allocations while a file is validated, and one ten times as large.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

from rulewright.hotpath import decide
from rulewright.inputs import Payload, Source, read_items
from rulewright.ports import Records
from rulewright.program import Program, load
from rulewright_adapters import open_store
from rulewright_adapters.memory import MemoryStore

try:
    from orjson import loads
except ImportError:
    loads = json.loads

RULES = Path(__file__).parents[1] / "cli" / "rules"
CALLER = {"name": "Ann"}
AS_OF = "2025-01-15T00:00:00Z"
CHUNK = 200
ROUNDS = 3


def write_lines(path: Path, count: int) -> Source:
    """Write visits, every twentieth without its guest."""
    with path.open("w") as file:
        for number in range(count):
            visit = {"guest": f"Guest {number}", "people": number % 9, "price": number / 4, "paid": True}
            visit |= {"room": "blue", "tags": ["early"], "address": {"postcode": "E1 6AN", "floor": 2}}
            if number % 20 == 0:
                del visit["guest"]
            file.write(json.dumps(visit) + "\n")
    return Source(str(path), path.name, "jsonl")


def load_lines(source: Source) -> None:
    """The floor of validate: decode each line."""
    with open(source.path, "rb") as file:
        for line in file:
            loads(line)


def validate(program: Program, source: Source, records: Records | None = None) -> None:
    """Read and decide each line."""
    for item in read_items(source):
        assert isinstance(item, Payload)
        inputs = program.inputs(item.value, actor=CALLER, as_of=AS_OF)
        decide(program.compiled, "desk/visit", inputs, records)


def apply(program: Program, source: Source, path: Path) -> None:
    """Decide and store, in transactions of a chunk."""
    with closing(open_store(f"sqlite:///{path}")) as store:
        store.prepare(program.tables)
        items = read_items(source)
        while chunk := list(islice(items, CHUNK)):
            with store.transaction() as transaction:
                for item in chunk:
                    assert isinstance(item, Payload)
                    inputs = program.inputs(item.value, actor=CALLER, as_of=AS_OF)
                    program.apply_within("desk/visit", inputs, transaction)


def copy_rows(path: Path, tables: Iterable[str], copy: Path) -> Callable[[], None]:
    """The floor of apply: the same rows into the same tables by executemany, in chunks."""
    rows: dict[str, Sequence[tuple[object, ...]]] = {}
    with closing(sqlite3.connect(path)) as stored:
        schema = [text for (text,) in stored.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
        for table in tables:
            rows[table] = stored.execute(f'SELECT * FROM "{table}"').fetchall()

    def run() -> None:
        with closing(sqlite3.connect(copy)) as target:
            target.execute("PRAGMA journal_mode=WAL")
            target.execute("PRAGMA synchronous=FULL")
            for text in schema:
                if "sqlite_sequence" not in text:
                    target.execute(text)
            for table, held in rows.items():
                for start in range(0, len(held), CHUNK):
                    part = held[start : start + CHUNK]
                    marks = ", ".join("?" * len(part[0]))
                    with target:
                        target.executemany(f'INSERT INTO "{table}" VALUES ({marks})', part)

    return run


def timed(run: Callable[[], object]) -> float:
    """Seconds of this process's own work: other work on the machine is left out."""
    begun = time.process_time()
    run()
    return time.process_time() - begun


def peak(run: Callable[[], object]) -> float:
    """The peak of Python's allocations, in MiB."""
    tracemalloc.start()
    run()
    found = tracemalloc.get_traced_memory()[1] / 1_048_576
    tracemalloc.stop()
    return found


def main(count: int) -> None:
    """Measure and print."""
    program, kept = load(RULES, audit=False), load(RULES)
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        source = write_lines(here / "visits.jsonl", count)
        validate(program, source)
        floors = [timed(lambda: load_lines(source)) for _ in range(ROUNDS)]
        empty = MemoryStore({}, program.tables)
        for name, records in (("validate", empty), ("validate without records", None)):
            decided = min(timed(lambda read=records: validate(program, source, read)) for _ in range(ROUNDS))
            show(f"{name} beside {loads.__module__}.loads", decided, min(floors), count)
        for name, used in (("apply", program), ("apply, history kept", kept)):
            stores = [here / f"{name}{number}.db" for number in range(ROUNDS)]
            applied = min(timed(lambda path=path, used=used: apply(used, source, path)) for path in stores)
            with closing(sqlite3.connect(stores[0])) as stored:
                found = stored.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            tables = [table for (table,) in found if not table.startswith("sqlite_")]
            runs = [copy_rows(stores[0], tables, here / f"copy {name}{n}.db") for n in range(ROUNDS)]
            show(f"{name} beside executemany", applied, min(map(timed, runs)), count)
        small = write_lines(here / "small.jsonl", count // 10)
        grown = [peak(lambda one=one: validate(program, one)) for one in (small, source)]
        print(f"memory: {grown[0]:.2f} MiB for {count // 10:,} lines, {grown[1]:.2f} MiB for {count:,}")


def show(what: str, ours: float, floor: float, count: int) -> None:
    """One line of the result."""
    print(f"{what}: {count / ours:,.0f} lines/s, {ours / floor:.2f} times the floor ({count / floor:,.0f}/s)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)

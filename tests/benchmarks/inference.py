"""What inference costs: `python tests/benchmarks/inference.py`, printed as two tables.

First one run of the engine alone: three joined rules over 3, 10 and 50 facts, on both backends. Then one
evaluation of ct_oi/case on SQLite stores of 1,000 to 1,000,000 cases: of a case that resembles nobody, and of
one that resembles another in its household. Median and 95th percentile of `--rounds` calls in microseconds
of processor time; a store is made with plain SQL in a folder of its own and removed. `--largest` ends sooner;
`--check` exits with 1 where a median is more than half higher on the largest store than on the smallest.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random

from rulewright import Program, load
from rulewright.inference import (
    CHOICE,
    Fact,
    InferenceEngine,
    Join,
    JoinRule,
    given_fact,
    inferred_fact,
    installed_backends,
    join_token,
    make_matcher,
)
from rulewright_adapters.sqlite import SqliteStore

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ACTOR = {"agent": 3, "group": 9}
AS_OF = "2025-01-15T00:00:00Z"
# Of one household.
MEMBERS = 4


def clocked(call: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median and 95th percentile in microseconds; the first tenth warms up."""
    for _ in range(max(rounds // 10, 3)):
        call()
    times = []
    for _ in range(rounds):
        started = time.process_time()
        call()
        times.append((time.process_time() - started) * 1e6)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def joined_rules() -> tuple[JoinRule, ...]:
    """Three rules that join two facts each, the third what the first infers."""
    return (
        JoinRule("same_number", ("case", "case"), (Join(1, "number", 0, "number"),), frozenset(["twin"])),
        JoinRule("same_home", ("case", "case"), (Join(1, "home", 0, "home"),)),
        JoinRule("known", ("twin", "case"), (Join(1, "number", 0, "number"),), frozenset(["known"])),
    )


def some_facts(count: int) -> tuple[Fact, ...]:
    """Cases of which two share a number, and five a home."""
    facts = []
    for place in range(count):
        values = {"number": f"{max(place, 1)}", "home": place // 5}
        keys = {name: str(join_token(value)) for name, value in values.items()}
        facts.append(given_fact("case", place, values, keys))
    return tuple(facts)


def judge(rule: JoinRule, facts: tuple[Fact, ...]) -> list[Fact]:
    """Every condition holds."""
    return [inferred_fact(kind, {"number": facts[0].values["number"]}) for kind in rule.asserts]


def engines(rounds: int) -> Iterator[str]:
    """One line per backend and number of facts."""
    yield f"{'backend':10} {'facts':>6} {'firings':>8} {'median us':>10} {'p95 us':>8}"
    for backend in installed_backends():
        engine = InferenceEngine(joined_rules(), make_matcher(backend))
        for count in (3, 10, 50):
            facts = some_facts(count)
            firings = len(engine.run(facts, judge).firings)
            median, high = clocked(partial(engine.run, facts, judge), rounds)
            yield f"{backend:10} {count:6} {firings:8} {median:10.0f} {high:8.0f}"


def fill(path: Path, program: Program, cases: int) -> SqliteStore:
    """Make a store with so many cases, four to a household."""
    store = SqliteStore(path)
    store.prepare(program.tables)
    store.close()
    random = Random(7)
    with sqlite3.connect(path) as database:
        database.executemany(
            "INSERT INTO ct_oi_county (id, name) VALUES (?, ?)", [(n, f"C{n}") for n in range(1, 63)]
        )
        database.executemany(
            "INSERT INTO ct_oi_household (id, head_of_household) VALUES (?, ?)",
            ((n, (n - 1) * MEMBERS + 1) for n in range(1, cases // MEMBERS + 1)),
        )
        database.executemany(
            "INSERT INTO ct_oi_case (id, household, head_of_household, first_name, last_name, date_of_birth,"
            " ss_number, email, street_county, yearly_income, yearly_expenses)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_row(number, random) for number in range(1, cases // MEMBERS * MEMBERS + 1)),
        )
        database.execute("ANALYZE")
    return SqliteStore(path)


def _row(number: int, random: Random) -> tuple[object, ...]:
    born = f"{random.randint(1930, 2024)}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}"
    return (
        number,
        (number - 1) // MEMBERS + 1,
        number % MEMBERS == 1,
        f"First{random.randint(1, 2000)}",
        f"Last{random.randint(1, 20000)}",
        born,
        f"{100_000_000 + number}",
        f"p{number}@example.org",
        random.randint(1, 62),
        random.randint(0, 60000),
        random.randint(0, 50000),
    )


def payloads(cases: int) -> Mapping[str, dict[str, object]]:
    """One that resembles nobody, and one that is a member of the household in the middle."""
    middle = cases // 2
    household = (middle - 1) // MEMBERS + 1
    new: dict[str, object] = {
        "first_name": "John",
        "last_name": "Smith",
        "date_of_birth": "1950-12-03",
        "email": "john@example.com",
        "ss_number": "999999999",
        "street_county": 1,
        "yearly_income": 15350,
        "yearly_expenses": 11580,
        "household": household,
    }
    return {
        "nobody": new,
        "a duplicate": {**new, "ss_number": f"{100_000_000 + middle}", "email": f"p{middle}@example.org"},
    }


def stores(sizes: Sequence[int], rounds: int, medians: dict[str, list[float]]) -> Iterator[str]:
    """One line per size, payload and backend."""
    yield f"{'cases':>9} {'resembles':12} {'backend':10} {'problems':>8} {'median us':>10} {'p95 us':>8}"
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            base = load()
            store = fill(Path(folder) / "cases.db", base, size)
            for backend in installed_backends():
                os.environ[CHOICE] = backend
                program = load()
                for name, payload in payloads(size).items():
                    problems, median, high = _evaluated(program, store, payload, rounds)
                    medians.setdefault(f"{name}, {backend}", []).append(median)
                    yield f"{size:9,} {name:12} {backend:10} {problems:8} {median:10.0f} {high:8.0f}"
            store.close()


def _evaluated(
    program: Program, store: SqliteStore, payload: dict[str, object], rounds: int
) -> tuple[int, float, float]:
    def call() -> int:
        outcome = program.evaluate("ct_oi/case", payload, store=store, actor=ACTOR, as_of=AS_OF, seed=1)
        assert outcome.accepted, outcome.problems
        return len(outcome.problems)

    problems = call()
    return (problems, *clocked(call, rounds))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    for line in engines(given.rounds):
        print(line, flush=True)
    print()
    medians: dict[str, list[float]] = {}
    for line in stores([size for size in SIZES if size <= given.largest], given.rounds, medians):
        print(line, flush=True)
    grown = [name for name, found in medians.items() if found[-1] > 1.5 * found[0]]
    if given.check and grown:
        print(f"grows with the store: {'; '.join(grown)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

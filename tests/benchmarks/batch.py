"""Validating a batch of JSONL beside decoding its lines, which it can't be faster than.

python tests/benchmarks/batch.py [LINES] [ROUNDS] [NAMED]

One in twenty lines is refused, for a different reason each time: wrong types and formats, unknown and missing
fields, references that name nothing, values that a check refuses. The floor is `orjson.loads` of each line
(else `json.loads`). Cases join some hundred households; engagements are of some hundred persons. NAMED is how
many there are of each instead: with as many as lines, nearly each line is about another one.
decided: every line decided, the problems of the refused at hand. told: as the report `text` has them, with
their places. Ratios are within one round and of processor time; the median is printed, and the spread is the
noise. Then the whole command is run, by one process and by two (wall time, with what it needs to start; so
much of it no worker shares), and the largest resident set of the command at a tenth of the lines, and at all.
`apply.py` is about storing.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from rulewright.cli.deciding.decisions import problems_of
from rulewright.cli.deciding.remembered import RememberedRecords
from rulewright.cli.deciding.skimming import Skimmer, skim
from rulewright.cli.desk.desk import Desk
from rulewright.cli.options import SplitChoices
from rulewright.cli.output import Progress
from rulewright.evaluation import Request
from rulewright.inputs import Source
from rulewright.program import Program, load
from rulewright.report.compact import report_compact
from rulewright.report.tally import Tally
from rulewright_adapters.memory import MemoryStore

try:
    from orjson import loads
except ImportError:
    loads = json.loads  # type: ignore[assignment]

AS_OF = "2025-01-15T00:00:00Z"
HOUSEHOLDS = 300
PERSONS = 400
# How many objects are made before Python looks for circles among them: as __main__.py has it.
_PATIENCE = 300_000
# Lines that are decided in little time, and too many for a warm start.
_FEW = 3_001
FIRST = ("Ann", "Bob", "Carol", "Dave", "Erin", "Frank", "Grace", "Heidi", "Ivan", "Judy", "Olivia", "Zoé")
LAST = ("Smith", "Jones", "O'Brien", "Garcia", "Müller", "Lee", "Patel", "Kim", "Nguyen", "Brown", "Davis")
STREETS = ("Adams Street", "Baker Road", "Cedar Avenue", "High Street", "Station Road", "Park Lane")
MEMBERS = ["Joy Adams", "Sam Lee", "Kim Wu"]


@dataclass(frozen=True)
class Batch:
    """One kind of line, with what it is decided by."""

    resource: str
    make: Callable[[Random, int], dict[str, Any]]
    records: Mapping[str, list[dict[str, Any]]]
    actor: Mapping[str, object]
    path: Mapping[str, str]


def make_case(households: int, random: Random, number: int) -> dict[str, Any]:
    """A case as a form sends it; every twentieth has something wrong."""
    street = f"{random.randrange(1, 999)} {random.choice(STREETS)}"
    case: dict[str, Any] = {
        "first_name": random.choice(FIRST),
        "last_name": f"{random.choice(LAST)}-{random.choice(LAST)}",
        "date_of_birth": str(date(1930, 1, 1) + timedelta(days=random.randrange(33_000))),
        "street_address": street,
        "street_city": random.choice(["Exampleville", "Springfield", "Shelbyville"]),
        "street_state": random.choice(["NY", "CT", "NJ"]),
        "street_zip_code": f"{random.randrange(10_000, 99_999)}",
        "street_county": random.randrange(1, 9),
        "household": 1_000 + random.randrange(households),
        "head_of_household": random.random() < 0.2,
        "deceased": False,
        "private": random.random() < 0.1,
    }
    optional = {
        "middle_name": random.choice(FIRST),
        "suffix": "Jr",
        "nickname": None,
        "email": f"someone.{number}@example.org",
        "ss_number": f"{random.randrange(10**9):09}",
        "yearly_income": random.randrange(90_000),
        "mailing_address": street,
    }
    case |= {name: value for name, value in optional.items() if random.random() < 0.5}
    wrong: tuple[dict[str, Any], ...] = (
        {"date_of_birth": f"{random.randrange(1930, 2020)}-13-01"},
        {"street_zip_code": random.randrange(10_000, 99_999)},
        {"household": 90_000 + random.randrange(9_000)},
        {"head_of_houshold": True},
        {"yearly_income": "none", "deceased": "no"},
    )
    return case | wrong[number // 20 % len(wrong)] if number % 20 == 0 else case


def make_engagement(persons: int, random: Random, number: int) -> dict[str, Any]:
    """An engagement of one of some hundred persons; every twentieth has something wrong."""
    engagement: dict[str, Any] = {
        "startDate": (date(2020, 1, 1) + timedelta(days=random.randrange(2_000))).strftime("%d/%m/%Y"),
        "status": "Active",
        "owner": random.choice(MEMBERS),
        "uorn": None,
        "referredPersonReference": f"P{random.randrange(persons):010}",
        "address": None,
    }
    if random.random() < 0.5:
        engagement["uorn"] = f"U{random.randrange(200):06}"
    else:
        engagement["address"] = {
            "addressLineOne": f"{random.randrange(1, 999)} {random.choice(STREETS)}",
            "addressLineTwo": random.choice(["Flat 1", "Flat 2", None]),
            "addressLineThree": random.choice(["Exampleville", "Springfield"]),
            "postcode": f"E{random.randrange(1, 20)} {random.randrange(1, 9)}AN",
        }
    wrong: tuple[dict[str, Any], ...] = (
        {"startDate": None},
        {"status": "Open"},
        {"referredPersonReference": f"P{random.randrange(10**9, 10**10)}"},
        {"owner": f"Nobody {number}"},
        {"startDate": "2025-01-01", "adress": None},
    )
    return engagement | wrong[number // 20 % len(wrong)] if number % 20 == 0 else engagement


def batch_of_cases(households: int = HOUSEHOLDS) -> Batch:
    """Cases that join so many households, each of which has two already."""
    records: dict[str, list[dict[str, Any]]] = {
        "ct_oi/county": [{"id": number, "name": f"County {number}"} for number in range(1, 9)],
        "ct_oi/household": [
            {"id": 1_000 + number, "head_of_household": number + 1} for number in range(households)
        ],
        "ct_oi/case": [
            {
                "id": number + 1,
                "household": 1_000 + number % households,
                "head_of_household": number < households,
            }
            for number in range(2 * households)
        ],
    }
    return Batch("ct_oi/case", partial(make_case, households), records, {"agent": 3, "group": 9}, {})


def batch_of_engagements(persons: int = PERSONS) -> Batch:
    """Engagements of so many persons."""
    records: dict[str, list[dict[str, Any]]] = {
        "rubixx/support_scheme": [{"reference": "S1", "name": "Scheme", "members": MEMBERS}],
        "rubixx/person": [
            {"reference": f"P{number:010}", "name": f"Person {number}"} for number in range(persons)
        ],
        "rubixx/occupancy": [{"uorn": f"U{number:06}"} for number in range(200)],
    }
    actor = {"permissions": ["SupportPlans.EditSupportSchemes"]}
    path = {"schemeReference": "S1"}
    return Batch("rubixx/engagement", partial(make_engagement, persons), records, actor, path)


def write_lines(path: Path, batch: Batch, count: int) -> None:
    """Write the payloads."""
    random = Random(7)
    with path.open("w") as file:
        file.writelines(json.dumps(batch.make(random, number)) + "\n" for number in range(count))


def load_lines(path: Path) -> None:
    """The floor: decode each line."""
    with path.open("rb") as file:
        for line in file:
            loads(line)


def validate(program: Program, batch: Batch, path: Path, store: MemoryStore, *, told: bool) -> Tally:
    """Decide each line as the command does; `told`: with the text of the report."""
    request = Request(path=batch.path)
    # As the command reads its options.
    as_of = datetime.fromisoformat(AS_OF)
    desk = Desk(program, batch.resource, "create", None, batch.actor, request, as_of, None)
    progress = Progress(Tally())
    skimmer = Skimmer(desk, RememberedRecords(store), is_live=False)
    split = SplitChoices(accepted=None, rejected=None, max_errors=None)
    decided = skim(skimmer, [Source(str(path), path.name, "jsonl")], split, progress)
    if told:
        entries = progress.tally.counting(problems_of(desk, decided, with_rules=False))
        for text in report_compact(entries):
            text.encode()
        return progress.tally
    for _, outcome in decided:
        if outcome.accepted:
            progress.tally.add_accepted(1)
        else:
            progress.tally.add_refused(outcome.verdict, Tally.rules_of(outcome))
    return progress.tally


def timed(run: Callable[[], object]) -> float:
    """Seconds of this process's own work."""
    begun = time.process_time()
    run()
    return time.process_time() - begun


def command(batch: Batch, path: Path, records: Path, workers: int) -> list[str]:
    """The words of the command."""
    words = [
        sys.executable,
        "-m",
        "rulewright",
        "validate",
        batch.resource,
        str(path),
        "--records",
        str(records),
    ]
    words += [
        "--actor",
        json.dumps(batch.actor),
        "--as-of",
        AS_OF,
        "--workers",
        str(workers),
        "--format",
        "text",
    ]
    return [*words, *(word for name, value in batch.path.items() for word in ("--param", f"{name}={value}"))]


def run_command(words: list[str], environment: Mapping[str, str]) -> float:
    """Run it; wall seconds."""
    begun = time.perf_counter()
    quiet = subprocess.DEVNULL
    subprocess.run(words, stdout=quiet, stderr=quiet, check=False, env=environment)
    return time.perf_counter() - begun


def usual_environment(folder: Path) -> dict[str, str]:
    """Where bytecode is kept, as it is wherever Rulewright is installed, but not in this checkout."""
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return usual | {
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "RULEWRIGHT_CACHE": str(folder / "cache"),
    }


WATCH = """\
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak(words: list[str]) -> float:
    """The largest resident set of the command, in MiB.

    Its parent is a small process of its own: what the parent holds when it forks counts as the child's.
    """
    watch = [sys.executable, "-c", WATCH, *words]
    return int(subprocess.run(watch, capture_output=True, text=True, check=True).stdout) / 1_024


def spread(values: list[float]) -> str:
    """The median, and how far the rounds are apart."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def measure(program: Program, batch: Batch, here: Path, count: int, rounds: int) -> Iterator[str]:
    """One batch's lines of the result."""
    path, small, records = here / "lines.jsonl", here / "small.jsonl", here / "records.json"
    write_lines(path, batch, count)
    write_lines(small, batch, count // 10)
    records.write_text(json.dumps(batch.records))
    store = MemoryStore(batch.records, program.tables)
    tally = validate(program, batch, small, store, told=True)
    found: dict[str, list[float]] = {"floor": [], "decided": [], "told": []}
    for _ in range(rounds):
        found["floor"].append(timed(lambda: load_lines(path)))
        found["decided"].append(timed(lambda: validate(program, batch, path, store, told=False)))
        found["told"].append(timed(lambda: validate(program, batch, path, store, told=True)))
    size, refused = path.stat().st_size / count, tally.refused / tally.read
    yield f"{batch.resource}: {size:.0f} bytes a line, {refused:.1%} refused"
    for name, seconds in found.items():
        ratios = [one / floor for one, floor in zip(seconds, found["floor"], strict=True)]
        each = min(seconds) / count * 1e6
        yield f"  {name}: {each:.2f} us a line at best; {spread(ratios)} times the floor"
    environment, few = usual_environment(here), here / "few.jsonl"
    write_lines(few, batch, _FEW)
    commands = [
        command(batch, lines, records, workers) for lines, workers in ((few, 1), (path, 1), (path, 2))
    ]
    for words in commands:
        # For what is kept.
        run_command(words, environment)
    took = [[run_command(words, environment) for words in commands] for _ in range(rounds)]
    starting, alone, both = zip(*took, strict=True)
    yield f"  the command: {statistics.median(alone):.2f} s; with two workers {statistics.median(both):.2f} s"
    yield f"  of which to start: {statistics.median(starting):.2f} s"
    yield f"  two workers: {spread([one / two for one, two in zip(alone, both, strict=True)])} times as fast"
    sizes = [peak(command(batch, one, records, 1)) for one in (small, path)]
    yield f"  memory: {sizes[0]:.0f} MiB for {count // 10:,} lines, {sizes[1]:.0f} MiB for {count:,}"


def main(count: int, rounds: int, *named: int) -> None:
    """Measure and print."""
    gc.set_threshold(_PATIENCE)
    program = load(audit=False)
    print(f"{count:,} lines, beside {loads.__module__}.loads; {rounds} rounds; load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        for batch in (batch_of_cases(*named), batch_of_engagements(*named)):
            for line in measure(program, batch, Path(folder), count, rounds):
                print(line, flush=True)


if __name__ == "__main__":
    main(*(int(word) for word in (sys.argv[1:] + ["200000", "5"][len(sys.argv) - 1 :])))

"""Validating the same payloads from each kind of file, beside merely reading it by a common reader.

python tests/benchmarks/inputs.py [PAYLOADS] [ROUNDS]

CT/OI cases as batch.py makes them, but for what a table can't hold (an unknown field); one in twenty-five is
refused. Each file is read, decided and told of as `validate --format text` does, in this process. The readers
are `json.loads` of each line, `json.load`, `csv.DictReader`, python-calamine (the extra [excel]) and PyYAML's
C loader. Medians of processor time; ratios are within one round, their spread is the noise. Then the largest
resident set of the whole command, for so many payloads and for ten times as many (YAML, which is read whole
and bounded, for so many).
"""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "inputs"))

import yaml
from batch import AS_OF, batch_of_cases, command, peak, spread, timed
from python_calamine import CalamineWorkbook
from workbook import write_workbook

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

CASES = batch_of_cases()


def payloads(count: int) -> list[dict[str, Any]]:
    """The cases."""
    random = Random(7)
    made = (CASES.make(random, number) for number in range(count))
    return [{name: value for name, value in one.items() if name != "head_of_houshold"} for one in made]


def write_files(
    folder: Path, cases: list[dict[str, Any]], kinds: Sequence[str] = ("jsonl", "json", "yaml", "csv", "xlsx")
) -> Mapping[str, Path]:
    """Each kind of file, with all of them."""
    paths = {kind: folder / f"cases.{kind}" for kind in kinds}
    paths["jsonl"].write_text("".join(json.dumps(one) + "\n" for one in cases))
    paths["json"].write_text(json.dumps(cases))
    if "yaml" in paths:
        paths["yaml"].write_text(yaml.dump(cases, Dumper=yaml.CSafeDumper, sort_keys=False))
    names = list(dict.fromkeys(name for one in cases for name in one))
    with paths["csv"].open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows({name: cell_of(value) for name, value in one.items()} for one in cases)
    rows = [dict(zip(names, names, strict=True)), *cases]
    cells = {
        f"{column_of(names.index(name))}{number}": cell_of(value) if isinstance(value, bool) else value
        for number, row in enumerate(rows, start=1)
        for name, value in sorted(row.items(), key=lambda pair: names.index(pair[0]))
        if value is not None
    }
    write_workbook(str(paths["xlsx"]), {"Cases": cells})
    return paths


def cell_of(value: object) -> object:
    """A value as a table has it."""
    return json.dumps(value) if isinstance(value, bool) else value


def column_of(index: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    before, last = divmod(index, 26)
    return ("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[before - 1] if before else "") + chr(ord("A") + last)


def validate(program: Program, path: Path, store: MemoryStore) -> Tally:
    """Read, decide and tell of a file, as the command does."""
    as_of = datetime.fromisoformat(AS_OF)
    desk = Desk(program, CASES.resource, "create", None, CASES.actor, Request(), as_of, None)
    progress = Progress(Tally())
    skimmer = Skimmer(desk, RememberedRecords(store), is_live=False)
    source = Source(str(path), path.name, path.suffix.removeprefix("."))  # type: ignore[arg-type]
    split = SplitChoices(accepted=None, rejected=None, max_errors=None)
    decided = skim(skimmer, [source], split, progress)
    entries = progress.tally.counting(problems_of(desk, decided, with_rules=False))
    for text in report_compact(entries):
        text.encode()
    return progress.tally


def consume(read: Iterable[object]) -> None:
    """Read all there is."""
    for _ in read:
        pass


def load_jsonl(path: Path) -> None:
    """Decode each line."""
    with path.open("rb") as file:
        consume(map(json.loads, file))


def load_csv(path: Path) -> None:
    """Read each row."""
    with path.open(newline="") as file:
        consume(csv.DictReader(file))


READERS: Mapping[str, Callable[[Path], object]] = {
    "jsonl": load_jsonl,
    "json": lambda path: json.loads(path.read_bytes()),
    "yaml": lambda path: yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader),
    "csv": load_csv,
    "xlsx": lambda path: consume(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()),
}


def memory(small: Mapping[str, Path], large: Mapping[str, Path], records: Path) -> Iterator[str]:
    """How much the command takes for each kind of file, and for one that is ten times as long."""
    for kind, path in small.items():
        sizes = [
            f"{peak(command(CASES, each, records, 1)):.0f} MiB" for each in (path, large.get(kind)) if each
        ]
        yield f"{kind:>6}: {' and '.join(sizes)}"


def main(count: int, rounds: int) -> None:
    """Measure and print."""
    program = load(audit=False)
    store = MemoryStore(CASES.records, program.tables)
    print(f"{count:,} cases; {rounds} rounds; load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        paths = write_files(Path(folder), payloads(count))
        for kind, path in paths.items():
            tally = validate(program, path, store)
            read, ours = [], []
            for _ in range(rounds):
                read.append(timed(lambda path=path, kind=kind: READERS[kind](path)))
                ours.append(timed(lambda path=path: validate(program, path, store)))
            ratios = [one / floor for one, floor in zip(ours, read, strict=True)]
            each = [f"{median(times) / count * 1e6:.1f} us" for times in (read, ours)]
            told = f"{tally.read:,} payloads, {tally.refused:,} refused"
            print(f"{kind:>6}: {told}; read {each[0]}, validated {each[1]}")
            print(f"        {spread(ratios)} times reading")
        more, records = Path(folder) / "more", Path(folder) / "records.json"
        more.mkdir()
        records.write_text(json.dumps(CASES.records))
        large = write_files(more, payloads(10 * count), kinds=("jsonl", "json", "csv", "xlsx"))
        print(f"memory for {count:,} and {10 * count:,}")
        for line in memory(paths, large, records):
            print(line)


if __name__ == "__main__":
    main(*(int(word) for word in (sys.argv[1:] + ["20000", "5"][len(sys.argv) - 1 :])))

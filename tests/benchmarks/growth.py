"""What a rule file costs as it grows: `python tests/benchmarks/growth.py`.

Rule files with 10, 100 and 1,000 fields: every second field has a bound and a check, every other a length and
a condition. Prints, in one run, how long it takes to read and check the file, to generate the hot path, and
to decide one payload with every field, accepted and refused for one field; and the former by field, which
tells what grows faster than the file. Processor time, the best of several rounds.
"""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rulewright import Program, load
from rulewright.hotpath.deciding import quick_for

SIZES = (10, 100, 1_000)
ROUNDS = 5


def rule_file(fields: int) -> str:
    """A resource with so many fields, conditions and checks."""
    lines = ["rulewright: 1", "resource: growth/thing", "key: id", "fields:"]
    lines.append("  id: {type: integer, readonly: ignore, generate: sequence}")
    for number in range(fields):
        lines.append(f"  f{number}:")
        lines.append("    type: string" if number % 2 else "    type: integer")
        lines.append("    max_length: 80" if number % 2 else "    max: 1000000")
        if number % 2:
            lines.append(f"    required_if: given(payload.f{number - 1}) && payload.f{number - 1} > 10")
        else:
            lines.append("    checks:")
            lines.append(f"      - {{id: positive{number}, check: 'value >= 0', message: must be positive}}")
    return "\n".join(lines) + "\n"


def seconds(run: Callable[[], object], rounds: int, calls: int = 1) -> float:
    """The best processor time of one call."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(calls):
            run()
        best = min(best, (time.process_time() - start) / calls)
    return best


def main() -> None:
    """Measure and print."""
    os.environ["RULEWRIGHT_CACHE"] = "off"
    print(f"Python {platform.python_version()}, {platform.machine()}\n")
    print("| fields | read and check ms | generate ms | accept us | refuse us | accept us a field |")
    print("|---|---|---|---|---|---|")
    for size in SIZES:
        print(row(size))


def row(size: int) -> str:
    """One line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "growth").mkdir()
        path = Path(folder, "growth", "thing.yaml")
        path.write_text(rule_file(size))
        read = seconds(lambda: load(folder), 2)
        program = load(folder)
    made = generating(program)
    payload = {f"f{number}": "text" if number % 2 else number for number in range(size)}
    wrong = {**payload, "f0": -1}

    def decide(sent: dict[str, object]) -> object:
        return program.evaluate("growth/thing", sent, seed=1).verdict

    for sent in (payload, wrong, payload):
        decide(sent)
    calls = max(20_000 // size, 10)
    accepted = seconds(lambda: decide(payload), ROUNDS, calls) * 1e6
    refused = seconds(lambda: decide(wrong), ROUNDS, calls) * 1e6
    assert decide(payload) == "accepted"
    assert decide(wrong) == "rejected"
    figures = (size, read * 1e3, made * 1e3, accepted, refused, accepted / size)
    return "| {:,} | {:,.0f} | {:,.0f} | {:,.1f} | {:,.1f} | {:.2f} |".format(*figures)


def generating(program: Program) -> float:
    """How long the hot path's code takes to be made, once."""
    rules = program.compiled
    start = time.process_time()
    assert quick_for(rules, rules.resources["growth/thing"]) is not None
    return time.process_time() - start


if __name__ == "__main__":
    main()

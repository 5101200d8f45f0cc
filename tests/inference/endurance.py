"""100,000 sessions of inference in one process: `python tests/inference/endurance.py`.

Per backend: none crashes, each gives what it must, and the process does not grow. In a third of them nothing
fires, in some a condition raises, some end at their budget: what has brought these libraries down before.
Prints the memory after each tenth. Exit status 1 where a result is wrong or memory grows after the first.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rulewright.inference import (
    Budget,
    BudgetError,
    Fact,
    InferenceEngine,
    Join,
    JoinRule,
    Judge,
    given_fact,
    inferred_fact,
    installed_backends,
    join_token,
    make_matcher,
)

# What the allocator of C keeps for itself comes and goes; a leak of one small fact a session would be more.
SLACK_KB = 6_000
RULES = (
    JoinRule("twins", ("case", "case"), (Join(1, "x", 0, "x"),), frozenset(["twin"])),
    JoinRule("chain", ("twin", "case"), (Join(1, "x", 0, "x"),), frozenset(["known"])),
    JoinRule("count", ("step",), (), frozenset(["step"])),
)


class _Told(Exception):
    """What a condition raises."""


def run(engine: InferenceEngine, number: int) -> bool:
    """Run one session; whether it came to what it must."""
    kind = number % 100
    budget = Budget(facts=5)
    try:
        found = engine.run([*_given(number, kind)], _judge(kind), budget)
    except _Told:
        return kind == 98
    except BudgetError:
        return kind == 99
    return len(found.firings) == (0 if number % 3 == 0 else 4) and kind < 98


def _given(number: int, kind: int) -> Iterator[Fact]:
    if kind == 99:
        yield given_fact("step", 0, {"x": 0}, {})
        return
    alike = number % 3 != 0 or kind == 98
    for place in range(2):
        value = f"{number} {'' if alike else place}"
        yield given_fact("case", place, {"x": value}, {"x": str(join_token(value))})


def _judge(kind: int) -> Judge:
    def judge(rule: JoinRule, facts: tuple[Fact, ...]) -> list[Fact]:
        if kind == 98:
            raise _Told
        value: Any = facts[0].values["x"]
        return [inferred_fact(one, {"x": value + 1 if one == "step" else value}) for one in rule.asserts]

    return judge


def memory_kb() -> int:
    """What the process holds in memory."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4


def endure(backend: str, sessions: int) -> tuple[int, list[int]]:
    """Run sessions of one backend; how many went wrong, and the memory after each tenth."""
    engine = InferenceEngine(RULES, make_matcher(backend))
    wrong, held = 0, []
    for tenth in range(10):
        for number in range(tenth * sessions // 10, (tenth + 1) * sessions // 10):
            wrong += not run(engine, number)
        held.append(memory_kb())
    return wrong, held


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--backends", nargs="*", default=[*installed_backends()])
    given = parser.parse_args()
    failed = False
    for backend in given.backends:
        started = time.perf_counter()
        wrong, held = endure(backend, given.sessions)
        seconds = time.perf_counter() - started
        grown = held[-1] - held[0]
        print(f"{backend}: {given.sessions} sessions in {seconds:.0f} s, {wrong} wrong, grown by {grown} kB")
        print(f"  kB after each tenth: {' '.join(map(str, held))}")
        failed = failed or bool(wrong) or grown > SLACK_KB
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

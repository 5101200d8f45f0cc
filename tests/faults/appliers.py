"""Appliers killed at random: is everything that was acknowledged stored, and nothing half done?

    python tests/faults/appliers.py [--kills 200] [--store URL | --postgres]

A child applies CT/OI cases one by one, each with its household, its message and its entry in the history,
and prints a case's id once it is stored. It is killed with SIGKILL at a random moment, and another one goes
on. Prints counts and ends with 0 if all is right.
"""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from by_hand import call

from rulewright import load
from rulewright.history import DECISIONS, history_of
from rulewright.outbox import list_letters
from rulewright_adapters import open_store

_ACTOR = {"agent": 3, "group": 9}


def apply_cases(url: str) -> None:
    """The child: apply until killed."""
    program = load()
    store = open_store(url)
    chance = random.Random()
    while True:
        payload = {"first_name": f"Case {chance.random()}", "head_of_household": chance.random() < 0.5}
        receipt = program.apply("ct_oi/case", payload, store=store, actor=_ACTOR, forward="vendor")
        assert receipt.stored, receipt.outcome.problems
        assert receipt.outcome.record is not None
        print(receipt.outcome.record["id"], flush=True)


def run(kills: int, seed: int, store: str | None = None) -> Counter[str]:
    """Return what was counted."""
    chance = random.Random(seed)
    acknowledged: list[int] = []
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "cases.db"
        url = store or f"sqlite:///{file}"
        for _ in range(kills):
            acknowledged += _until_killed(url, chance.uniform(0.0, 0.12))
        counts = _counted(url, acknowledged)
        if store is None:
            with sqlite3.connect(file) as connection:
                verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            connection.close()
            counts["damaged"] = verdict != "ok"
    counts["kills"] = kills
    return counts


def _until_killed(url: str, seconds: float) -> list[int]:
    child = subprocess.Popen(
        [sys.executable, __file__, "--child", url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    # Starting up takes longest, and nothing is at risk then: wait for the first case.
    first = child.stdout.readline()
    time.sleep(seconds)
    child.kill()
    told, said = child.communicate()
    assert not said, said
    # A line without its end was never acknowledged.
    return [int(line) for line in (first + told).splitlines(keepends=True) if line.endswith("\n")]


def _counted(url: str, acknowledged: list[int]) -> Counter[str]:
    store = open_store(url)
    cases = {record["id"]: record for record in store.find("ct_oi/case", {})}
    households = store.find("ct_oi/household", {})
    letters = list_letters(store)
    decisions = [one for one in store.find(DECISIONS.resource, {}) if one.get("detail") is not None]
    counts = Counter(
        acknowledged=len(acknowledged),
        stored=len(cases),
        lost=len(set(acknowledged) - set(cases)),
        twice=len(acknowledged) - len(set(acknowledged)),
        households=len(households),
        headless=sum(cases.get(one.get("head_of_household")) is None for one in households),
        without_household=sum(case.get("household") is None for case in cases.values()),
        without_message=len(set(cases) - {letter.key for letter in letters}),
        messages=len(letters),
        decisions=len(decisions),
        without_history=sum(not history_of(store, "ct_oi/case", key) for key in list(cases)[:50]),
    )
    store.close()
    return counts


def is_right(counts: Counter[str]) -> bool:
    """Acknowledged is stored, and each case has its household, message and decision."""
    wrong = (
        "lost",
        "twice",
        "headless",
        "without_household",
        "without_message",
        "without_history",
        "damaged",
    )
    whole = counts["stored"] == counts["households"] == counts["messages"] == counts["decisions"]
    return whole and counts["stored"] >= counts["acknowledged"] and not any(counts[one] for one in wrong)


def main() -> int:
    """Run as told on the command line; as a child, until it is killed."""
    if sys.argv[1:2] == ["--child"]:
        apply_cases(sys.argv[2])
    return call(__doc__, run, is_right, any_store=True, kills=200, seed=1)


if __name__ == "__main__":
    sys.exit(main())

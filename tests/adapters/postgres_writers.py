"""Many processes that apply CT/OI cases to few households, all in one store.

    python postgres_writers.py URL WRITERS CASES HOUSEHOLDS

Each forked writer applies CASES cases: mostly into a household that all of them share, half as its new
head. It prints a line once a case is stored: its id, acknowledged. What is refused or fails goes to stderr.
"""

from __future__ import annotations

import os
import random
import sys

from rulewright import Program, RulewrightError, load
from rulewright_adapters import open_store

ACTOR = {"agent": 3, "group": 9}


def main(url: str, writers: int, cases: int, households: int) -> int:
    """Make the households, then let the writers loose. The rules are compiled once, before the fork."""
    program = load()
    store = open_store(url)
    for number in range(households):
        receipt = program.apply("ct_oi/case", {"first_name": f"first {number}"}, store=store, actor=ACTOR)
        say(receipt.outcome.record)
    shared = [record["id"] for record in store.find("ct_oi/household", {})]
    store.close()
    children = []
    for number in range(writers):
        child = os.fork()
        if child == 0:
            os._exit(write(program, url, number, cases, shared))
        children.append(child)
    return sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children)


def write(program: Program, url: str, number: int, cases: int, shared: list[object]) -> int:
    """Apply the cases of one writer; how many were not stored."""
    chance, store, failed = random.Random(number), open_store(url), 0
    for place in range(cases):
        payload: dict[str, object] = {"first_name": f"case {place} of {number}"}
        if chance.random() < 0.9:
            payload |= {"household": chance.choice(shared), "head_of_household": chance.random() < 0.5}
        try:
            receipt = program.apply("ct_oi/case", payload, store=store, actor=ACTOR)
        except RulewrightError as error:
            failed += 1
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            continue
        if receipt.stored:
            say(receipt.outcome.record)
        else:
            failed += 1
            print(*(problem.message for problem in receipt.outcome.problems), file=sys.stderr, flush=True)
    store.close()
    return failed > 0


def say(record: object) -> None:
    """Acknowledge a case: one system call, so that lines of several writers never mix."""
    assert isinstance(record, dict)
    os.write(1, f"{record['id']}\n".encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))

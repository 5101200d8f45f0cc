"""Many processes write to one PostgreSQL store, and some are killed: nothing is lost, doubled or half done.

RULEWRIGHT_TEST_CASES=2000 makes it a large run (8 processes x 2,000 cases into 50 households).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from postgres_server import Server

from rulewright.ports import StoredRecord
from rulewright.testing import CASE, HOUSEHOLD
from rulewright_adapters import open_store

CASES = int(os.environ.get("RULEWRIGHT_TEST_CASES", "12"))
HOUSEHOLDS = 50 if CASES >= 1000 else 4
WRITERS = 8


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a script of this folder in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name(script)), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def stored(url: str) -> tuple[list[StoredRecord], list[StoredRecord]]:
    """Every case and household in a store, once all its writers are done or gone."""
    store = open_store(url)
    try:
        with store.transaction():
            pass
        return list(store.find("ct_oi/case", {})), list(store.find("ct_oi/household", {}))
    finally:
        store.close()


def assert_whole(cases: list[StoredRecord], households: list[StoredRecord]) -> None:
    """Every case lives in a household, and every household has one head and names it."""
    heads = {case["household"]: case["id"] for case in cases if case["head_of_household"]}

    assert len(heads) == sum(case["head_of_household"] is True for case in cases)
    assert heads == {household["id"]: household["head_of_household"] for household in households}
    assert {case["household"] for case in cases} == heads.keys()


def test_writers_share_households(postgres: Server) -> None:
    """Every household keeps exactly one head, no case is lost, nobody meets an error."""
    url = postgres.new_url()
    with start("postgres_writers.py", url, WRITERS, CASES, HOUSEHOLDS) as writers:
        output, errors = writers.communicate()
    cases, households = stored(url)

    assert errors == ""
    assert sorted(map(int, output.split())) == [case["id"] for case in cases]
    assert len(cases) == HOUSEHOLDS + WRITERS * CASES
    assert_whole(cases, households)


@pytest.mark.parametrize("acknowledged", [12])
def test_what_was_acknowledged_survives_kill_9(postgres: Server, acknowledged: int) -> None:
    """After SIGKILL of all writers every acknowledged case is there and nothing is half done."""
    url = postgres.new_url()
    with start("postgres_writers.py", url, 4, 100_000, 3) as writers:
        assert writers.stdout is not None
        seen = [writers.stdout.readline() for _ in range(acknowledged)]
        os.killpg(writers.pid, signal.SIGKILL)
        seen += writers.stdout.readlines()
    ids = {int(line) for line in seen if line.endswith("\n")}
    cases, households = stored(url)

    assert ids <= {case["id"] for case in cases}
    # At most the one case of each writer whose acknowledgement was cut off.
    assert len(cases) - len(ids) <= 4
    assert_whole(cases, households)


def test_a_writer_killed_at_random_loses_nothing(postgres: Server) -> None:
    """One after another is killed, at moments that chance picks, while others go on."""
    url, chance = postgres.new_url(), random.Random(9)
    seen: set[int] = set()
    for _ in range(4):
        with start("writer.py", url, 100_000) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline() for _ in range(chance.randrange(1, 60))]
            writer.kill()
            lines += writer.stdout.readlines()
        seen |= {int(line) for line in lines if line.endswith("\n")}
    store = open_store(url)
    numbers = [record["id"] for record in store.find(CASE, {})]
    pairs = [record["id"] for record in store.find(HOUSEHOLD, {})]
    store.close()

    assert seen <= set(numbers)
    assert numbers == pairs == list(range(1, len(numbers) + 1))
    assert len(numbers) - len(seen) <= 4


def test_processes_prepare_at_once_and_draw_from_one_sequence(postgres: Server) -> None:
    """Four processes make the tables of one schema together; no number is drawn twice."""
    url = postgres.new_url()
    writers = [start("writer.py", url, 25) for _ in range(4)]
    outputs = [writer.communicate(timeout=60) for writer in writers]
    drawn = sorted(int(number) for output, _ in outputs for number in output.split())

    assert [error for _, error in outputs] == [""] * 4
    assert drawn == list(range(1, 101))

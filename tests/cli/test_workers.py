"""`validate --workers N`: the same results in the same order, and nothing is lost where a worker dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest
from workplace import Run, Write

from rulewright.cli.deciding import parallel
from rulewright.errors import PayloadError
from rulewright.inputs import Source, blocks, find_sources, reading
from rulewright.inputs.blocks import block_items, read_blocks
from rulewright.inputs.reading import read_items

MIXED = "".join(
    [
        '\ufeff{"title": "first"}\n\n',
        *(json.dumps({"title": f"t{n}", "urgent": n % 7 == 0}) + "\r\n" for n in range(900)),
        "no json\n",
        '{"title": "' + "x" * 300_000 + '"}\n',
        '  {"secret": "far too long to pass"}',
    ]
)


def test_same_as_without(run: Run, write: Write) -> None:
    """Outcomes, places, summary, status and the files of a split: byte for byte."""
    found = []
    for workers in ("1", "2"):
        words = ("--accepted", f"a{workers}", "--rejected", f"r{workers}", "--workers", workers)
        standing = ("--as-of", "2025-01-01T00:00:00Z", "--seed", "7", "--format", "jsonl")
        ran = run(
            "validate", "desk/ticket", write("t.jsonl", MIXED), write("u.jsonl", [{}]), *words, *standing
        )
        found.append((ran, Path(f"a{workers}").read_bytes(), Path(f"r{workers}").read_bytes()))

    assert found[0] == found[1]
    assert len(found[0][0].outcomes) == 905


def test_blocks_hold_the_same_payloads(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever blocks end, items, places and numbers are those of reading in one go."""
    (source,) = find_sources([write("t.jsonl", MIXED[:2_000])])
    whole = list(read_items(source))
    for size in range(1, 60):
        monkeypatch.setattr(blocks, "_SIZE", size)
        parts = list(read_blocks(source))

        assert [item for part in parts for item in block_items(part)] == whole
        assert sum(part.payloads for part in parts) == len(whole)


def test_a_line_that_is_too_long(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused and passed over; its neighbours are not."""
    monkeypatch.setattr("rulewright.inputs.reading.MAX_PAYLOAD_BYTES", 50)
    for module in (blocks, reading):
        monkeypatch.setattr(module, "MOST_OF_A_LINE", 52)
    monkeypatch.setattr(blocks, "_SIZE", 20)
    (source,) = find_sources([write("t.jsonl", '{"a": 1}\n{"a": "' + "x" * 500 + '"}\n{"a": 2}\n')])
    whole = list(read_items(source))

    items = [item for part in read_blocks(source) for item in block_items(part)]

    assert (
        [item.at for item in items]
        == [item.at for item in whole]
        == ["t.jsonl:1:1", "t.jsonl:2:1", "t.jsonl:3:1"]
    )


@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_nothing_of_the_pool_is_left(run: Run, write: Write, form: str) -> None:
    """A pool that is still ending when Python does complains of its closed pipes."""
    path = write("t.jsonl", MIXED)
    before = set(threading.enumerate())

    run("validate", "desk/ticket", path, "--workers", "2", "--format", form)

    assert set(threading.enumerate()) <= before


def test_only_lines_can_be_parted(run: Run, write: Write) -> None:
    """An array is one value: it is refused, and not decided by one worker in silence."""
    ran = run("validate", "desk/ticket", write("t.json", {}), "--workers", "2")

    assert (ran.code, ran.out) == (2, "")
    assert "--workers is for JSONL" in ran.err


class DyingPool(Executor):
    """Decides one block and then dies."""

    def __init__(self) -> None:
        self.blocks = 0

    def submit(self, function: Any, /, *words: Any, **_: Any) -> Future[Any]:
        """Answer at once."""
        self.blocks += 1
        future: Future[Any] = Future()
        if self.blocks == 1:
            future.set_result([("outcome", "place", b"{}", True)] * words[0].payloads)
        else:
            future.set_exception(BrokenProcessPool())
        return future


def test_a_worker_that_dies_is_reported(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was decided before comes out; the error names the line from which on nothing was."""
    monkeypatch.setattr(blocks, "_SIZE", 20)
    source = Source(write("t.jsonl", [{"title": "a"}, {"title": "b"}, {"title": "c"}]), "t.jsonl", "jsonl")
    told = []

    def listen() -> None:
        for _, outcome in parallel._decided(DyingPool(), [source], 1):
            told.append(outcome)

    with pytest.raises(PayloadError, match="died") as raised:
        listen()

    assert told == ["outcome"] * 2
    assert str(raised.value).startswith("t.jsonl:3:1: a worker process died")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers by /proc")
@pytest.mark.parametrize(("form", "others"), [("text", 0), ("jsonl", 1)])
def test_killed_workers(write: Write, form: str, others: int) -> None:
    """kill -9 of the workers ends the command with a message and status 2, never with a hang."""
    words = ["validate", "desk/ticket", write("t.jsonl", MIXED * 5), "--workers", "2", "--format", form]
    command = [sys.executable, "-m", "rulewright", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while process.poll() is None and len(children.read_text().split()) < 2 + others:
            time.sleep(0.01)
        # Where workers do not fork, the first child looks after their locks.
        for child in children.read_text().split()[others:]:
            os.kill(int(child), signal.SIGKILL)
        _, said = process.communicate(timeout=60)

    assert process.returncode == 2
    assert b"a worker process died" in said

"""Commands that move records and send what follows, killed at random: is each thing done once, or not at all?

    python tests/faults/movers.py [--kills 40] [--store URL | --postgres]

`fire`, `tick` and `outbox deliver` are killed with SIGKILL, not after a time, of which most would be their
start, but after a random number of steps of Python since their first transaction began. Each moved order has
one entry in a ledger, counts once in its account, and is told of by one message. Prints counts and ends with
0 if all is right.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from by_hand import call
from faulty_server import FaultyServer

from rulewright import load
from rulewright.cli import main as run_command
from rulewright.history import history_of
from rulewright.outbox import list_letters
from rulewright.ports import Store
from rulewright_adapters import open_store

_ORDER = """
rulewright: 1
resource: shop/order
key: id
lookups:
  account: {find: shop/account, by: {id: record.account}}
fields:
  id: {type: integer, required: true}
  account: {type: integer, required: true, references: {resource: shop/account}}
  status: {type: string, readonly: ignore}
  moved: {type: datetime, readonly: ignore, nullable: true}
workflow:
  field: status
  initial: open
  states: {open: {}, paid: {final: true}, expired: {final: true}}
  transitions:
    - {event: pay, from: open, to: paid, set: {moved: now}}
    - {event: expire, from: open, to: expired, set: {moved: now}}
  timeouts: [{state: open, after: 1h, fire: expire}]
effects:
  - {id: book, on: [pay, expire], create: shop/entry, set: {order: record.id}}
  - {id: count, on: [pay, expire], update: account, set: {moved: account.moved + 1}}
  - {id: tell, on: [pay, expire], send: vendor, body: {order: record.id}}
"""
_FILES = {
    "rules/shop/api.yaml": "rulewright: 1\napi: shop\ntargets: {{vendor: {{url: /orders}}}}\n",
    "rules/shop/order.yaml": _ORDER.replace("{", "{{").replace("}", "}}"),
    "rules/shop/account.yaml": "rulewright: 1\nresource: shop/account\nkey: id\nfields:\n"
    "  id: {{type: integer, required: true}}\n  moved: {{type: integer, default: 0}}\n",
    "rules/shop/entry.yaml": "rulewright: 1\nresource: shop/entry\nkey: id\nfields:\n"
    "  id: {{type: integer, readonly: ignore, generate: sequence}}\n  order: {{type: integer}}\n",
    "rulewright.toml": 'rules = "rules"\nstore = "{store}"\n[targets.vendor]\nurl = "{url}"\ntimeout = 3\n',
}
_ACCOUNTS = 3
# The last steps of a command, of which those that compile rules are most.
_END = 4_000
_COUNT = "RULEWRIGHT_TEST_STEPS"


def run_killed(at: int, words: list[str]) -> None:
    """The child: run a command until its step `at`, or to its end, and write down how many there were."""
    steps = 0

    def step(frame: FrameType, event: str, _: object) -> None:
        nonlocal steps
        if steps or (event == "call" and frame.f_code.co_name == "transaction"):
            steps += 1
            if steps == at:
                os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(step)
    sys.setprofile(step)
    try:
        run_command(words, prog_name="rulewright")
    finally:
        sys.setprofile(None)
        Path(os.environ[_COUNT]).write_text(str(steps))


@dataclass(frozen=True)
class Desk:
    """Orders in a store, all of them open and due to expire."""

    folder: Path
    store: Store
    orders: int

    def run(self, *words: str, at: int = 0) -> list[str]:
        """Run a command that is killed at a step, and return the whole lines that it told."""
        done = subprocess.run(
            [sys.executable, __file__, "--child", str(at), *words],
            cwd=self.folder,
            env={**os.environ, _COUNT: str(self.folder / "steps")},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode in (0, 1, -signal.SIGKILL), done.stderr
        # A line without its end was never acknowledged.
        return [line for line in done.stdout.splitlines(keepends=True) if line.endswith("\n")]

    def steps(self) -> int:
        """How many the last command took that was not killed."""
        return int((self.folder / "steps").read_text())

    def waiting(self) -> int:
        """How many messages are not delivered."""
        return sum(one.state != "delivered" for one in list_letters(self.store))


def open_shop(folder: Path, url: str, vendor: str, orders: int) -> Desk:
    """Write the rules, and store accounts and orders."""
    for name, text in _FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(store=url, url=vendor))
    program, store = load(folder / "rules"), open_store(url)
    store.prepare(program.tables)
    made = [("shop/account", {"id": number}) for number in range(_ACCOUNTS)]
    made += [("shop/order", {"id": number, "account": number % _ACCOUNTS}) for number in range(orders)]
    for resource, payload in made:
        assert program.apply(resource, payload, store=store, as_of="2026-01-01T00:00:00Z").stored
    return Desk(folder, store, orders)


def run(kills: int, seed: int, store: str | None = None) -> Counter[str]:
    """Return what was counted."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name, FaultyServer() as vendor:
        folder = Path(name)
        desk = open_shop(folder, store or f"sqlite:///{folder / 'shop.db'}", vendor.url, 2 * kills + 20)
        with closing(desk.store):
            moved = {*_fired(desk, kills, chance), *_ticked(desk, kills, chance)}
            told = _delivered(desk, kills, chance)
            counts = _counted(desk, moved)
            letters = list_letters(desk.store)
            counts["told_not_delivered"] = len(told - {one.id for one in letters if one.state == "delivered"})
            # What was cut off on its way has another length than it says.
            whole = [one for one in vendor.received if len(one.body) == int(one.headers["content-length"])]
            bodies = {(one.key, one.body) for one in whole}
            counts["sent_differently"] = len(bodies) - len({key for key, _ in bodies})
            counts["not_arrived"] = len({one.idempotency_key for one in letters} - {key for key, _ in bodies})
            counts["calls"] = len(whole)
    counts["kills"] = kills
    return counts


def _fired(desk: Desk, kills: int, chance: random.Random) -> Iterator[int]:
    """Pay orders one by one; where that was killed, try again: it is paid now, or was before."""
    yield from _moved(desk.run("fire", "shop/order", "0", "pay", "--format", "jsonl"))
    steps = desk.steps()
    for number in range(1, kills + 1):
        first = 1 if chance.random() < 0.3 else max(1, steps - _END)
        words = ("fire", "shop/order", str(number), "pay", "--format", "jsonl")
        yield from _moved(desk.run(*words, at=chance.randint(first, steps)))
        before = _status(desk, number)
        again = [*_moved(desk.run(*words))]
        assert (before, bool(again)) in (("open", True), ("paid", False)), (number, before, again)
        yield from again


def _ticked(desk: Desk, kills: int, chance: random.Random) -> Iterator[int]:
    """Let the others expire."""
    steps = desk.steps()
    for _ in range(kills):
        yield from _moved(
            desk.run("tick", "--format", "jsonl", at=chance.randint(steps // 2, 3 * steps // 2))
        )
    yield from _moved(desk.run("tick", "--format", "jsonl"))


def _delivered(desk: Desk, kills: int, chance: random.Random) -> set[int]:
    """Send all messages; those that were told to be delivered."""
    told: set[int] = set()
    words = ("outbox", "deliver", "--lease", "1", "--format", "jsonl")
    for _ in range(kills):
        lines = desk.run(*words, "--limit", str(chance.randint(1, 9)), at=chance.randint(1, 20_000))
        told.update(one["id"] for one in map(json.loads, lines) if one["fate"] == "delivered")
    deadline = time.monotonic() + 30
    while desk.waiting() and time.monotonic() < deadline:
        desk.run(*words)
        time.sleep(0.3)
    return told


def _moved(lines: list[str]) -> Iterator[int]:
    """The orders that are acknowledged to be moved."""
    for outcome in map(json.loads, lines):
        if outcome["verdict"] == "accepted":
            yield outcome["changes"][0]["key"]


def _status(desk: Desk, number: int) -> object:
    return desk.store.find("shop/order", {"id": number})[0]["status"]


def _counted(desk: Desk, acknowledged: set[int]) -> Counter[str]:
    orders = desk.store.find("shop/order", {})
    moved = {one["id"] for one in orders if one["status"] != "open"}
    entries = Counter(one["order"] for one in desk.store.find("shop/entry", {}))
    messages = Counter(one.body["order"] for one in list_letters(desk.store) if isinstance(one.body, dict))
    accounts = {one["id"]: one["moved"] for one in desk.store.find("shop/account", {})}
    each = Counter(one["account"] for one in orders if one["id"] in moved)
    return Counter(
        orders=len(orders),
        acknowledged=len(acknowledged),
        moved=len(moved),
        lost=len(acknowledged - moved),
        half=sum((one["moved"] is None) is (one["id"] in moved) for one in orders),
        entries_wrong=sum(entries[one["id"]] != (one["id"] in moved) for one in orders),
        messages_wrong=sum(messages[one["id"]] != (one["id"] in moved) for one in orders),
        accounts_wrong=sum(accounts[number] != each[number] for number in accounts),
        history_wrong=sum(
            len(history_of(desk.store, "shop/order", one["id"])) != 1 + (one["id"] in moved) for one in orders
        ),
        undelivered=desk.waiting(),
    )


def is_right(counts: Counter[str]) -> bool:
    """All orders are moved in the end, each once and wholly, and each is told of."""
    wrong = ("lost", "half", "entries_wrong", "messages_wrong", "accounts_wrong", "history_wrong")
    sent = ("undelivered", "told_not_delivered", "sent_differently", "not_arrived")
    return counts["moved"] == counts["orders"] and not any(counts[one] for one in wrong + sent)


def main() -> int:
    """Run as told on the command line; as a child, a command that is killed."""
    if sys.argv[1:2] == ["--child"]:
        run_killed(int(sys.argv[2]), sys.argv[3:])
    return call(__doc__, run, is_right, any_store=True, kills=40, seed=1)


if __name__ == "__main__":
    sys.exit(main())

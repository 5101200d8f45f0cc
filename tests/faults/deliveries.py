"""Deliverers killed at random while they send to a server that misbehaves: what has arrived, what was lost?

    python tests/faults/deliveries.py [--messages 10000] [--kills 50] [--bad 0.3] [--deliverers 3]
                                      [--store URL | --postgres] [--work]

Half of the messages are there before the deliverers, the others come while they are killed. `--postgres`
starts a server; with `--work` the deliverers are workers (`outbox work`), which Procrastinate gives jobs to.
Prints counts and ends with 0 if every message arrived, each had one effect, and no job was left over.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from by_hand import call
from faulty_server import FaultyServer
from psycopg import sql

from rulewright import load
from rulewright.outbox import count_letters, list_letters
from rulewright.ports import Store
from rulewright_adapters import open_store
from rulewright_adapters.postgres_address import address_of
from rulewright_adapters.postgres_jobs import jobs_schema

_API = """
rulewright: 1
api: shop
targets: {{vendor: {{url: '{url}/orders'}}}}
"""
_ORDER = """
rulewright: 1
resource: shop/order
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  item: {type: string, required: true}
effects:
  - {id: tell, send: vendor, body: {item: record.item}}
"""
_TOML = """
rules = "rules"
[targets.vendor]
url = "{url}"
{more}
"""


@dataclass
class Crew:
    """Deliverer processes, each started anew when it is killed."""

    folder: Path
    store: str
    size: int
    work: bool

    def __post_init__(self) -> None:
        self.running = [self._start() for _ in range(self.size)]
        self.errors: list[str] = []

    def _start(self) -> subprocess.Popen[str]:
        how = ["work"] if self.work else ["deliver", "--watch"]
        words = ["outbox", *how, "--lease", "3", "--store", self.store, "--format", "text"]
        return subprocess.Popen(
            [sys.executable, "-m", "rulewright", *words],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def kill_one(self, chance: random.Random) -> None:
        """Kill -9, and start another."""
        place = chance.randrange(self.size)
        victim = self.running[place]
        if victim.poll() is not None:
            self._note(victim)
        victim.kill()
        victim.communicate()
        self.running[place] = self._start()

    def _note(self, ended: subprocess.Popen[str]) -> None:
        assert ended.stderr is not None
        self.errors.append(ended.stderr.read())

    def stop(self) -> list[int]:
        """Let all of them drain; return their exit codes."""
        for one in self.running:
            one.send_signal(signal.SIGTERM)
        codes = []
        for one in self.running:
            _, said = one.communicate(timeout=60)
            codes.append(one.returncode)
            if one.returncode:
                self.errors.append(said)
        return codes


def run(
    messages: int,
    kills: int,
    bad: float,
    deliverers: int,
    seed: int,
    store: str | None = None,
    work: bool = False,
) -> Counter[str]:
    """Return what was counted."""
    chance = random.Random(seed)
    server = FaultyServer(bad=bad, seed=seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        set_up(folder, server.url)
        url = store or f"sqlite:///{folder / 'outbox.db'}"
        with closing(open_store(url)) as opened:
            fill(folder, opened, range(messages // 2))
            crew = Crew(folder, url, deliverers, work)
            # At first there is nobody at the port: connections are refused.
            opening = threading.Timer(1.0, server.start)
            filling = threading.Thread(target=fill, args=(folder, opened, range(messages // 2, messages)))
            opening.start()
            filling.start()
            try:
                _kill_while_sending(crew, kills, chance)
                filling.join()
                wait_until_sent(opened, crew)
            finally:
                codes = crew.stop()
                opening.join()
                server.stop()
            counts = _counted(opened, server, codes, crew)
        counts["jobs_left"] = _jobs_left(url) if work else 0
    counts["messages"], counts["kills"] = messages, kills
    return counts


def set_up(folder: Path, url: str, more: str = "timeout = 1") -> None:
    """Write rules and configuration for a vendor at `url`."""
    api = folder / "rules" / "shop"
    api.mkdir(parents=True)
    (api / "api.yaml").write_text(_API.format(url=url))
    (api / "order.yaml").write_text(_ORDER)
    (folder / "rulewright.toml").write_text(_TOML.format(url=url, more=more))


def fill(folder: Path, store: Store, numbers: range) -> None:
    """Store orders, each of which the vendor is told of."""
    program = load(folder / "rules")
    store.prepare(program.tables)
    for start in range(0, len(numbers), 500):
        with store.transaction() as transaction:
            for number in numbers[start : start + 500]:
                inputs = program.inputs({"item": f"item {number}"})
                assert program.apply_within("shop/order", inputs, transaction).stored


def _jobs_left(url: str) -> int:
    """Jobs that wait or hang, once everything has arrived."""
    address = address_of(url.partition("://")[2])
    with psycopg.connect(address.conninfo) as connection:
        table = sql.Identifier(jobs_schema(address.schema), "procrastinate_jobs")
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(table)).fetchone()
    assert row is not None
    return int(row[0])


def _kill_while_sending(crew: Crew, kills: int, chance: random.Random) -> None:
    for _ in range(kills):
        time.sleep(chance.uniform(0.2, 2.5))
        crew.kill_one(chance)


def wait_until_sent(store: Store, crew: Crew) -> None:
    """Until nothing is on its way any more, or nobody is left to send it."""
    while True:
        counts = count_letters(store)
        if not counts["waiting"] + counts["sending"] or all(one.poll() is not None for one in crew.running):
            return
        time.sleep(0.3)


def _counted(store: Store, server: FaultyServer, codes: list[int], crew: Crew) -> Counter[str]:
    letters = list_letters(store)
    keys = {letter.idempotency_key for letter in letters}
    states = Counter(letter.state for letter in letters)
    for said in crew.errors:
        print(said, file=sys.stderr)
    return Counter(
        kept=len(letters),
        delivered=states["delivered"],
        dead=states["dead"],
        arrived=len(keys & set(server.effects)),
        lost=len(keys - set(server.effects)),
        strangers=len(set(server.effects) - keys),
        calls=len(server.received),
        misbehaved=server.misbehaved.total(),
        effects=server.effects.total(),
        errors=len(crew.errors),
        drained=codes.count(0),
    )


def is_right(counts: Counter[str]) -> bool:
    """Nothing lost, nothing dead, one effect for each key."""
    return (
        counts["messages"] == counts["kept"] == counts["delivered"] == counts["arrived"] == counts["effects"]
        and not counts["lost"] + counts["dead"] + counts["strangers"] + counts["errors"] + counts["jobs_left"]
    )


def main() -> int:
    """Run as told on the command line."""
    numbers = {"messages": 10_000, "kills": 50, "bad": 0.3, "deliverers": 3, "seed": 1}
    return call(__doc__, run, is_right, "work", any_store=True, **numbers)


if __name__ == "__main__":
    sys.exit(main())

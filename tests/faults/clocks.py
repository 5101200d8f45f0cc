"""Deliverers whose clocks are hours apart, and a clock that is set: are leases stolen early, or stuck?

    python tests/faults/clocks.py [--messages 200] [--hours 5] [--store URL | --postgres]

On PostgreSQL two machines are imitated, one with its clock so many hours ahead, one as many behind; one of
them is killed in the end. On SQLite, whose processes share one clock, that clock is set back, then ahead,
while a killed deliverer holds messages. Prints counts; ends with 0 if nothing was sent twice but where a
clock was set or a deliverer killed, and what a killed one held was sent within seconds.
"""

from __future__ import annotations

import datetime
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from by_hand import call
from deliveries import fill, set_up
from faulty_server import FaultyServer, Received, ok

from rulewright.outbox import count_letters, list_letters
from rulewright.ports import Store
from rulewright_adapters import open_store

_LEASE = 2
_HOUR = 3600.0


def set_clock(seconds: float) -> None:
    """Let this process's clock be ahead of the machine's by so much, for what is imported afterwards."""
    true = datetime.datetime

    class Kind(type):
        def __instancecheck__(cls, one: object) -> bool:
            return isinstance(one, true)

        def __getattr__(cls, name: str) -> Any:
            return getattr(true, name)

        def __call__(cls, *given: Any, **named: Any) -> Any:
            return true(*given, **named)

    class Shifted(metaclass=Kind):
        @staticmethod
        def now(zone: datetime.tzinfo | None = None) -> datetime.datetime:
            return true.now(zone) + datetime.timedelta(seconds=seconds)

    true_time = time.time
    time.time = lambda: true_time() + seconds
    datetime.datetime = Shifted  # type: ignore[assignment, misc]


def run_shifted(seconds: float, words: Sequence[str]) -> None:
    """The child: a command in a process whose clock is set."""
    # What was imported above has the true clock: begin anew.
    for name in [one for one in sys.modules if one.startswith(("rulewright", "rulewright_adapters"))]:
        del sys.modules[name]
    set_clock(seconds)
    from rulewright.cli import main  # noqa: PLC0415 - after the clock was set

    main(list(words))


@dataclass
class Scene:
    """An outbox, and a receiver that takes its time."""

    folder: Path
    url: str
    store: Store
    server: FaultyServer
    slow: float = 0.0

    def answer(self, connection: socket.socket, received: Received) -> bool:
        """Take it, after a while."""
        time.sleep(self.slow)
        return ok(connection, received)

    def start(self, shift: float) -> subprocess.Popen[str]:
        """Start a deliverer whose clock is ahead by `shift` seconds."""
        words = [
            "outbox",
            "deliver",
            "--watch",
            "--lease",
            str(_LEASE),
            "--workers",
            "4",
            "--store",
            self.url,
        ]
        return subprocess.Popen(
            [sys.executable, __file__, "--child", str(shift), *words, "--format", "text"],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def stop(self, deliverers: Sequence[subprocess.Popen[str]]) -> int:
        """Let them drain; how many failed."""
        failed = 0
        for one in deliverers:
            one.terminate()
            _, said = one.communicate(timeout=60)
            if one.returncode:
                print(said, file=sys.stderr)
            failed += bool(one.returncode)
        return failed

    def wait_until_sent(self, patience: float) -> float:
        """Seconds until nothing is on its way any more."""
        start = time.monotonic()
        while (counts := count_letters(self.store))["waiting"] + counts["sending"]:
            if time.monotonic() > start + patience:
                return -1
            time.sleep(0.05)
        return time.monotonic() - start

    def twice(self) -> int:
        """How many messages were sent more than once."""
        calls = Counter(received.key for received in list(self.server.received))
        return sum(number > 1 for number in calls.values())


def run(messages: int, hours: float, store: str | None = None) -> Counter[str]:
    """Return what was counted."""
    with tempfile.TemporaryDirectory() as name, FaultyServer() as server:
        url = store or f"sqlite:///{Path(name) / 'outbox.db'}"
        set_up(Path(name), server.url, "timeout = 20")
        with closing(open_store(url)) as opened:
            scene = Scene(Path(name), url, opened, server)
            server.answer = scene.answer
            counts = (_set if url.startswith("sqlite") else _apart)(scene, messages, hours * _HOUR)
            letters = list_letters(opened)
        counts["undelivered"] = sum(letter.state != "delivered" for letter in letters)
        counts["effects"] = len({letter.idempotency_key for letter in letters} & set(server.effects))
        counts["sent_twice_in_all"] = scene.twice()
    counts["messages"] = messages
    return counts


def _apart(scene: Scene, messages: int, shift: float) -> Counter[str]:
    """Two machines whose clocks are apart; sending takes longer than a lease lasts unless it is renewed."""
    fill(scene.folder, scene.store, range(messages // 2))
    machines = [scene.start(shift), scene.start(-shift)]
    scene.slow = 0.2
    early = scene.wait_until_sent(messages)
    fill(scene.folder, scene.store, range(messages // 2, messages // 2 + 8))
    scene.slow = _LEASE * 1.5
    late = scene.wait_until_sent(30)
    stolen = scene.twice()
    # From now on one of them is lost with what it holds.
    fill(scene.folder, scene.store, range(messages // 2 + 8, messages))
    _wait(lambda: count_letters(scene.store)["sending"] >= 8)
    victim = machines.pop(random.Random(messages).randrange(2))
    victim.kill()
    victim.communicate()
    killed = time.monotonic()
    scene.slow = 0.01
    rest = scene.wait_until_sent(60)
    counts = Counter(
        unsent=(early < 0) + (late < 0) + (rest < 0),
        stolen=stolen,
        seconds_after_kill=round(time.monotonic() - killed),
    )
    counts["errors"] = scene.stop(machines)
    return counts


def _set(scene: Scene, messages: int, shift: float) -> Counter[str]:
    """One machine whose clock is set while a deliverer that was killed holds messages."""
    counts: Counter[str] = Counter()
    for turn, ahead in enumerate((0.0, -shift, shift)):
        share = range(turn * messages // 3, (turn + 1) * messages // 3)
        fill(scene.folder, scene.store, share)
        scene.slow = 30.0
        victim = scene.start(0.0)
        _wait(lambda: count_letters(scene.store)["sending"] >= 4)
        victim.kill()
        victim.communicate()
        scene.slow = 0.0
        before = scene.twice()
        survivor = scene.start(ahead)
        seconds = scene.wait_until_sent(60)
        counts["unsent"] += seconds < 0
        counts["seconds_after_kill"] = max(counts["seconds_after_kill"], round(seconds))
        counts["errors"] += scene.stop([survivor])
        # At most what the killed one had begun was sent again.
        counts["stolen"] += max(0, scene.twice() - before - 4)
    return counts


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def is_right(counts: Counter[str]) -> bool:
    """Nothing stolen, nothing stuck, each effect once."""
    return counts["messages"] == counts["effects"] and not any(
        (
            counts["undelivered"] + counts["unsent"] + counts["stolen"] + counts["errors"],
            counts["seconds_after_kill"] > 20,
        )
    )


def main() -> int:
    """Run as told on the command line; as a child, the command with its clock set."""
    if sys.argv[1:2] == ["--child"]:
        run_shifted(float(sys.argv[2]), sys.argv[3:])
    return call(__doc__, run, is_right, any_store=True, messages=200, hours=5.0)


if __name__ == "__main__":
    sys.exit(main())

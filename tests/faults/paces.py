"""Several deliverers, one rate: how many messages does the receiver see in a minute?

    python tests/faults/paces.py [--messages 1500] [--rate 500] [--deliverers 4] [--kills 4]
                                 [--store URL | --postgres] [--work]

The receiver answers 429 to whatever comes beyond `rate` in the last 60 seconds, as Plannr does. Deliverers
are killed now and then; what they held of the rate may be lost, but never used twice. Prints counts; ends
with 0 if every message arrived, none met a 429, and a minute saw nine tenths of the rate.
"""

from __future__ import annotations

import random
import socket
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections import Counter
from contextlib import closing
from pathlib import Path

from by_hand import call
from deliveries import Crew, fill, set_up, wait_until_sent
from faulty_server import FaultyServer, Received, ok, reply

from rulewright_adapters import open_store


class Meter:
    """Notes when each message came, and refuses those beyond the rate."""

    def __init__(self, rate: int) -> None:
        self.times: list[float] = []
        self.refused = 0
        self._rate = rate
        self._lock = threading.Lock()

    def answer(self, connection: socket.socket, received: Received) -> bool:
        """Take it, or say 429."""
        with self._lock:
            now = time.monotonic()
            self.times.append(now)
            too_many = self._since(now - 60, now) > self._rate
            self.refused += too_many
        if not too_many:
            return ok(connection, received)
        connection.sendall(reply(429, {"message": "Too Many Attempts."}, {"Retry-After": "5"}))
        return True

    def _since(self, start: float, end: float) -> int:
        return bisect_left(self.times, end) - bisect_left(self.times, start) + 1

    def most(self, seconds: float) -> int:
        """The most that came in so many seconds, whenever they began."""
        return max(bisect_left(self.times, start + seconds) - place for place, start in enumerate(self.times))


def run(
    messages: int,
    rate: int,
    deliverers: int,
    kills: int,
    seed: int,
    store: str | None = None,
    work: bool = False,
) -> Counter[str]:
    """Return what was counted."""
    meter, chance = Meter(rate), random.Random(seed)
    with tempfile.TemporaryDirectory() as name, FaultyServer(answer=meter.answer) as server:
        folder = Path(name)
        set_up(folder, server.url, f"rate = {rate}")
        url = store or f"sqlite:///{folder / 'outbox.db'}"
        with closing(open_store(url)) as opened:
            fill(folder, opened, range(messages))
            crew = Crew(folder, url, deliverers, work)
            try:
                for _ in range(kills):
                    time.sleep(messages / rate * 60 / (kills + 1) * chance.uniform(0.6, 1.0))
                    crew.kill_one(chance)
                wait_until_sent(opened, crew)
            finally:
                codes = crew.stop()
    return Counter(
        messages=messages,
        arrived=len(server.effects),
        calls=len(meter.times),
        refused=meter.refused,
        rate=rate,
        most_in_a_minute=meter.most(60),
        seconds=round(meter.times[-1] - meter.times[0]),
        kills=kills,
        errors=len(crew.errors) + sum(map(bool, codes)),
    )


def is_right(counts: Counter[str]) -> bool:
    """All arrived, none was refused, and not much slower than allowed."""
    expected = min(counts["rate"], counts["messages"]) * 0.9
    return (
        counts["messages"] == counts["arrived"]
        and not counts["refused"] + counts["errors"]
        and expected <= counts["most_in_a_minute"] <= counts["rate"]
    )


def main() -> int:
    """Run as told on the command line."""
    numbers = {"messages": 1500, "rate": 500, "deliverers": 4, "kills": 4, "seed": 1}
    return call(__doc__, run, is_right, "work", any_store=True, **numbers)


if __name__ == "__main__":
    sys.exit(main())

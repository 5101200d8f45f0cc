"""How fast targets are sent to, by one process and by several."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from faulty_server import FaultyServer, Received, ok
from postgres_server import Server
from vendor import ENVIRONMENT

from rulewright.errors import AdapterError
from rulewright.ports import Sending, Store
from rulewright_adapters import open_store
from rulewright_adapters.http import HttpForwarder
from rulewright_adapters.http_pace import PACES, OwnPace, Pace, SharedPace
from rulewright_adapters.http_targets import read_targets

# Sends so many messages through a store's shared pace.
_SENDER = """
import sys
from rulewright.ports import Sending
from rulewright_adapters import open_store
from rulewright_adapters.http import open_forwarder
url, target, count = sys.argv[1:]
store = open_store(url)
forwarder = open_forwarder({"vendor": {"url": target, "rate": 1200}}, store=store)
for number in range(int(count)):
    while not forwarder.send(Sending(("vendor",), "POST", "/", {}, number, str(number))).tried:
        pass
"""


class Clock:
    """Told what time it is; the time passes while somebody waits."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def paced(pace: Pace, clock: Clock, rate: float, count: int) -> list[float]:
    """When messages go that are sent as fast as they may be."""
    sent = []
    for _ in range(count):
        clock.time += pace.take("vendor", rate, 100.0)
        sent.append(clock.time)
    return sent


def most_in_a_minute(sent: list[float]) -> int:
    """In whichever 60 seconds the most were sent."""
    return max(sum(start <= one < start + 60 for one in sent) for start in sent)


@pytest.mark.parametrize(("rate", "least"), [(500, 490), (6, 5), (1, 1), (6000, 5800)])
def test_no_minute_sees_more_than_the_rate(rate: int, least: int) -> None:
    """Nor much less, and the first message goes at once."""
    clock = Clock()
    sent = paced(OwnPace(clock), clock, rate, min(3 * rate, 7000) + 1)

    assert least <= most_in_a_minute(sent) <= rate
    assert sent[0] == 1000.0


def test_targets_have_paces_of_their_own() -> None:
    """One that must rest holds up no other."""
    pace = OwnPace(Clock())
    pace.rest("vendor", 30.0)

    assert (pace.take("vendor", None, 5.0), pace.take("other", None, 5.0)) == (30.0, 0.0)


@pytest.fixture(params=["own", "shared"])
def make_pace(request: pytest.FixtureRequest) -> Callable[[], Pace]:
    """A pace of each kind."""
    store = open_store("memory://")
    return OwnPace if request.param == "own" else lambda: SharedPace(store)


def test_who_does_not_wait_takes_no_token(make_pace: Callable[[], Pace]) -> None:
    """Those who wait longer still get theirs in turn."""
    pace = make_pace()
    first = pace.take("vendor", 60, 0.5)
    refused = [pace.take("vendor", 60, 0.2) for _ in range(3)]

    assert first == 0.0
    assert all(0.4 < wait < 0.6 for wait in refused)
    assert pace.take("vendor", 60, 0.6) < 0.6
    assert pace.take("vendor", 60, 0.6) > 1.2


def test_a_rest_holds_for_all_who_share_a_store(store: Store) -> None:
    """One process was told 429; the others heed it as well, whether a rate is configured or not."""
    told, others = SharedPace(store), SharedPace(store)
    told.rest("vendor", 30.0)

    assert 29 < others.take("vendor", 500, 5.0) <= 30
    assert 29 < others.take("vendor", None, 5.0) <= 30


def test_nobody_rests_for_longer_than_a_day(make_pace: Callable[[], Pace]) -> None:
    """A receiver that said 999999999 was not sent to any more until 2058."""
    pace = make_pace()
    pace.rest("vendor", 999_999_999.0)

    assert 86_390 < pace.take("vendor", None, 5.0) <= 86_400
    assert 86_390 < pace.take("vendor", 60, 5.0) <= 86_400


@pytest.mark.parametrize("rate", [None, 60])
def test_a_clock_that_was_set_back_holds_no_target_up(rate: float | None, store: Store) -> None:
    """What was kept lies farther ahead than any rest."""
    pace = SharedPace(store)
    with store.transaction() as transaction:
        transaction.insert(PACES.resource, {"target": "vendor", "free": time.time() + 90_000.0})

    assert pace.take("vendor", rate, 5.0) == 0.0


def test_processes_that_share_a_store_share_the_rate(store: Store) -> None:
    """Two take turns: each finds what the other has taken."""
    paces = SharedPace(store), SharedPace(store)
    waits = [paces[turn % 2].take("vendor", 60, 60.0) for turn in range(6)]

    # A message a second, whoever sends it, after half a second's worth.
    assert all(abs(wait - (number * 61 / 60 - 0.5)) < 0.4 for number, wait in enumerate(waits) if number)


def test_many_messages_a_second_do_not_cost_as_many_transactions(store: Store) -> None:
    """A process takes the moments of a tenth of a second at once."""
    # By a clock that runs, moments are lost where the machine is busy for half a second.
    pace, opened = SharedPace(store, clock=lambda: 0.0), []
    transaction = store.transaction
    store.transaction = lambda: opened.append(1) or transaction()  # type: ignore[method-assign, func-returns-value, assignment, return-value]
    for _ in range(100):
        pace.take("vendor", 6000, 60.0)

    assert len(opened) == 10


def test_moments_that_were_taken_and_not_used_are_lost(store: Store) -> None:
    """They would come on top of those that others take meanwhile."""
    clock = Clock()
    pace = SharedPace(store, clock)
    pace.take("vendor", 6000, 5.0)
    stocked = len(pace._stock["vendor"])
    clock.time += 10
    pace.take("vendor", 6000, 5.0)

    assert (stocked, len(pace._stock["vendor"])) == (9, 9)


def test_a_store_that_fails_postpones_the_message() -> None:
    """Nothing was sent, hence no attempt is counted."""

    class Broken:
        def take(self, target: str, rate: float | None, patience: float) -> float:
            raise AdapterError("the store is busy")

        def rest(self, target: str, seconds: float) -> None:
            raise AdapterError("the store is busy")

    forwarder = HttpForwarder(read_targets({"vendor": {"url": "https://a.b"}}), ENVIRONMENT, Broken())
    reply = forwarder.send(Sending(("vendor",), "POST", "/", {}, 1, "key"))
    forwarder.close()

    assert (reply.tried, reply.error) == (False, "the store is busy")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_receiver_sees_one_rate_of_three_processes(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """1,200 a minute are 20 a second, however many send: in no second more than 20 and half of that again."""
    times: list[float] = []
    lock = threading.Lock()

    def noting(connection: object, received: Received) -> bool:
        with lock:
            times.append(time.monotonic())
        return ok(connection, received)  # type: ignore[arg-type]

    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'outbox.db'}"
    else:
        postgres: Server = request.getfixturevalue("postgres")
        url = postgres.new_url()
    with FaultyServer(answer=noting) as server:
        words = [sys.executable, "-c", _SENDER, url, server.url, "40"]
        senders = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(3)]
        said = [sender.communicate(timeout=60)[1] for sender in senders]

    assert (said, len(times)) == ([""] * 3, 120)
    times.sort()
    assert max(sum(start <= one < start + 1 for one in times) for start in times) <= 32
    # Nor is it slower than three that share 20 a second need be.
    assert 5.0 < times[-1] - times[0] < 9.0

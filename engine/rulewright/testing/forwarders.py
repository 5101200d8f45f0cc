"""The contract that every forwarder keeps, as test methods. Derive from ForwarderContract and run them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final

from rulewright.errors import ConfigurationError
from rulewright.ports import Forwarder, Reply, Sending
from rulewright.testing.refusals import refused

TARGET: Final = "vendor"
SECRET: Final = "RULEWRIGHT_TEST_SECRET"  # noqa: S105 - the name of a variable
_SENDING: Final = Sending(
    ("api/vendor", TARGET), "POST", "/things", {"X-Plain": "as it is"}, {"name": "Ann", "n": 1.5}, "key-1"
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a receiver got. Header names are lower-case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: object
    idempotency_key: str


# What a receiver answers; a status of None means that it is not there, or breaks off.
Answering = Callable[[Arrival], Reply]


class ForwarderContract:
    """What a forwarder must do. `open_forwarder` is the one thing to provide."""

    def open_forwarder(self, answer: Answering) -> Forwarder:
        """Return a forwarder whose one target, TARGET, is a receiver that answers as `answer` says.

        Paths go below the receiver's address. The variable SECRET is set in the environment.
        """
        raise NotImplementedError

    @contextmanager
    def _open(self, answer: Answering) -> Iterator[Forwarder]:
        before = os.environ.get(SECRET)
        os.environ[SECRET] = "the-secret-itself"
        try:
            with closing(self.open_forwarder(answer)) as forwarder:
                yield forwarder
        finally:
            os.environ.pop(SECRET)
            if before is not None:
                os.environ[SECRET] = before

    def test_a_message_arrives_as_it_was_sent(self) -> None:
        """Method, path, headers, body and key; the answer comes back."""
        arrivals: list[Arrival] = []

        def answer(arrival: Arrival) -> Reply:
            arrivals.append(arrival)
            return Reply(201, {"id": 7})

        with self._open(answer) as forwarder:
            reply = forwarder.send(_SENDING)

        (arrival,) = arrivals
        assert (reply.status, reply.body, reply.error) == (201, {"id": 7}, None)
        assert (arrival.method, arrival.path, arrival.body) == ("POST", "/things", {"name": "Ann", "n": 1.5})
        assert (arrival.idempotency_key, arrival.headers["x-plain"]) == ("key-1", "as it is")

    def test_a_refusal_is_an_answer(self) -> None:
        """Its status and body come back, whatever the status."""
        for status in (400, 401, 404, 409, 422):
            body = {"message": f"refused with {status}"}
            with self._open(lambda _, status=status, body=body: Reply(status, body)) as forwarder:  # type: ignore[misc]
                reply = forwarder.send(_SENDING)
            assert (reply.status, reply.body, reply.tried) == (status, body, True)

    def test_a_receiver_that_breaks_off_is_an_answer_too(self) -> None:
        """Nothing is raised: the status is None, and `error` says why."""
        with self._open(lambda _: Reply(None)) as forwarder:
            reply = forwarder.send(_SENDING)

        assert reply.status is None
        assert reply.error

    def test_every_try_has_the_same_key(self) -> None:
        """A receiver that honours it acts once."""
        keys: list[str] = []

        def answer(arrival: Arrival) -> Reply:
            keys.append(arrival.idempotency_key)
            return Reply(503)

        with self._open(answer) as forwarder:
            forwarder.send(_SENDING)

        assert set(keys) == {"key-1"}

    def test_a_long_wait_is_told_and_not_waited(self) -> None:
        """Retry-After comes back in seconds."""
        with self._open(lambda _: Reply(429, None, retry_after=3600)) as forwarder:
            reply = forwarder.send(_SENDING)

        assert reply.retry_after == 3600

    def test_an_unknown_target_is_refused(self) -> None:
        """It is a matter of configuration, not of the message."""
        with self._open(lambda _: Reply(200)) as forwarder, refused(ConfigurationError):
            forwarder.send(replace(_SENDING, names=("other",)))

    def test_secrets_come_from_the_environment_and_stay_hidden(self) -> None:
        """A header "$NAME" is read there; a receiver that echoes it does not make it known."""
        arrivals: list[Arrival] = []

        def answer(arrival: Arrival) -> Reply:
            arrivals.append(arrival)
            return Reply(400, {"echo": arrival.headers["x-key"]})

        with self._open(answer) as forwarder:
            reply = forwarder.send(replace(_SENDING, headers={"X-Key": f"${SECRET}"}))
            shown = f"{forwarder!r} {reply!r} {reply.body!r} {reply.headers!r} {reply.error!r}"

        assert arrivals[0].headers["x-key"] == "the-secret-itself"
        assert "the-secret-itself" not in shown

    def test_threads_share_it(self) -> None:
        """Each gets the answer to its own message."""
        lock, arrived = Lock(), 0

        def answer(arrival: Arrival) -> Reply:
            nonlocal arrived
            with lock:
                arrived += 1
            return Reply(200, {"key": arrival.idempotency_key})

        keys = [f"key-{number}" for number in range(40)]
        with self._open(answer) as forwarder, ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda key: forwarder.send(replace(_SENDING, idempotency_key=key)), keys))

        assert [reply.body for reply in replies] == [{"key": key} for key in keys]
        assert arrived == len(keys)

    def test_closing_twice_is_no_error(self) -> None:
        """Whoever cleans up need not know who did before."""
        with self._open(lambda _: Reply(200)) as forwarder:
            forwarder.close()

"""A vendor on a raw socket, and a forwarder that is configured for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
from faulty_server import (
    Answer,
    FaultyServer,
    Received,
    reply,
)

from rulewright.ports import Reply, Sending
from rulewright_adapters.http import HttpForwarder, open_forwarder

TOKEN = "very-secret-token"
ENVIRONMENT = {"TOKEN": TOKEN, "ACCOUNT": "account-uuid", "OTHER": "other-secret"}


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    """A server that takes everything."""
    with FaultyServer() as running:
        yield running


Forward = Callable[..., Reply]


@pytest.fixture
def forward(server: FaultyServer) -> Iterator[Forward]:
    """Send one message to the server, configured with the given keys."""
    opened: list[HttpForwarder] = []

    def send(url: str = "/orders", *, headers: Mapping[str, str] | None = None, **table: object) -> Reply:
        settings = {"url": server.url, "auth": "bearer", "token_env": "TOKEN", "timeout": 1, **table}
        opened.append(open_forwarder({"vendor": settings}, ENVIRONMENT))
        return opened[-1].send(
            Sending(("shop/vendor", "vendor"), "POST", url, headers or {}, {"item": "tea"}, "key-1")
        )

    yield send
    for one in opened:
        one.close()


def answering(*answers: Answer) -> Answer:
    """Answer in turn, the last for ever."""
    waiting = list(answers)

    def answer(connection: object, received: Received) -> bool:
        chosen = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return chosen(connection, received)  # type: ignore[arg-type]

    return answer


def saying(status: int, body: object = None, **headers: str) -> Answer:
    def answer(connection: object, received: Received) -> bool:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.sendall(reply(status, body, named))  # type: ignore[attr-defined]
        return True

    return answer

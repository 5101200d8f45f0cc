"""The HTTP forwarder keeps the contract that any forwarder keeps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from faulty_server import FaultyServer, Received, ResetError, reply

from rulewright.ports import Forwarder, Reply
from rulewright.testing import Arrival, ForwarderContract
from rulewright_adapters.http import open_forwarder


class TestHttp(ForwarderContract):
    """With a server on a raw socket as the receiver."""

    @pytest.fixture(autouse=True)
    def _servers(self) -> Iterator[None]:
        self.servers: list[FaultyServer] = []
        yield
        for server in self.servers:
            server.stop()

    def open_forwarder(self, answer: Callable[[Arrival], Reply]) -> Forwarder:
        """A forwarder to a server that answers so."""

        def respond(connection: object, received: Received) -> bool:
            told = answer(_arrival(received))
            if told.status is None:
                raise ResetError
            after = {} if told.retry_after is None else {"Retry-After": str(int(told.retry_after))}
            connection.sendall(reply(told.status, told.body, after))  # type: ignore[attr-defined]
            return True

        self.servers.append(FaultyServer(answer=respond).start())
        return open_forwarder({"vendor": {"url": self.servers[-1].url}})


def _arrival(received: Received) -> Arrival:
    body = json.loads(received.body) if received.body else None
    return Arrival(received.method, received.path, received.headers, body, received.key)

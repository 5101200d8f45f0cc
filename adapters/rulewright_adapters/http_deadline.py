"""Connections that give a call up at its deadline, whatever the receiver does.

The driver's own timeouts hold for each read alone: who sends a byte now and then, of its answer's headers for
example, would keep a call open for ever.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rulewright_adapters.http_driver import httpcore2, httpx2


class DeadlineTransport(httpx2.HTTPTransport):
    """The driver's own transport over connections that keep a deadline."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(verify=context)
        self._backend = _Backend()
        # It takes no such connections as an argument; what it sends through is made again with them.
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context,
            max_connections=None,
            # An idle one may be closed by the other side at any time.
            keepalive_expiry=5.0,
            network_backend=self._backend,
        )

    @contextmanager
    def ending(self, deadline: float) -> Iterator[None]:
        """Let what this thread calls in the block end at `deadline`, by the monotonic clock."""
        self._backend.clock.deadline = deadline
        try:
            yield
        finally:
            self._backend.clock.deadline = None


class _Clock(threading.local):
    """The deadline of each thread, if it has one."""

    deadline: float | None = None

    def left(self, timeout: float | None, error: type[Exception]) -> float | None:
        """How long may be waited. Raises `error` where the time is up."""
        if self.deadline is None:
            return timeout
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise error("the answer did not end in time")
        return left if timeout is None else min(left, timeout)


class _Backend(httpcore2.NetworkBackend):
    """Opens connections as the driver does."""

    def __init__(self) -> None:
        self.clock = _Clock()
        self._driver = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        left = self.clock.left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._driver.connect_tcp(host, port, left, local_address, socket_options), self.clock)


class _Stream(httpcore2.NetworkStream):
    """A connection of the driver's, as long as there is time."""

    def __init__(self, stream: httpcore2.NetworkStream, clock: _Clock) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._clock.left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._clock.left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = self._clock.left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

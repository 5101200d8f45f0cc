"""An HTTP server on a raw socket that misbehaves: refuses, resets, hangs, cuts, answers junk, 429, 503.

It honours Idempotency-Key: what it did for a key it does once, and `effects` counts that. A share of its
bad answers comes after it did its work, as in life.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Received:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    # The headers as they came, one of a name or several.
    names: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its Idempotency-Key."""
        return self.headers.get("idempotency-key", "")


class ResetError(Exception):
    """Close the connection with RST."""


# Writes an answer to the socket; returns whether the connection may go on.
Answer = Callable[[socket.socket, Received], bool]


def reply(
    status: int, body: object, headers: Mapping[str, str] | None = None, *, raw: bytes | None = None
) -> bytes:
    """An honest answer."""
    content = json.dumps(body).encode() if raw is None else raw
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def ok(connection: socket.socket, received: Received) -> bool:
    connection.sendall(reply(201, {"id": 1}))
    return True


def reset(connection: socket.socket, received: Received) -> bool:
    raise ResetError


def hang(connection: socket.socket, received: Received) -> bool:
    time.sleep(2)
    return False


def cut(connection: socket.socket, received: Received) -> bool:
    connection.sendall(reply(201, {"id": 1, "text": "x" * 500})[:-300])
    return False


def junk(connection: socket.socket, received: Received) -> bool:
    connection.sendall(b"\x00\xffI am no HTTP\r\n\r\n{]")
    return False


def too_many(connection: socket.socket, received: Received) -> bool:
    connection.sendall(reply(429, {"message": "Too Many Attempts."}, {"Retry-After": "0"}))
    return True


def unavailable(connection: socket.socket, received: Received) -> bool:
    connection.sendall(reply(503, {"message": "Later."}))
    return True


def nothing(connection: socket.socket, received: Received) -> bool:
    return False


MISBEHAVIOURS: tuple[Answer, ...] = (reset, hang, cut, junk, too_many, unavailable, nothing)


@dataclass
class FaultyServer:
    """Listens on 127.0.0.1 once started. `bad` is the share of calls that go wrong, or `answer` decides."""

    bad: float = 0.0
    seed: int = 0
    answer: Answer = ok
    port: int = 0
    received: list[Received] = field(default_factory=list)
    effects: Counter[str] = field(default_factory=Counter)
    misbehaved: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        if not self.port:
            # Reserved and not yet listening: until `start`, connections are refused.
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> FaultyServer:
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self) -> None:
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        with self._lock:
            waiting = list(self._open)
        for connection in waiting:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> FaultyServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _accept(self) -> None:
        assert self._listener is not None
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
        try:
            with connection, connection.makefile("rb") as stream:
                while (received := _read(stream)) is not None and self._handle(connection, received):
                    pass
        except ResetError:
            pass
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(connection)

    def _handle(self, connection: socket.socket, received: Received) -> bool:
        with self._lock:
            self.received.append(received)
            answer = self._random.choice(MISBEHAVIOURS) if self._random.random() < self.bad else self.answer
            # Half of what goes wrong does so after the work was done.
            if answer is self.answer or self._random.random() < 0.5:
                self.effects[received.key] = 1
            if answer is not self.answer:
                self.misbehaved[answer.__name__] += 1
        try:
            return answer(connection, received)
        except ResetError:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            raise


def _read(stream: object) -> Received | None:
    readline = stream.readline  # type: ignore[attr-defined]
    first = readline().decode("latin-1").split()
    if len(first) < 2:
        return None
    headers, names = {}, []
    while line := readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
        names.append(name)
    body = stream.read(int(headers.get("content-length", 0)))  # type: ignore[attr-defined]
    return Received(first[0], first[1], headers, body, tuple(names))

"""The HTTP forwarder and TLS: whom it trusts, and what it says of what goes wrong there."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from certificates import AUTHORITY, EXPIRED, GOOD, KEY, OTHER_HOST, written
from vendor import ENVIRONMENT, TOKEN

from rulewright.errors import ConfigurationError
from rulewright.ports import Reply, Sending
from rulewright_adapters.http import open_forwarder

Talk = Callable[[socket.socket], None]
_CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextmanager
def _server(talk: Talk) -> Iterator[str]:
    """A server that talks to each connection as it is told, and its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), connection:
                talk(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"https://localhost:{listener.getsockname()[1]}"
    finally:
        # Closing alone would not wake whoever waits for a connection.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _over_tls(folder: Path, certificate: str, received: list[bytes], answer: bytes = _CREATED) -> Talk:
    """Take one request, and answer it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(written(folder, "own", certificate), written(folder, "key", KEY))

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as stream:
            received.append(_whole_request(stream))
            stream.sendall(answer)

    return talk


def _whole_request(stream: ssl.SSLSocket) -> bytes:
    """A request with its body, which may come later: who hangs up with it unread has the sender try again."""
    request = stream.recv(65536)
    while request and not request.endswith(b"\r\n\r\n1"):
        more = stream.recv(65536)
        if not more:
            break
        request += more
    return request


def _send(url: str) -> Reply:
    tables = {"vendor": {"url": url, "auth": "bearer", "token_env": "TOKEN", "timeout": 0.5}}
    forwarder = open_forwarder(tables, ENVIRONMENT)
    try:
        return forwarder.send(Sending(("vendor",), "POST", "/", {}, 1, "key"))
    finally:
        forwarder.close()


@pytest.fixture
def _trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(written(tmp_path, "authority", AUTHORITY)))


@pytest.mark.usefixtures("_trusting")
def test_whom_a_trusted_authority_vouches_for_is_sent_to(tmp_path: Path) -> None:
    """SSL_CERT_FILE names the authorities."""
    received: list[bytes] = []
    with _server(_over_tls(tmp_path, GOOD, received)) as url:
        reply = _send(url)

    assert reply.status == 201
    assert TOKEN.encode() in received[0]


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """Nothing is sent, the token least of all, and what to do is said."""
    received: list[bytes] = []
    with _server(_over_tls(tmp_path, GOOD, received)) as url:
        reply = _send(url)

    assert (reply.status, reply.may_succeed_later, received) == (None, True, [])
    assert str(reply.error).startswith("the receiver's certificate is not trusted: ")
    assert "SSL_CERT_FILE names a file of the authorities to trust" in str(reply.error)


@pytest.mark.parametrize(
    ("certificate", "why"),
    [(EXPIRED, "certificate has expired"), (OTHER_HOST, "certificate is not valid for 'localhost'")],
)
@pytest.mark.usefixtures("_trusting")
def test_a_certificate_that_is_not_the_receiver_s_any_more_is_refused(
    certificate: str, why: str, tmp_path: Path
) -> None:
    """Whoever vouches for it; more authorities would not help."""
    received: list[bytes] = []
    with _server(_over_tls(tmp_path, certificate, received)) as url:
        reply = _send(url)

    assert (reply.status, reply.may_succeed_later, received) == (None, True, [])
    assert "the receiver's certificate is not trusted: " in str(reply.error)
    assert why in str(reply.error)
    assert "SSL_CERT_FILE" not in str(reply.error)


def _plainly(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def _hanging_up(connection: socket.socket) -> None:
    connection.recv(65536)


def _resetting(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _slowly(connection: socket.socket) -> None:
    connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
    for _ in range(10):
        time.sleep(0.1)
        connection.sendall(b"\x03")


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (
            _plainly,
            "the receiver does not speak TLS there: is it https, and this port? (WRONG_VERSION_NUMBER)",
        ),
        (_hanging_up, "the receiver hung up in the middle of TLS (UNEXPECTED_EOF_WHILE_READING)"),
        (_resetting, "ConnectError: [Errno 104] Connection reset by peer"),
        (_slowly, "ConnectTimeout: TLS was not agreed on in time"),
    ],
)
def test_what_goes_wrong_while_tls_is_agreed_on_is_told_in_words(talk: Talk, said: str) -> None:
    """It may be gone in a while, so it is tried again."""
    with _server(talk) as url:
        reply = _send(url)

    assert (reply.status, reply.error, reply.may_succeed_later) == (None, said, True)


@pytest.mark.usefixtures("_trusting")
def test_an_answer_over_tls_that_is_cut_off_is_none(tmp_path: Path) -> None:
    """The receiver may have acted: the message is sent again, with the same key."""
    received: list[bytes] = []
    answer = b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{}"
    with _server(_over_tls(tmp_path, GOOD, received, answer)) as url:
        reply = _send(url)

    assert (reply.is_delivered, reply.may_succeed_later) == (False, True)
    assert len(received) > 1
    assert {b"Idempotency-Key: key" in one for one in received} == {True}


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_authorities_that_can_t_be_read_are_named(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`the results: Is a directory` was said, as if of stdout."""
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))

    with pytest.raises(ConfigurationError, match=f"TLS can't be set up: .*SSL_CERT_FILE={file}"):
        open_forwarder({"vendor": {"url": "https://api.example.com"}}, os.environ)

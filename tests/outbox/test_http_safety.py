"""The HTTP forwarder: where messages may go, and that no secret comes out."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from faulty_server import Answer, FaultyServer, ok
from vendor import ENVIRONMENT, TOKEN, Forward, answering, saying

from rulewright.errors import ConfigurationError
from rulewright.ports import Sending
from rulewright_adapters.http import HttpForwarder, open_forwarder
from rulewright_adapters.http_targets import read_targets

# Sends one message, in a process with an environment of its own.
_SENDER = """
import sys
from rulewright.ports import Sending
from rulewright_adapters.http import open_forwarder
forwarder = open_forwarder({"vendor": {"url": sys.argv[1]}})
print(forwarder.send(Sending(("vendor",), "POST", "/", {}, 1, "key")).status)
"""
# Made for these tests only: of localhost, signed by nobody, until 2126.
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUIBLX1sKHVHQD0HD0y1zJGArE8qAwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjAyMTExNloYDzIxMjYxMDI5
MDIxMTE2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATf0KiySbD96s5J3yJ82JSt6xa0PKvA0qc4GKaf5aE5fM8Yj2Z1zrH+
pJT71AFiRJSKYPd6Iq769koL2ULGoLTqo28wbTAdBgNVHQ4EFgQUbGMsGzdKdYd7
kUdhQtTvt2nurwkwHwYDVR0jBBgwFoAUbGMsGzdKdYd7kUdhQtTvt2nurwkwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgbUXJt5CrbOjUUjH6NZE/WBpBcLjUjYpnGooqO+IVzasCIAGb
0/jJ6ycfyIh5BM3Wa0ckZeNn5gx1CV8mMtj01TSd
-----END CERTIFICATE-----
"""
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5dvR40JaQ/TK42i9
J4km/tLIIOg0cBJ/UhSug/ygq8ShRANCAATf0KiySbD96s5J3yJ82JSt6xa0PKvA
0qc4GKaf5aE5fM8Yj2Z1zrH+pJT71AFiRJSKYPd6Iq769koL2ULGoLTq
-----END PRIVATE KEY-----
"""

# Where messages may go


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/orders",
        "http://127.0.0.1:1/orders",
        "http://localhost/orders",
        "http://user@127.0.0.1/orders",
        "file:///etc/passwd",
        "https://api.example.com.evil.example/",
        "https://api.example.com@evil.example/",
        "https://api.example.com\\@evil.example/",
        "https://api.example.com:444/",
    ],
)
def test_only_configured_hosts_are_sent_to(url: str, server: FaultyServer) -> None:
    """Whatever a rule file says."""
    tables = {"vendor": {"url": server.url, "hosts": ["api.example.com"]}}
    forwarder = open_forwarder(tables, ENVIRONMENT)

    with pytest.raises(ConfigurationError, match="vendor"):
        forwarder.send(Sending(("vendor",), "POST", url, {}, None, "k"))
    forwarder.close()
    assert server.received == []


@pytest.mark.parametrize("host", ["api.example.com", "https://api.example.com", "https://api.example.com/v1"])
def test_a_host_may_be_written_as_the_message_names_it(host: str) -> None:
    """Its scheme was taken for a host, and what it was written for still refused."""
    (target,) = read_targets({"vendor": {"url": "https://a.b", "hosts": [host]}}).values()

    assert ("https", "api.example.com", 443) in target.origins


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_to_other_hosts_are_refused(status: int, forward: Forward, server: FaultyServer) -> None:
    """The token stays where it belongs."""
    with FaultyServer() as other:
        server.answer = saying(status, None, Location=f"{other.url}/steal")

        answer = forward()

        assert (answer.status, other.received) == (status, [])


def test_redirects_within_the_host_are_followed(forward: Forward, server: FaultyServer) -> None:
    """With method and body (307, 308)."""
    server.answer = answering(saying(308, None, Location="/elsewhere"), ok)

    assert forward().status == 201
    assert [(one.path, one.body) for one in server.received][1] == ("/elsewhere", b'{"item": "tea"}')


def test_redirects_end(forward: Forward, server: FaultyServer) -> None:
    """A circle is an error."""
    server.answer = saying(307, None, Location="/orders")

    assert "redirected" in str(forward().error)


def test_plain_http_is_for_this_machine_only() -> None:
    """Anybody on the way could read the token."""
    with pytest.raises(ConfigurationError, match="https"):
        read_targets({"vendor": {"url": "http://api.example.com"}})


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """Nothing is sent, the token least of all; with the authority's certificate in hand it is."""
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    for file, text in zip(files, (CERTIFICATE, KEY), strict=True):
        file.write_text(text)
    with _tls_server(*files) as (url, received):
        forwarder = open_forwarder(
            {"vendor": {"url": url, "auth": "bearer", "token_env": "TOKEN"}}, ENVIRONMENT
        )
        reply = forwarder.send(Sending(("vendor",), "POST", "/", {}, 1, "key"))
        forwarder.close()
        trusting = subprocess.run(
            [sys.executable, "-c", _SENDER, url],
            env={**os.environ, "SSL_CERT_FILE": str(files[0])},
            capture_output=True,
            text=True,
            check=False,
        )

    assert reply.status is None
    assert reply.error is not None
    assert "CERTIFICATE_VERIFY_FAILED" in reply.error
    assert trusting.stdout == "201\n", trusting.stderr
    # The one who trusts it, and nobody else.
    assert len(received) == 1


def _whole_request(stream: ssl.SSLSocket) -> bytes:
    """A request with its body, which may come later: who hangs up with it unread has the sender try again."""
    request = stream.recv(65536)
    while request and not request.endswith(b"\r\n\r\n1"):
        more = stream.recv(65536)
        if not more:
            break
        request += more
    return request


@contextmanager
def _tls_server(certificate: Path, key: Path) -> Iterator[tuple[str, list[bytes]]]:
    """A server with a certificate of its own, and what it was sent."""
    received: list[bytes] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as stream:
                received.append(_whole_request(stream))
                stream.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"https://localhost:{listener.getsockname()[1]}", received
    finally:
        # Closing alone would not wake whoever waits for a connection.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def test_cookies_are_not_kept(server: FaultyServer) -> None:
    """A receiver's cookie is no part of the next message."""
    server.answer = saying(200, None, Set_Cookie="session=1")
    forwarder = open_forwarder({"vendor": {"url": server.url}}, ENVIRONMENT)
    for key in ("1", "2"):
        forwarder.send(Sending(("vendor",), "POST", "/x", {}, None, key))
    forwarder.close()

    assert "cookie" not in server.received[1].headers


# Secrets


@pytest.mark.parametrize(
    "answer",
    [
        saying(400, {"detail": f"bad token {TOKEN}"}),
        saying(400, [TOKEN], X_Request_Id=TOKEN),
        saying(200, {"authorization": f"Bearer {TOKEN}"}),
        saying(200, None, X_Echo="other-secret"),
    ],
)
def test_a_secret_that_is_echoed_is_masked(answer: Answer, forward: Forward, server: FaultyServer) -> None:
    """What is kept of an answer never holds it."""
    server.answer = answer

    told = forward(headers={"X-Key": "$OTHER"})

    text = f"{told.body} {told.headers} {told.error} {told!r}"
    assert TOKEN not in text
    assert "other-secret" not in text


def test_no_repr_holds_a_secret(server: FaultyServer) -> None:
    """Reprs end up in logs."""
    targets = read_targets({"vendor": {"url": server.url, "auth": "key", "token_env": "TOKEN"}})
    forwarder = HttpForwarder(targets, ENVIRONMENT)
    call = forwarder._call(targets["vendor"], Sending(("vendor",), "POST", "/x", {}, {"ssn": "1"}, "k"))
    forwarder.close()

    assert TOKEN not in f"{forwarder!r} {targets!r} {call!r}"


@pytest.mark.parametrize("value", ["", "  ", "line\nbreak", "tök€n"])
def test_a_token_that_can_t_be_used_is_not_shown(value: str, server: FaultyServer) -> None:
    """Only the variable is named."""
    tables = {"vendor": {"url": server.url, "auth": "key", "token_env": "TOKEN"}}
    forwarder = open_forwarder(tables, {"TOKEN": value})

    with pytest.raises(ConfigurationError, match="TOKEN") as error:
        forwarder.send(Sending(("vendor",), "POST", "/x", {}, None, "k"))
    forwarder.close()
    assert value.strip() == "" or value not in str(error.value)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "url"),
        ({"url": "api.example.com"}, "url"),
        ({"url": "https://a.b", "auth": "basic"}, "auth"),
        ({"url": "https://a.b", "auth": "bearer"}, "token_env"),
        ({"url": "https://a.b", "auth": "bearer", "token_env": ""}, "token_env"),
        ({"url": "https://a.b", "auth": "plannr", "token_env": "T"}, "account_env"),
        ({"url": "https://a.b", "rate": "many"}, "rate"),
        ({"url": "https://a.b", "timeout": 0}, "timeout"),
        ({"url": "https://a.b", "token": "oops"}, "there is no token"),
        ({"url": "https://a.b", "headers": {"X": 1}}, "headers"),
        ({"url": "https://a.b", "hosts": "c.d"}, "hosts"),
        ({"url": "https://a.b", "hosts": ["http://c.d"]}, "https"),
        ({"url": "https://a.b", "hosts": ["*.b"]}, "each host by its own name"),
    ],
)
def test_wrong_configuration_is_told(table: dict[str, object], said: str) -> None:
    """By its key, never with its value."""
    with pytest.raises(ConfigurationError, match=said) as error:
        read_targets({"vendor": table})
    assert "oops" not in str(error.value)


def test_an_unknown_target_is_told() -> None:
    """With those that are there."""
    forwarder = open_forwarder({"vendor": {"url": "https://a.b"}}, {})

    with pytest.raises(ConfigurationError, match="vendor"):
        forwarder.send(Sending(("shop/mail", "mail"), "POST", "/x", {}, None, "k"))
    forwarder.close()

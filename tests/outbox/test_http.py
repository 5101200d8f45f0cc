"""The HTTP forwarder: who we say we are, where messages may go, how fast, and what becomes of bad answers."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from faulty_server import (
    Answer,
    FaultyServer,
    Received,
    cut,
    hang,
    junk,
    nothing,
    ok,
    reply,
    reset,
)

from rulewright.errors import ConfigurationError
from rulewright.ports import Reply, Sending
from rulewright_adapters.http import HttpForwarder, open_forwarder
from rulewright_adapters.http_bucket import Bucket
from rulewright_adapters.http_targets import read_targets

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


def test_a_message_arrives_as_json(forward: Forward, server: FaultyServer) -> None:
    """With its key, below the target's address."""
    answer = forward()

    (received,) = server.received
    assert (answer.status, answer.body) == (201, {"id": 1})
    assert (received.method, received.path, json.loads(received.body)) == ("POST", "/orders", {"item": "tea"})
    assert received.key == "key-1"


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ("rubixx", f"Bearer {TOKEN}"),
        ("goodstack", TOKEN),
        ("plannr", f"Bearer {TOKEN}"),
        ("ct_oi", f"Token {TOKEN}"),
        ("bearer", f"Bearer {TOKEN}"),
        ("token", f"Token {TOKEN}"),
        ("key", TOKEN),
    ],
)
def test_each_vendor_is_told_who_we_are(
    auth: str, header: str, forward: Forward, server: FaultyServer
) -> None:
    """In its own way (apis.md 1 to 4)."""
    forward(auth=auth, account_env="ACCOUNT")

    assert server.received[0].headers["authorization"] == header


def test_plannr_gets_its_four_headers(forward: Forward, server: FaultyServer) -> None:
    """apis.md 3a.10: all of them are mandatory."""
    forward(auth="plannr", account_env="ACCOUNT")

    sent = server.received[0].headers
    assert sent["x-plannr-account-uuid"] == "account-uuid"
    assert (sent["content-type"], sent["accept"]) == ("application/json", "application/json")


def test_plannr_takes_500_a_minute() -> None:
    """apis.md F21: one bucket for the target."""
    targets = read_targets(
        {"p": {"url": "https://api.plannrcrm.com", "auth": "plannr", "token_env": "T", "account_env": "A"}}
    )

    assert targets["p"].rate == 500


def test_headers_name_environment_variables(forward: Forward, server: FaultyServer) -> None:
    """$NAME is read when the message is sent."""
    forward(headers={"X-Key": "$OTHER", "X-Shop": "ours"})

    sent = server.received[0].headers
    assert (sent["x-key"], sent["x-shop"]) == ("other-secret", "ours")


@pytest.mark.parametrize(
    "answer",
    [reset, cut, junk, nothing, saying(503), saying(500), saying(408), saying(425), saying(429)],
)
def test_what_fails_for_a_moment_is_tried_again(
    answer: Answer, forward: Forward, server: FaultyServer
) -> None:
    """At once, with the same key."""
    server.answer = answering(answer, ok)

    assert forward(timeout=5).status == 201
    assert [one.key for one in server.received] == ["key-1", "key-1"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_is_not_tried_again(status: int, forward: Forward, server: FaultyServer) -> None:
    """It would be refused again."""
    server.answer = saying(status, {"detail": "No."})

    assert forward().status == status
    assert len(server.received) == 1


def test_what_fails_for_long_is_the_outbox_s(forward: Forward, server: FaultyServer) -> None:
    """After three tries the last answer comes back."""
    server.answer = saying(503, {"message": "Later."})

    assert forward(timeout=10).body == {"message": "Later."}
    assert len(server.received) == 3


def test_a_receiver_that_hangs_is_given_up(forward: Forward, server: FaultyServer) -> None:
    """After the target's timeout."""
    server.answer = hang
    start = time.monotonic()

    answer = forward(timeout=0.3)

    assert (answer.status, answer.error is not None) == (None, True)
    assert time.monotonic() - start < 2


def test_a_receiver_that_is_not_there_is_told_in_words(forward: Forward, server: FaultyServer) -> None:
    """No exception comes out."""
    server.stop()

    answer = forward()

    assert answer.status is None
    assert answer.error is not None
    assert "ConnectError" in answer.error


def test_an_answer_without_end_is_given_up(forward: Forward, server: FaultyServer) -> None:
    """It must not fill the memory."""

    def endless(connection: object, received: Received) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n")  # type: ignore[attr-defined]
        for _ in range(40):
            connection.sendall(b"x" * 100_000)  # type: ignore[attr-defined]
        return False

    server.answer = endless

    assert "larger" in str(forward().error)


def test_a_long_retry_after_is_left_to_the_outbox(forward: Forward, server: FaultyServer) -> None:
    """Nobody waits ten minutes in line."""
    server.answer = saying(429, None, Retry_After="600")

    answer = forward()

    assert (answer.status, answer.retry_after, len(server.received)) == (429, 600.0, 1)


def test_a_retry_after_may_be_a_date(forward: Forward, server: FaultyServer) -> None:
    """Compared with the receiver's own clock, which may be wrong."""
    server.answer = saying(
        503, None, Retry_After="Fri, 31 Dec 1999 23:59:59 GMT", Date="Fri, 31 Dec 1999 23:49:59 GMT"
    )

    assert forward().retry_after == 600.0


def test_a_target_that_asked_for_rest_is_not_sent_to(server: FaultyServer) -> None:
    """The next message is put off without being tried."""
    server.answer = saying(429, None, Retry_After="600")
    forwarder = open_forwarder({"vendor": {"url": server.url}}, ENVIRONMENT)
    first, second = (forwarder.send(Sending(("vendor",), "POST", "/x", {}, None, key)) for key in ("1", "2"))
    forwarder.close()

    assert (first.status, second.tried, len(server.received)) == (429, False, 1)
    assert second.retry_after is not None
    assert second.retry_after > 590


def test_a_bucket_spreads_messages_evenly() -> None:
    """500 a minute are at most 500 a minute, after a burst of a second's worth."""
    now = [0.0]
    bucket = Bucket(500, clock=lambda: now[0])
    sent = []
    for _ in range(1000):
        now[0] += bucket.take(60.0)
        sent.append(now[0])

    for start in range(1000 - 509):
        assert sent[start + 509] - sent[start] >= 59.9


def test_a_bucket_without_patience_takes_nothing() -> None:
    """Who does not wait does not use up a token."""
    bucket = Bucket(60, clock=lambda: 0.0)

    assert [bucket.take(0.5) for _ in range(3)] == [0.0, 1.0, 1.0]


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
        ({"url": "https://a.b", "auth": "plannr", "token_env": "T"}, "account_env"),
        ({"url": "https://a.b", "rate": "many"}, "rate"),
        ({"url": "https://a.b", "timeout": 0}, "timeout"),
        ({"url": "https://a.b", "token": "oops"}, "there is no token"),
        ({"url": "https://a.b", "headers": {"X": 1}}, "headers"),
        ({"url": "https://a.b", "hosts": "c.d"}, "hosts"),
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

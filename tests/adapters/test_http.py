"""The HTTP forwarder: who we say we are, how fast, and what becomes of bad answers."""

from __future__ import annotations

import json
import socket
import time

import pytest
from faulty_server import Answer, FaultyServer, Received, cut, hang, junk, nothing, ok, reset
from vendor import ENVIRONMENT, TOKEN, Forward, answering, saying

from rulewright.ports import Sending
from rulewright_adapters.http import open_forwarder
from rulewright_adapters.http_targets import read_targets


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


@pytest.mark.parametrize("begun", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"])
def test_an_answer_that_drips_is_given_up(server: FaultyServer, forward: Forward, begun: bytes) -> None:
    """A byte now and then, of the headers or the body, is no answer: it would hold the deliverer for ever."""

    def drip(connection: socket.socket, received: Received) -> bool:
        connection.sendall(begun)
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            connection.sendall(b"x")
            time.sleep(0.05)
        return False

    server.answer = drip
    start = time.monotonic()

    answer = forward(timeout=0.3)

    assert (answer.status, "in time" in str(answer.error) or "timed out" in str(answer.error)) == (None, True)
    assert time.monotonic() - start < 2.5


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


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("Sunday, 31-Dec-99 23:59:59 GMT", 600),
        ("Fri Dec 31 23:59:59 1999", 600),
        ("Fri, 31 Dec 1999 18:59:59 -0500", 600),
        ("Fri, 31 Dec 1999 23:00:00 GMT", 0),
        ("999999999", 86400),
        ("9" * 400, 86400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
        ("-5", None),
        ("1e9", None),
        ("nan", None),
        ("soon", None),
        ("120, 60", None),
    ],
)
def test_whatever_retry_after_says_is_a_day_at_most(
    asked: str, seconds: float | None, forward: Forward, server: FaultyServer
) -> None:
    """In each form that RFC 9110 has; what is none is as good as not there."""
    server.answer = saying(503, None, Retry_After=asked, Date="Fri, 31 Dec 1999 23:49:59 GMT")

    assert forward().retry_after == seconds


def test_a_date_that_is_none_does_not_hide_retry_after(forward: Forward, server: FaultyServer) -> None:
    """The own clock serves."""
    server.answer = saying(503, None, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT", Date="today")

    assert forward().retry_after == 86400


def test_a_target_that_asked_for_rest_is_not_sent_to(server: FaultyServer) -> None:
    """The next message is put off without being tried."""
    server.answer = saying(429, None, Retry_After="600")
    forwarder = open_forwarder({"vendor": {"url": server.url}}, ENVIRONMENT)
    first, second = (forwarder.send(Sending(("vendor",), "POST", "/x", {}, None, key)) for key in ("1", "2"))
    forwarder.close()

    assert (first.status, second.tried, len(server.received)) == (429, False, 1)
    assert second.retry_after is not None
    assert second.retry_after > 590

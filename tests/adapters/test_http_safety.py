"""The HTTP forwarder: where messages may go, and that no secret comes out."""

from __future__ import annotations

import pytest
from faulty_server import Answer, FaultyServer, ok
from vendor import ENVIRONMENT, TOKEN, Forward, answering, saying

from rulewright.errors import ConfigurationError
from rulewright.ports import Sending
from rulewright_adapters.http import HttpForwarder, open_forwarder
from rulewright_adapters.http_targets import read_targets

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

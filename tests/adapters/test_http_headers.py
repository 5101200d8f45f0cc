"""The headers of a message: whose word counts, what can't be sent, and what an answer may repeat of them."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable

import pytest
from faulty_server import Answer, FaultyServer, Received, reply
from vendor import Forward, saying

from rulewright.errors import ConfigurationError
from rulewright.ports import Sending
from rulewright_adapters.http import open_forwarder
from rulewright_adapters.http_targets import read_targets

# Base64 has all that JSON and URLs may write otherwise.
TOKEN = "very/secret+token=="


def _echoing(spelt: str) -> Answer:
    """Answer 400 with a text of JSON."""

    def answer(connection: object, received: Received) -> bool:
        connection.sendall(reply(400, None, raw=spelt.encode()))  # type: ignore[attr-defined]
        return True

    return answer


@pytest.mark.parametrize(
    "echo",
    [
        json.dumps({"got": TOKEN}).replace("/", "\\/"),
        json.dumps({"deep": [{TOKEN: "x"}]}),
        '{"got": "' + "".join(f"\\u{ord(one):04x}" for one in TOKEN) + '"}',
        '{"cut": "' + TOKEN.replace("/", "\\/"),
        '{"url": "/me?token=very%2Fsecret%2Btoken%3D%3D"}',
        '{"url": "/me?token=very%2fsecret%2btoken%3d%3d"}',
        '{"page": "<p>very&#x2F;secret+token==</p>"}',
        '{"text": "{\\"got\\": \\"very/secret\\\\u002Btoken==\\"}"}',
    ],
)
def test_a_secret_is_masked_however_it_is_escaped(echo: str, server: FaultyServer) -> None:
    """PHP writes / as \\/ in JSON: decoded again, the token stood in the dead letter."""
    server.answer = _echoing(echo)
    tables = {"vendor": {"url": server.url, "auth": "bearer", "token_env": "TOKEN"}}
    forwarder = open_forwarder(tables, {"TOKEN": TOKEN})

    told = forwarder.send(Sending(("vendor",), "POST", "/x", {}, None, "k"))
    forwarder.close()

    assert "***" in str(told.body)
    assert "secret" not in f"{told.body}"


@pytest.mark.parametrize("before", ["", "B", "Be", "Bearer "])
@pytest.mark.parametrize(
    "written",
    [
        lambda text: b64encode(text).decode(),
        lambda text: urlsafe_b64encode(text).decode(),
        lambda text: b64encode(text).decode().replace("+", "%2B").replace("/", "%2F"),
        bytes.hex,
    ],
)
def test_a_secret_is_masked_in_base64_and_in_hex(
    before: str, written: Callable[[bytes], str], server: FaultyServer
) -> None:
    """Wherever it stands in what was encoded: a gateway may tell of all that it was sent."""
    echo = written(f"{before}{TOKEN}, and more".encode())
    server.answer = _echoing(json.dumps({"sent": echo}))
    tables = {"vendor": {"url": server.url, "auth": "bearer", "token_env": "TOKEN"}}
    forwarder = open_forwarder(tables, {"TOKEN": TOKEN})

    told = forwarder.send(Sending(("vendor",), "POST", "/x", {}, None, "k"))
    forwarder.close()

    # What is left of the secret is less than a letter at each end.
    assert len(str(told.body)) < len(str({"sent": echo})) - len(TOKEN)
    assert "***" in str(told.body)


def test_a_secret_is_masked_before_an_error_is_cut(forward: Forward, server: FaultyServer) -> None:
    """Of one that was cut in two the first half stood in the list of messages."""

    def answer(connection: object, received: Received) -> bool:
        line = b"x" * 436 + b"very-secret-token"
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + line + b"\r\n\r\n")  # type: ignore[attr-defined]
        return False

    server.answer = answer

    assert "very-s" not in str(forward().error)


def test_headers_differ_by_more_than_case(forward: Forward, server: FaultyServer) -> None:
    """One of a name is sent: the message's own kind of content counts, and who calls is not overruled."""
    forward(headers={"content-type": "application/vnd.api+json", "authorization": "nobody"})

    sent = server.received[0].headers
    assert sent["content-type"] == "application/vnd.api+json"
    assert sent["authorization"] == "Bearer very-secret-token"
    assert [name.lower() for name in server.received[0].names].count("content-type") == 1


@pytest.mark.parametrize(
    "headers",
    [{"X Shop": "ours"}, {"X-Shop": "Zürich"}, {"X-Shop": "a\r\nX-Evil: b"}, {"idempotency-key": "a"}],
)
def test_headers_that_can_t_be_sent_are_a_refusal(
    headers: dict[str, str], forward: Forward, server: FaultyServer
) -> None:
    """No later try would make them better: such a message was tried in vain for a day and a half."""
    told = forward(headers=headers)

    assert (told.status, server.received) == (400, [])
    assert "can't be sent" in str(told.error)


@pytest.mark.parametrize("headers", [{"X Shop": "ours"}, {"X-Shop": "Zürich"}, {"Idempotency-Key": "a"}])
def test_headers_of_the_configuration_are_judged_when_it_is_read(headers: dict[str, str]) -> None:
    """Like all that is wrong there."""
    with pytest.raises(ConfigurationError, match=r"\[targets.vendor\]: headers"):
        read_targets({"vendor": {"url": "https://a.b", "headers": headers}})


@pytest.mark.parametrize("depth", [90, 300, 900, 5000])
def test_an_answer_that_is_nested_beyond_reason_is_a_text(
    depth: int, forward: Forward, server: FaultyServer
) -> None:
    """What settles a message goes down into it: the deliverer ended with an internal error, each time."""
    server.answer = _echoing("[" * depth + "]" * depth)

    assert isinstance(forward().body, list if depth < 100 else str)


def test_a_redirect_to_no_address_is_a_refusal(forward: Forward, server: FaultyServer) -> None:
    """It was tried again for a day and a half."""
    server.answer = saying(307, None, Location="http://[::1")

    told = forward()

    assert (told.status, "not followed" in str(told.error)) == (307, True)

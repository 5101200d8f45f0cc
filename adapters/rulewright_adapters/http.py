"""Sends messages over HTTP: only to configured hosts, over verified TLS, no faster than allowed.

What fails for seconds is tried again here; what fails for longer goes back to the outbox. No secret
leaves this module but in a request's headers: not in errors, replies or reprs. Needs the extra `[http]`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Final
from urllib.parse import urljoin

from rulewright.errors import AdapterError, ConfigurationError
from rulewright.ports import IDEMPOTENCY_KEY, Reply, Sending, Store
from rulewright_adapters.http_deadline import DeadlineTransport
from rulewright_adapters.http_driver import httpx2, stamina
from rulewright_adapters.http_failures import said_of
from rulewright_adapters.http_headers import flaw_of, joined
from rulewright_adapters.http_pace import LONGEST_REST, OwnPace, Pace, SharedPace
from rulewright_adapters.http_secrets import masked, masked_text
from rulewright_adapters.http_targets import Target, read_targets
from rulewright_adapters.http_trust import trusting_context

_TRIES: Final = 3
# A wait of up to so many seconds is waited here; a longer one is the outbox's.
_PATIENCE: Final = 5.0
# What no honest answer exceeds, in bytes.
_LARGEST: Final = 1_000_000
# An error may quote what was answered; so much of it is told, in characters.
_LONGEST_ERROR: Final = 500
_REDIRECTS: Final = 3
# Method and body stay the same; after 301 to 303 clients differ, so those are refused.
_FOLLOWED: Final = frozenset({307, 308})


def open_forwarder(
    tables: Mapping[str, Mapping[str, object]],
    environment: Mapping[str, str] = os.environ,
    store: Store | None = None,
) -> HttpForwarder:
    """Make a forwarder of the tables [targets.NAME] of a configuration. Raises ConfigurationError.

    All who give the same `store` keep a target's rate together; without one, each process keeps its own.
    """
    return HttpForwarder(read_targets(tables), environment, OwnPace() if store is None else SharedPace(store))


class _AgainError(Exception):
    """Worth another try in a moment."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


class _TooLargeError(Exception):
    """An answer was too large."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One request as it goes out; its headers hold secrets."""

    target: Target
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(repr=False)
    secrets: frozenset[str] = field(repr=False)


class HttpForwarder:
    """Sends to the targets it was given; safe to share between threads."""

    def __init__(
        self,
        targets: Mapping[str, Target],
        environment: Mapping[str, str] = os.environ,
        pace: Pace | None = None,
    ) -> None:
        self._targets = dict(targets)
        self._environment = environment
        self._pace = pace or OwnPace()
        self._transport = DeadlineTransport(trusting_context())
        self._client = httpx2.Client(transport=self._transport, follow_redirects=False)
        # A receiver's cookie must not turn the next message into somebody's session.
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def close(self) -> None:
        """Release connections."""
        self._client.close()

    def send(self, sending: Sending) -> Reply:
        """Send one message, up to three times. Raises ConfigurationError."""
        target = self._target(sending.names)
        for name, value in sending.headers.items():
            if flaw := flaw_of(name, value):
                # No later try would make it any better.
                return Reply(400, error=f"the message can't be sent: {flaw}")
        call = self._call(target, sending)
        reply = Reply(None)
        retries = stamina.retry_context(
            on=_pause, attempts=_TRIES, timeout=target.timeout, wait_initial=0.2, wait_max=2.0
        )
        try:
            for attempt in retries:
                with attempt:
                    wait = self._pace.take(target.name, target.rate, _PATIENCE)
                    if wait > _PATIENCE:
                        return _resting(reply, wait)
                    time.sleep(wait)
                    reply = self._try(call)
                    self._heed(target, reply)
                    if reply.may_succeed_later:
                        raise _AgainError(reply)
        except _AgainError as error:
            reply = error.reply
        except AdapterError as error:
            # Whether it may be sent now could not be found out.
            return _resting(reply, 1.0, str(error))
        return reply

    def _heed(self, target: Target, reply: Reply) -> None:
        """Let the target rest where it asks for that; what it answered counts, whatever the store does."""
        if reply.status == 429 or (reply.status == 503 and reply.retry_after):
            with suppress(AdapterError):
                self._pace.rest(target.name, reply.retry_after or 1.0)

    def _target(self, names: tuple[str, ...]) -> Target:
        for name in names:
            if name in self._targets:
                return self._targets[name]
        known = ", ".join(self._targets) or "none"
        raise ConfigurationError(f"no target {names[-1]} is configured: there is {known}")

    def _call(self, target: Target, sending: Sending) -> _Call:
        content = None
        headers = {"Accept": "application/json"}
        if sending.body is not None:
            content = json.dumps(sending.body).encode()
            headers["Content-Type"] = "application/json"
        named = joined(target.headers, sending.headers)
        written = target.resolved(named, self._environment)
        identity = target.identity(self._environment)
        secret = [value for name, value in written.items() if named[name].startswith("$")]
        # Whoever echoes the header may leave its first word out.
        secret += [part for value in identity.values() for part in (value, value.rpartition(" ")[2])]
        return _Call(
            target=target,
            method=sending.method,
            url=target.address(sending.url),
            headers=joined(headers, written, {IDEMPOTENCY_KEY: sending.idempotency_key}, identity),
            content=content,
            secrets=frozenset(secret),
        )

    def _try(self, call: _Call) -> Reply:
        """Send once, along redirects within the target. What goes wrong on the way is a reply, too."""
        try:
            with self._transport.ending(time.monotonic() + call.target.timeout):
                return self._follow(call)
        except _TooLargeError as error:
            return Reply(None, error=str(error))
        except (httpx2.TransportError, httpx2.StreamError, httpx2.DecodingError) as error:
            # Cut after masking: of a secret that was cut nobody knows the rest.
            return Reply(None, error=masked_text(call.secrets, said_of(error))[:_LONGEST_ERROR])
        except httpx2.InvalidURL:
            return Reply(400, error="the message's address is no URL")

    def _follow(self, call: _Call) -> Reply:
        url = call.url
        for _ in range(_REDIRECTS + 1):
            reply, location = self._once(call, url)
            if location is None:
                return reply
            url = _joined_url(url, location)
            if not call.target.allows(url):
                return Reply(reply.status, error="redirected to a host that is not configured; not followed")
        return Reply(reply.status, error=f"redirected more than {_REDIRECTS} times")

    def _once(self, call: _Call, url: str) -> tuple[Reply, str | None]:
        timeout = httpx2.Timeout(call.target.timeout, connect=min(10.0, call.target.timeout))
        with self._client.stream(
            call.method, url, headers=dict(call.headers), content=call.content, timeout=timeout
        ) as response:
            raw = _read(response)
        headers = {name.lower(): masked_text(call.secrets, value) for name, value in response.headers.items()}
        reply = Reply(
            status=response.status_code,
            body=_decoded(raw.decode("utf-8", "replace"), call.secrets),
            headers=headers,
            retry_after=_retry_after(headers),
        )
        location = headers.get("location") if response.status_code in _FOLLOWED else None
        return reply, location


def _joined_url(url: str, location: str) -> str:
    """Where a redirect leads; "" where that is no address."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _pause(error: Exception) -> bool | float:
    """Whether to try again here, and after which pause if the receiver named one."""
    if not isinstance(error, _AgainError):
        return False
    asked = error.reply.retry_after
    return True if asked is None else asked <= _PATIENCE and max(asked, 0.05)


def _resting(last: Reply, wait: float, why: str = "the target must not be sent to so fast") -> Reply:
    """What comes of a message that may not be sent now; if it was sent before, that counts."""
    if last.status is not None or last.error is not None:
        return last
    return Reply(None, error=why, retry_after=wait, tried=False)


def _read(response: httpx2.Response) -> bytes:
    """Read an answer; one that never ends is given up."""
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > _LARGEST:
            raise _TooLargeError(f"the answer is larger than {_LARGEST:,} bytes")
    return b"".join(parts)


def _decoded(text: str, secrets: frozenset[str]) -> object:
    """What an answer says, without secrets; its text where it is no JSON, or nested beyond reason."""
    try:
        return masked(secrets, json.loads(text)) if text else None
    except (ValueError, RecursionError):
        return masked_text(secrets, text)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, a day at most: a number, or a date compared with the receiver's own."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return min(float(text), LONGEST_REST)
    until = _moment(text)
    if until is None:
        return None
    now = _moment(headers.get("date", "")) or datetime.now(UTC)
    return min(max(0.0, (until - now).total_seconds()), LONGEST_REST)


def _moment(text: str) -> datetime | None:
    """A date of HTTP, in any of its three forms (RFC 9110, 5.6.7), of which one names no zone."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

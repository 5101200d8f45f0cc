"""Choose the forwarder of each target, by the scheme of its URL. Only the chosen adapters are imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Protocol

from rulewright.errors import ConfigurationError
from rulewright.ports import Forwarder, Reply, Sending, Store

Tables = Mapping[str, Mapping[str, object]]


class Opener(Protocol):
    """What a plug-in says of a scheme: `open` takes the tables [targets.NAME] of its targets."""

    @property
    def open(self) -> Callable[[Tables], Forwarder]:
        """Make a forwarder."""


def open_forwarder(
    tables: Tables, forwarders: Mapping[str, Opener] | None = None, *, store: Store | None = None
) -> Forwarder:
    """Make what sends to the configured targets; the caller closes it.

    Targets whose URL has a scheme of `forwarders` (a program's `registry.forwarders`) go to that plug-in, all
    others are sent by HTTP, at a rate that all who share `store` keep together. Raises ConfigurationError.
    """
    more = forwarders or {}
    by_scheme: dict[str, dict[str, Mapping[str, object]]] = {}
    for name, table in tables.items():
        scheme = str(table.get("url", "")).partition("://")[0]
        by_scheme.setdefault(scheme if scheme in more else "http", {})[name] = table
    with ExitStack() as opened:
        routes: dict[str, Forwarder] = {}
        for scheme, own in by_scheme.items():
            forwarder = more[scheme].open(own) if scheme in more else _open_http(own, store)
            opened.callback(forwarder.close)
            routes |= dict.fromkeys(own, forwarder)
        return Switchboard(routes, opened.pop_all())


def _open_http(tables: Tables, store: Store | None) -> Forwarder:
    from rulewright_adapters.http import open_forwarder as open_http  # noqa: PLC0415 - needs an extra

    return open_http(tables, store=store)


class Switchboard:
    """Hands each message to the forwarder of its target."""

    def __init__(self, routes: Mapping[str, Forwarder], opened: ExitStack) -> None:
        self._routes = routes
        self._opened = opened

    def send(self, sending: Sending) -> Reply:
        """Send one message. Raises ConfigurationError where its target is not configured."""
        for name in sending.names:
            if name in self._routes:
                return self._routes[name].send(sending)
        known = ", ".join(self._routes) or "none"
        raise ConfigurationError(f"no target {sending.names[-1]} is configured: there is {known}")

    def close(self) -> None:
        """Release what all of them hold."""
        self._opened.close()

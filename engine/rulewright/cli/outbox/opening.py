"""What all commands about messages open: the outbox, and what sends."""

from __future__ import annotations

from rulewright.cli.configured import configuration_here, configured_registry
from rulewright.cli.desk.stores import open_existing
from rulewright.errors import ConfigurationError
from rulewright.ports import Forwarder, Store


def open_outbox(url: str | None) -> Store:
    """Open the store that messages are in. Raises UsageError where there is none."""
    return open_existing(url, "where is the outbox")


def open_forwarder(store: Store) -> Forwarder:
    """What sends to the configured targets, at a rate that all who share `store` keep together.

    Raises ConfigurationError where no target is configured.
    """
    targets = configuration_here().targets
    if not targets:
        raise ConfigurationError(
            "no target is configured: say where messages may go, in [targets.NAME] of rulewright.toml"
        )
    from rulewright_adapters import forwarding  # noqa: PLC0415 - the engine needs no adapter

    return forwarding.open_forwarder(targets, configured_registry().forwarders, store=store)

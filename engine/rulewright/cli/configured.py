"""What is configured for the command that runs, and the plug-ins that it uses for that."""

from __future__ import annotations

import click

from rulewright.configuration import Configuration
from rulewright.plugins import Registry
from rulewright.plugins.loading import build_registry


def configuration_here() -> Configuration:
    """The configuration of the command that runs; an empty one outside of any."""
    context = click.get_current_context(silent=True)
    found = context.find_object(Configuration) if context is not None else None
    return found if found is not None else Configuration()


def configured_registry() -> Registry:
    """The words that rules may use here. Raises PluginError."""
    found = configuration_here()
    return build_registry(found.plugins, installed=found.installed)

"""`rulewright history RESOURCE KEY --store URL`"""

from __future__ import annotations

import click

from rulewright.cli.options import Choices, OutputChoices, listing_options, looking_options


@click.command("history")
@click.argument("resource")
@click.argument("record_key", metavar="KEY")
@looking_options
@listing_options
def command(resource: str, record_key: str, choices: Choices, output: OutputChoices) -> None:
    """Tell what was done to a record, oldest first: when, by whom, under which rules, before and after.

    Changes that other records' decisions made to it are among them. Sensitive values are masked. Nothing
    is known of what was done while `audit = false` stood in rulewright.toml, or by other means.
    """
    from rulewright.cli.history.telling import tell_history  # noqa: PLC0415 - lazy, for a fast --help

    tell_history(resource, record_key, choices, output)

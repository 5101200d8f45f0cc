"""`rulewright transitions RESOURCE KEY`"""

from __future__ import annotations

import click

from rulewright.cli.options import Choices, OutputChoices, listing_options, standing_options


@click.command("transitions")
@click.argument("resource")
@click.argument("record_key", metavar="KEY")
@standing_options
@listing_options
def command(resource: str, record_key: str, choices: Choices, output: OutputChoices) -> None:
    """List every event of a record: allowed, or the guard that fails and what it read.

    The record is that of --store (or --records). Fields that must be sent with an event are named.
    """
    from rulewright.cli.applying.moving import list_moves  # noqa: PLC0415 - lazy, for a fast --help

    list_moves(resource, record_key, choices, output)

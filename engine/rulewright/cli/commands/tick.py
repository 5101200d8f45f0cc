"""`rulewright tick --store URL`"""

from __future__ import annotations

import click

from rulewright.cli.options import Choices, OutputChoices, output_options, system_options


@click.command("tick")
@system_options
@output_options
def command(choices: Choices, output: OutputChoices) -> None:
    """Fire the events of records that were left in a state for too long.

    What is due is judged at --as-of (default: now). Run it as often as timeouts should be noticed, for
    example every hour; running it twice fires nothing twice.
    """
    from rulewright.cli.applying.moving import tick  # noqa: PLC0415 - lazy, for a fast --help

    tick(choices, output)

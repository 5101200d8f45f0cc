"""`rulewright fire RESOURCE KEY EVENT --store URL`"""

from __future__ import annotations

import click

from rulewright.cli.options import Choices, OutputChoices, output_options, storing_options


@click.command("fire", context_settings={"allow_extra_args": True})
@click.argument("resource")
@click.argument("record_key", metavar="KEY")
@click.argument("event")
@click.option("--payload", metavar="JSON|FILE", help="What the event brings along (default: {}).")
@storing_options
@output_options
@click.pass_context
def command(
    context: click.Context,
    resource: str,
    record_key: str,
    event: str,
    payload: str | None,
    choices: Choices,
    output: OutputChoices,
) -> None:
    """Fire an event on a stored record: move its status, with all that follows from that.

    A move that is not possible, or whose guard fails, is refused and changes nothing. `rulewright
    transitions RESOURCE KEY` lists what may happen.
    """
    if context.args:
        # Other commands take a file there.
        hint = f"what the event brings along is given by --payload {context.args[0]}"
        raise click.UsageError(f"unexpected argument {context.args[0]}; {hint}")
    from rulewright.cli.applying.moving import fire  # noqa: PLC0415 - lazy, for a fast --help

    fire(resource, record_key, event, payload, choices, output)

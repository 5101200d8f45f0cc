"""`rulewright forward RESOURCE FILE... --to NAME`"""

from __future__ import annotations

import click

from rulewright.cli.options import Choices, OutputChoices, deciding_options, output_options
from rulewright.cli.resource_name import ResourceName


@click.command("forward")
@click.argument("resource", type=ResourceName())
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--to", "target", metavar="NAME", required=True, help="A target of rulewright.toml or api.yaml."
)
@click.option(
    "--outbox",
    metavar="URL",
    envvar="RULEWRIGHT_OUTBOX",
    default="sqlite:///rulewright-outbox.db",
    show_default=True,
    help="Where messages are kept until they have arrived.",
)
@click.option("--again", is_flag=True, help="Send payloads that were forwarded before once more.")
@deciding_options
@output_options
def command(
    resource: str,
    files: tuple[str, ...],
    target: str,
    outbox: str,
    again: bool,
    choices: Choices,
    output: OutputChoices,
) -> None:
    """Pass payloads on to a remote API without storing records here.

    What the rules refuse is not sent. Rules that need records judge by --records or --store; without
    either, those rules are left to the receiver. A refusal of the receiver is shown at the field that it is
    about. What could not be delivered stays in the outbox: run the same command again, or `rulewright
    outbox deliver --store` with the URL of --outbox. A payload that has arrived is not sent twice, unless
    --again says so.
    """
    from rulewright.cli.outbox.passing import Passing, forward_files  # noqa: PLC0415 - lazy, for a fast --help

    forward_files(Passing(resource, target, outbox, again), files, choices, output)

"""`rulewright explain RESOURCE FILE...` and `rulewright explain CODE`"""

from __future__ import annotations

import click

from rulewright.cli.options import Choices, OutputChoices, deciding_options, output_options
from rulewright.cli.resource_name import ResourceName


@click.command("explain")
@click.argument("subject", metavar="RESOURCE|CODE", type=ResourceName())
@click.argument("files", nargs=-1, metavar="[FILE]...")
@deciding_options
@output_options
def command(subject: str, files: tuple[str, ...], choices: Choices, output: OutputChoices) -> None:
    """Say of every rule whether it held, failed or was skipped, and why; or what a code means.

    With a RESOURCE (like ct_oi/case) and FILEs of payloads, as for validate: a tree of all rules with the
    values that were read, where each value of the record came from and, for a payload that is not
    accepted, the smallest change that would be. With a CODE alone (like unknown-field or required): its page.
    """
    from rulewright.cli.deciding.explaining import explain_files, show_page  # noqa: PLC0415 - lazy, for a fast --help

    if files:
        explain_files(subject, files, choices, output)
    else:
        show_page(subject)

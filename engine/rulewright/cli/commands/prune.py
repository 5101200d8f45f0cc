"""`rulewright prune --older-than AGE --store URL`"""

from __future__ import annotations

from datetime import timedelta

import click

from rulewright.cli.ages import older_than_option
from rulewright.cli.options import OutputChoices, listing_options


@click.command("prune")
@click.option("--store", metavar="URL", envvar="RULEWRIGHT_STORE", help="Whose history: sqlite:///file.db")
@older_than_option
@listing_options
def command(store: str | None, older_than: timedelta, output: OutputChoices) -> None:
    """Remove old entries of the history: what `rulewright history` shows, not the records themselves.

    Idempotency keys that expired as long ago go with them; if the API has no `keep`, they never expire.
    The newest entry stays, whatever its age. Old messages are removed by `rulewright outbox prune`.
    """
    from rulewright.cli.history.pruning import prune_decisions  # noqa: PLC0415 - lazy, for a fast --help

    prune_decisions(store, older_than, output)

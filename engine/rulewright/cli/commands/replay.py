"""`rulewright replay --store URL`"""

from __future__ import annotations

import click

from rulewright.cli.options import OutputChoices, listing_options, rules_option


@click.command("replay")
@click.option("--store", metavar="URL", envvar="RULEWRIGHT_STORE", help="Whose history: sqlite:///file.db")
@click.option("--records", metavar="FILE", help="What was there before the history began (YAML or JSON).")
@rules_option
@listing_options
def command(store: str | None, records: str | None, rules: str | None, output: OutputChoices) -> None:
    """Make every decision of the history again, in memory, and say which came out otherwise.

    With the same rules each comes out the same: the payload, the caller, the time and what chance gave are
    kept with it, and the records are as those before it left them. Sensitive values are not kept, so what
    depends on them may differ; it is told as masked. What met records that no kept decision made, for
    example because the history was pruned, is told as missing records: give them by --records. Nothing is
    written.

    Exit status 1 if a decision came out otherwise.
    """
    from rulewright.cli.history.replays import replay_history  # noqa: PLC0415 - lazy, for a fast --help

    replay_history(store, records, rules, output)

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
    """Make every decision of the history again, in memory, and say which came out differently.

    With the same rules each must come out the same: the payload, the caller, the time and the random ids
    are kept with it, and the records are as the decisions before it left them. Sensitive values are not
    kept, so a decision that depends on them may differ; it is reported as masked. A decision that met
    records which no kept decision made, for example because the history was pruned, is reported as missing
    records: give them with --records. Nothing is written.

    Exit status 1 if a decision came out differently.
    """
    from rulewright.cli.history.replays import replay_history  # noqa: PLC0415 - lazy, for a fast --help

    replay_history(store, records, rules, output)

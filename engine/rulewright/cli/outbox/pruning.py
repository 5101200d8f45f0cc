"""`outbox prune`: messages that were settled long ago go."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta

import click

from rulewright.cli.ages import before
from rulewright.cli.options import OutputChoices
from rulewright.cli.outbox.opening import open_outbox
from rulewright.cli.output import is_json
from rulewright.cli.results import write
from rulewright.outbox import PRUNABLE, SETTLED, count_letters, now_of, prune


def prune_outbox(url: str | None, age: timedelta, dead: bool, output: OutputChoices) -> None:
    """Remove old messages and say how many."""
    states = PRUNABLE if dead else SETTLED
    with closing(open_outbox(url)) as store:
        pruned = prune(store, before(now_of(store), age), states)
        left = count_letters(store)
    told = ", ".join(f"{pruned[state]:,} {state}" for state in states) + " messages removed"
    write(f"{json.dumps({state: pruned[state] for state in states}) if is_json(output) else told}\n")
    click.echo(", ".join(f"{number:,} {state}" for state, number in left.items()), err=True)

"""`prune`: old entries of the history go, and idempotency keys that expired as long ago."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import click

from rulewright.cli.ages import before
from rulewright.cli.desk.stores import open_existing
from rulewright.cli.options import OutputChoices
from rulewright.cli.output import counted, is_json
from rulewright.cli.results import write
from rulewright.evaluation import prune_claims
from rulewright.history import DECISIONS, prune_history


def prune_decisions(url: str | None, age: timedelta, output: OutputChoices) -> None:
    """Remove old history, and idempotency keys that expired as long ago; say how much."""
    with closing(open_existing(url, "where is the history")) as store:
        end = before(datetime.now(UTC), age)
        pruned, expired = prune_history(store, end), prune_claims(store, end)
        left = store.count(DECISIONS.resource, {})
    told = f"{counted(pruned, 'decision')} removed from the history"
    told += f", and {counted(expired, 'expired idempotency key')}" if expired else ""
    counts = {"decisions": pruned, "idempotency_keys": expired}
    write(f"{json.dumps(counts) if is_json(output) else told}\n")
    are = "is" if left == 1 else "are"
    click.echo(f"{counted(left, 'change')} of records {are} left in it", err=True)

"""What `outbox prune` and `prune` do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta

import click

from rulewright.audit import DECISIONS, prune_history
from rulewright.cli.options import OutputChoices
from rulewright.cli.outbox.mailing import open_outbox
from rulewright.cli.output import chosen_format, counted
from rulewright.cli.results import write
from rulewright.evaluation import prune_claims
from rulewright.outbox import PRUNABLE, SETTLED, count_letters, now_of, prune
from rulewright.ports import Records


def prune_outbox(url: str | None, age: timedelta, dead: bool, output: OutputChoices) -> None:
    """Remove old messages and say how many."""
    states = PRUNABLE if dead else SETTLED
    with closing(open_outbox(url)) as store:
        pruned = prune(store, _before(now_of(store), age), states)
        left = count_letters(store)
    told = ", ".join(f"{pruned[state]:,} {state}" for state in states)
    _tell({state: pruned[state] for state in states}, f"{told} messages removed", output)
    click.echo(", ".join(f"{number:,} {state}" for state, number in left.items()), err=True)


def prune_decisions(url: str | None, age: timedelta, output: OutputChoices) -> None:
    """Remove old history, and idempotency keys that expired as long ago; say how much."""
    with closing(open_outbox(url)) as store:
        before = _before(datetime.now(UTC), age)
        pruned, expired = prune_history(store, before), prune_claims(store, before)
        left = _count(store)
    told = f"{counted(pruned, 'decision')} removed from the history"
    told += f", and {counted(expired, 'expired idempotency key')}" if expired else ""
    _tell({"decisions": pruned, "idempotency_keys": expired}, told, output)
    are = "is" if left == 1 else "are"
    click.echo(f"{counted(left, 'change')} of records {are} left in it", err=True)


def _before(now: datetime, age: timedelta) -> datetime:
    try:
        return now - age
    except OverflowError:
        raise click.UsageError("nothing can be as old as --older-than says") from None


def _count(records: Records) -> int:
    return records.count(DECISIONS.resource, {})


def _tell(pruned: Mapping[str, int], told: str, output: OutputChoices) -> None:
    write(f"{json.dumps(dict(pruned)) if chosen_format(output) in ('json', 'jsonl') else told}\n")

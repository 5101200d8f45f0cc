"""What `outbox prune` and `prune` do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta

import click

from rulewright.audit import DECISIONS, prune_history
from rulewright.cli.mailing import open_outbox
from rulewright.cli.options import OutputChoices
from rulewright.cli.output import chosen_format, write
from rulewright.outbox import PRUNABLE, SETTLED, count_letters, now_of, prune
from rulewright.ports import Records


def prune_outbox(url: str | None, age: timedelta, dead: bool, output: OutputChoices) -> None:
    """Remove old messages and say how many."""
    states = PRUNABLE if dead else SETTLED
    with closing(open_outbox(url)) as store:
        pruned = prune(store, _before(now_of(store), age), states)
        left = count_letters(store)
    _tell({state: pruned[state] for state in states}, "messages removed", output)
    click.echo(", ".join(f"{number:,} {state}" for state, number in left.items()), err=True)


def prune_decisions(url: str | None, age: timedelta, output: OutputChoices) -> None:
    """Remove old history and say how much."""
    with closing(open_outbox(url)) as store:
        pruned = prune_history(store, _before(datetime.now(UTC), age))
        left = _count(store)
    _tell({"decisions": pruned}, "removed from the history", output)
    click.echo(f"{left:,} changes of records are left in it", err=True)


def _before(now: datetime, age: timedelta) -> datetime:
    try:
        return now - age
    except OverflowError:
        raise click.UsageError("nothing can be as old as --older-than says") from None


def _count(records: Records) -> int:
    return records.count(DECISIONS.resource, {})


def _tell(pruned: Mapping[str, int], what: str, output: OutputChoices) -> None:
    if chosen_format(output) in ("json", "jsonl"):
        write(json.dumps(dict(pruned)) + "\n")
        return
    write(", ".join(f"{number:,} {name}" for name, number in pruned.items()) + f" {what}\n")

"""Deciding the payloads of several inputs, one after the other, without writing anything."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import click

from rulewright.cli.desk import Desk
from rulewright.cli.failures import FINDINGS
from rulewright.cli.options import OutputChoices, SplitChoices
from rulewright.cli.output import show
from rulewright.cli.payload_digest import payload_digest
from rulewright.cli.splitting import Decided, split_batch
from rulewright.inputs import Item, Payload, Source, read_items
from rulewright.ports import Records
from rulewright.report.entry import Entry, make_entry


def read_all_items(desk: Desk, sources: Sequence[Source]) -> Iterator[Item]:
    """The payloads of all inputs, in order; one is `alone` only if there is no other input."""
    for source in sources:
        for item in read_items(source, desk.fields):
            yield item if len(sources) == 1 else replace(item, alone=False)


def decide_all(
    desk: Desk, items: Iterable[Item], records: Records | None, *, fix: bool = False, first: int = 0
) -> Iterator[Decided]:
    """Judge each payload against the records as they are; `fix` adds what change would be accepted.

    `first` is the number of the first of them in the whole batch, from 0.
    """
    if fix:
        from rulewright.explanation import with_fixes  # noqa: PLC0415 - heavy, and seldom wanted
    for number, item in enumerate(items, start=first):
        outcome = desk.decide(item, number, records)
        if fix and isinstance(item, Payload) and desk.unreadable(item) is None:
            outcome = with_fixes(outcome, desk.program, desk.inputs(item.value, number), records)
        yield item, outcome


def entries_of(desk: Desk, decided: Iterable[Decided], *, digests: bool = False) -> Iterator[Entry]:
    """Decisions as reports take them; for a plan with what identifies each payload."""
    rules = desk.program.compiled
    for item, outcome in decided:
        digest = payload_digest(desk, item) if digests else None
        yield make_entry(outcome, item, rules, digest=digest)


def decide_and_show(
    desk: Desk,
    sources: Sequence[Source],
    records: Records | None,
    split: SplitChoices,
    output: OutputChoices,
    *,
    digests: bool = False,
    fix: bool = False,
) -> None:
    """Decide, report, and exit with 1 if any payload was not accepted."""
    decided = decide_all(desk, read_all_items(desk, sources), records, fix=fix)
    parted = split_batch(decided, split, sources)
    tally = show(entries_of(desk, parted, digests=digests), output)
    end_with(tally.refused)


def end_with(refused: int) -> None:
    """End the command: 0 if nothing was found, else 1."""
    sys.stdout.flush()
    click.get_current_context().exit(FINDINGS if refused else 0)

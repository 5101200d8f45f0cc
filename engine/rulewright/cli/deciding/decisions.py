"""Deciding the payloads of several inputs, one after the other, without writing anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rulewright.cli.deciding.payload_digest import planned_payload
from rulewright.cli.deciding.task import Task
from rulewright.cli.desk.desk import Decided, Desk
from rulewright.cli.desk.lookups import chosen_records
from rulewright.cli.options import OutputChoices
from rulewright.cli.output import Progress, chosen_format, show
from rulewright.cli.splitting.parted import split_batch
from rulewright.inputs import Item, Payload, Source
from rulewright.ports import KeyedRecords, Records
from rulewright.report.entry import Entry, changes_entry, make_entry, problems_entry
from rulewright.report.tally import Tally


def read_all_items(desk: Desk, sources: Sequence[Source]) -> Iterator[Item]:
    """The payloads of all inputs, in order; one is `alone` only if there is no other input."""
    for source in sources:
        yield from desk.read(source, is_only=len(sources) == 1)


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


def decide_in_groups(
    desk: Desk, items: Iterable[Item], records: Records | None, *, fix: bool = False, first: int = 0
) -> Iterator[Decided]:
    """As `decide_all`; where many records are found by one question, some payloads at a time.

    Records that others write meanwhile are as they were when the group was begun.
    """
    if not isinstance(records, KeyedRecords):
        yield from decide_all(desk, items, records, fix=fix, first=first)
        return
    from rulewright.cli.deciding.groups import forecast_of, foresee, grouped  # noqa: PLC0415 - for many
    from rulewright.cli.deciding.remembered import RememberedRecords  # noqa: PLC0415

    forecast, remembered = forecast_of(desk), RememberedRecords(records, desk.program.tables)
    for group in grouped(items):
        remembered.forget()
        foresee(desk, group, forecast, remembered)
        yield from decide_all(desk, group, remembered, fix=fix, first=first)
        first += len(group)


# Reports that tell of problems and of nothing else; `text` tells in `plan` of changes, too.
_PROBLEMS_ONLY: Final = ("text", "github", "sarif")
_CHANGES_ONLY: Final = "text"


def entries_of(
    desk: Desk, decided: Iterable[Decided], output: OutputChoices | None = None, *, plans: bool = False
) -> Iterator[Entry]:
    """Decisions as the chosen report takes them (without `output`, as any does).

    For a plan with what identifies each payload.
    """
    rules = desk.program.compiled
    if output is not None and chosen_format(output) == _CHANGES_ONLY:
        for item, outcome in decided:
            yield changes_entry(outcome, item, rules)
        return
    for item, outcome in decided:
        planned = planned_payload(desk, item) if plans else None
        yield make_entry(outcome, item, rules, planned=planned)


def decide_and_show(task: Task, records: Records | None, *, plans: bool = False) -> int:
    """Decide and report; return how many payloads were not accepted."""
    decided = _decided_in_full(task, records)
    return show(entries_of(task.desk, decided, task.output, plans=plans), task.output).refused


def _decided_in_full(task: Task, records: Records | None) -> Iterator[Decided]:
    items = read_all_items(task.desk, task.sources)
    # What comes from a pipe is told of as it comes.
    decide = decide_all if any(source.is_stdin for source in task.sources) else decide_in_groups
    return split_batch(decide(task.desk, items, records, fix=task.fix), task.split, task.sources)


def validate_and_show(task: Task, records: Records | None) -> int:
    """As `decide_and_show`; a report that tells of problems only leaves out payloads that have none.

    A payload that is the whole of its file is told of all the same.
    """
    desk, output = task.desk, task.output
    if not tells_problems_only(output):
        return decide_and_show(task, records)
    progress = Progress(Tally())
    if not task.fix and desk.operation == "create" and desk.key_field is None:
        decided = _skimmed(task, records, progress)
    else:
        decided = _decided_in_full(task, records)
    with_rules = chosen_format(output) == "sarif"
    return show(problems_of(desk, decided, with_rules=with_rules), output, progress).refused


def _skimmed(task: Task, records: Records | None, progress: Progress) -> Iterator[Decided]:
    # The compiled path, for batches.
    from rulewright.cli.deciding.remembered import RememberedRecords  # noqa: PLC0415
    from rulewright.cli.deciding.skimming import Skimmer, skim  # noqa: PLC0415

    is_live = chosen_records(task.choices)[1] is not None
    skimmer = Skimmer(
        task.desk,
        RememberedRecords(records, task.desk.program.tables) if records is not None else None,
        is_live,
    )
    return skim(skimmer, task.sources, task.split, progress)


def tells_problems_only(output: OutputChoices) -> bool:
    """Whether the chosen report needs nothing but the problems of a batch's payloads."""
    return chosen_format(output) in _PROBLEMS_ONLY


def problems_of(desk: Desk, decided: Iterable[Decided], *, with_rules: bool) -> Iterator[Entry]:
    """Decisions as those reports take them; where one payload is the whole file, with its changes."""
    for item, outcome in decided:
        if item.alone:
            yield make_entry(outcome, item, desk.program.compiled)
        else:
            yield problems_entry(outcome, item, with_rules=with_rules)

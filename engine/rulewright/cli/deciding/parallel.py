"""`validate --workers N`: blocks of lines are decided by other processes, and told of in their order.

Payloads travel as the text that they are; what comes back is fit to be shown, sensitive values masked.
A worker reads rules and records by itself, so nothing is shared but the files.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

import click
from msgspec import Struct

from rulewright.cli.configured import configuration_here
from rulewright.cli.deciding.decisions import decide_in_groups, entries_of, problems_of, tells_problems_only
from rulewright.cli.deciding.parallel_skimming import may_skim_in_parallel, skim_in_parallel
from rulewright.cli.deciding.task import Task
from rulewright.cli.deciding.workers import hand_over, result_of, working
from rulewright.cli.desk.desk import Decided, Desk
from rulewright.cli.desk.lookups import chosen_records, lookup_records
from rulewright.cli.options import Choices
from rulewright.cli.output import show
from rulewright.cli.splitting.parted import split_batch
from rulewright.configuration import Configuration
from rulewright.errors import PayloadError
from rulewright.inputs import Broken, Payload, Source
from rulewright.inputs.blocks import Block, block_items, read_blocks
from rulewright.outcome import Outcome
from rulewright.ports import Records
from rulewright.program import load
from rulewright.report.entry import Entry

# Blocks waiting for each worker, so that none is idle while the results are written.
_AHEAD: Final = 3
# An outcome that is fit to be shown, where its payload starts, the payload's line, and whether it is one.
_Told = tuple[Outcome, str, bytes, bool]


class _Setup(Struct, frozen=True):
    """What a worker makes its own desk from."""

    choices: Choices
    configuration: Configuration
    standing: Mapping[str, object]
    problems_only: bool
    fix: bool


class _Worker(Struct, frozen=True):
    """What a worker process has at hand."""

    desk: Desk
    records: Records | None
    problems_only: bool
    fix: bool


_AT_WORK: list[_Worker] = []
_OPEN: Final = ExitStack()


def validate_in_parallel(task: Task, workers: int) -> int:
    """Decide and report; return how many payloads were not accepted."""
    desk, sources = task.desk, task.sources
    wrong = next((source.name for source in sources if source.kind != "jsonl"), None)
    if wrong is not None:
        raise click.UsageError(
            f"--workers is for JSONL, which can be parted at its lines; {wrong} is something else"
        )
    setup = _setup(task)
    if may_skim_in_parallel(task):
        return skim_in_parallel(task, setup.choices, workers)
    with lookup_records(desk, setup.choices):
        # What can't be read is told here, before anything is written: a worker would just die of it.
        pass
    # Forking would share open stores; a new process opens its own.
    with working("spawn", workers, _begin, setup) as pool:
        decided = split_batch(_decided(pool, sources, workers), task.split, sources)
        return show((Entry(outcome, item.at) for item, outcome in decided), task.output).refused


def _setup(task: Task) -> _Setup:
    records, store = chosen_records(task.choices)
    if records == "-":
        raise click.UsageError("--workers needs --records in a file that each of them can read")
    standing = {name: getattr(task.desk, name) for name in Desk.__struct_fields__ if name != "program"}
    return _Setup(
        choices=replace(task.choices, records=records, store=store),
        configuration=configuration_here(),
        standing=standing,
        problems_only=tells_problems_only(task.output),
        fix=task.fix,
    )


def _decided(pool: Executor, sources: Sequence[Source], workers: int) -> Iterator[Decided]:
    """What the workers say, in the order of the lines."""
    waiting: deque[tuple[Block, Future[list[_Told]]]] = deque()
    number = 0
    for source in sources:
        begun = number
        for block in read_blocks(source):
            waiting.append((block, hand_over(pool, _decide, block, number)))
            number += block.payloads
            if len(waiting) > workers * _AHEAD:
                yield from _told(*waiting.popleft())
        if number == begun:
            raise PayloadError("the file is empty: there is no payload in it", f"{source.name}:1:1")
    while waiting:
        yield from _told(*waiting.popleft())


def _told(block: Block, future: Future[list[_Told]]) -> Iterator[Decided]:
    told = result_of(block, future)
    assert len(told) == block.payloads, "a payload was lost"
    for outcome, at, raw, is_payload in told:
        item = Payload(None, at, _nowhere, raw) if is_payload else Broken("invalid_json", "", at, raw)
        yield item, outcome


def _nowhere(pointers: Collection[str]) -> Mapping[str, str]:
    """The places of problems were told by the worker."""
    raise AssertionError(f"{len(pointers)} places are asked for that the worker knew")


def _begin(setup: _Setup) -> None:
    said = setup.configuration
    program = load(
        setup.choices.rules, settings=said.settings, plugins=said.plugins, installed=said.installed
    )
    make: Callable[..., Desk] = Desk
    desk = make(program=program, **setup.standing)
    records = _OPEN.enter_context(lookup_records(desk, setup.choices, is_told=True))
    _AT_WORK.append(_Worker(desk, records, setup.problems_only, setup.fix))


def _decide(block: Block, number: int) -> list[_Told]:
    """What a worker does with a block whose first payload is the `number`th of all (from 0)."""
    worker = _AT_WORK[-1]
    items = list(block_items(block))
    decided = decide_in_groups(worker.desk, items, worker.records, fix=worker.fix, first=number)
    if worker.problems_only:
        entries = problems_of(worker.desk, decided, with_rules=True)
    else:
        entries = entries_of(worker.desk, decided)
    return [
        (entry.outcome, entry.at, item.raw or b"", isinstance(item, Payload))
        for entry, item in zip(entries, items, strict=True)
    ]

"""`validate --workers N` where only problems are told of: each worker skims ranges of the file by itself.

A worker opens the file anew, and sends back counts and the finished text of what is to be told. Where the
system can fork, workers start with the rules compiled; stores are opened by each worker on its own.
"""

from __future__ import annotations

import gc
import io
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from rulewright.cli.deciding.decisions import problems_of
from rulewright.cli.deciding.remembered import RememberedRecords
from rulewright.cli.deciding.skimming import Skimmer
from rulewright.cli.deciding.task import Task
from rulewright.cli.deciding.workers import hand_over, result_of, working
from rulewright.cli.desk.desk import Decided, Desk
from rulewright.cli.desk.lookups import lookup_records
from rulewright.cli.options import Choices
from rulewright.cli.output import Progress, chosen_format, write_summary
from rulewright.cli.results import write
from rulewright.cli.splitting.lines import item_line, lines_of
from rulewright.cli.splitting.parted import Parted, open_parted
from rulewright.errors import PayloadError
from rulewright.hotpath.deciding import quick_for
from rulewright.inputs import Source
from rulewright.inputs.lines import LineReader
from rulewright.inputs.ranges import Range, read_ranges
from rulewright.ports import Records
from rulewright.report.compact import report_compact
from rulewright.report.entry import Entry
from rulewright.report.github import report_github
from rulewright.report.tally import Rules, Tally

# Ranges waiting for each worker, so that none is idle while results are written.
_AHEAD: Final = 2
_REPORTS: Final[dict[str, Callable[[Iterable[Entry]], Iterator[str]]]] = {
    "text": report_compact,
    "github": report_github,
}


class _Job(Struct, frozen=True):
    """What every range is decided with. `records` None: a worker opens those that are chosen."""

    desk: Desk
    choices: Choices
    records: Records | None
    report: str
    copies_accepted: bool
    copies_rejected: bool


class _Found(Struct, frozen=True):
    """What a worker found in a range. `refused` are verdicts, and the rules that stood against a payload."""

    accepted: int
    refused: list[tuple[str, Rules]]
    text: str
    accepted_lines: bytes
    rejected_lines: bytes


class _Worker(Struct, frozen=True):
    job: _Job
    skimmer: Skimmer


_AT_WORK: list[_Worker] = []
_OPEN: Final = ExitStack()


def may_skim_in_parallel(task: Task) -> bool:
    """Whether ranges can be decided apart: files that can be read from anywhere, nothing counted across."""
    desk = task.desk
    return (
        sys.platform == "linux"
        and not task.fix
        and chosen_format(task.output) in _REPORTS
        and desk.operation == "create"
        and desk.key_field is None
        and desk.seed is None
        and task.split.max_errors is None
        and all(not source.is_stdin and Path(source.path).is_file() for source in task.sources)
    )


def skim_in_parallel(task: Task, choices: Choices, workers: int) -> int:
    """Decide and report; return how many payloads were not accepted.

    `choices` name one store at the most.
    """
    desk, sources = task.desk, task.sources
    with ExitStack() as stack:
        # Records in memory are read once, before the workers part; a store is opened by each, and here once,
        # so that one that can't be opened is told of before anything is written.
        with lookup_records(desk, choices) as found:
            records, has_store = found if choices.store is None else None, found is not None
        parted = stack.enter_context(open_parted(task.split, sources))
        chosen = chosen_format(task.output)
        job = _Job(desk, choices, records, chosen, parted.keeps_accepted, parted.keeps_rejected)
        _prepare(desk, has_store=has_store)
        progress = Progress(Tally())
        pool = stack.enter_context(_forked(workers, job))
        _show(_decided(pool, sources, workers, progress.tally), progress, parted)
    write_summary(progress.tally, chosen)
    return progress.tally.refused


def _prepare(desk: Desk, *, has_store: bool) -> None:
    """Compile the resource here, and not in each worker."""
    rules = desk.program.compiled
    quick_for(rules, rules.resources[desk.resource], has_store=has_store)


@contextmanager
def _forked(workers: int, job: _Job) -> Iterator[Executor]:
    """Processes that start with everything that is loaded here; there is no other thread yet."""
    # What is there already is left alone by the collector, so that its memory stays shared.
    gc.freeze()
    try:
        with working("fork", workers, _begin, job) as pool:
            yield pool
    finally:
        gc.unfreeze()


def _show(found: Iterable[_Found], progress: Progress, parted: Parted) -> None:
    for one in found:
        write(one.text)
        if one.accepted or one.refused:
            parted.begin()
            parted.add_lines([one.accepted_lines], [one.rejected_lines])
        progress.tally.add_accepted(one.accepted)
        for verdict, rules in one.refused:
            progress.tally.add_refused(verdict, rules)
        progress.update()
    progress.clear()


def _decided(pool: Executor, sources: Sequence[Source], workers: int, tally: Tally) -> Iterator[_Found]:
    """What the workers say, in the order of the lines."""
    waiting: deque[tuple[Range, Future[_Found]]] = deque()
    for source in sources:
        payloads = tally.read
        for range_ in read_ranges(source):
            waiting.append((range_, hand_over(pool, _decide, range_)))
            if len(waiting) > workers * _AHEAD:
                yield result_of(*waiting.popleft())
        while waiting:
            yield result_of(*waiting.popleft())
        if tally.read == payloads:
            raise PayloadError("the file is empty: there is no payload in it", f"{source.name}:1:1")


def _begin(job: _Job) -> None:
    records: Any = job.records
    if records is None:
        records = _OPEN.enter_context(lookup_records(job.desk, job.choices, is_told=True))
    remembered = RememberedRecords(records, job.desk.program.tables) if records is not None else None
    _AT_WORK.append(_Worker(job, Skimmer(job.desk, remembered, is_live=job.choices.store is not None)))


def _decide(range_: Range) -> _Found:
    """What a worker does with a range."""
    worker = _AT_WORK[-1]
    job, skimmer = worker.job, worker.skimmer
    kept: list[Iterable[bytes]] = []
    told: list[Decided] = []
    accepted = 0
    reader = LineReader(io.BytesIO(range_.read()))
    keep = kept.append if job.copies_accepted else None
    for sure, decided in skimmer.decide_lines(range_.name, reader, keep, range_.line):
        accepted += sure
        if decided is None:
            continue
        told.append(decided)
        if decided[1].accepted:
            accepted += 1
            kept.append([item_line(decided[0])])
    refused = [outcome for _, outcome in told if not outcome.accepted]
    return _Found(
        accepted,
        [(outcome.verdict, Tally.rules_of(outcome)) for outcome in refused],
        "".join(_REPORTS[job.report](problems_of(job.desk, told, with_rules=False))),
        _joined(kept) if job.copies_accepted else b"",
        lines_of(told, accepted=False) if job.copies_rejected else b"",
    )


def _joined(kept: Iterable[Iterable[bytes]]) -> bytes:
    lines = chain.from_iterable(kept)
    return b"".join([line.rstrip(b"\r\n") + b"\n" for line in lines if line.strip()])

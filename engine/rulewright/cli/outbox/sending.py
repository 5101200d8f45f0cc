"""`outbox deliver` and `work`: messages are sent, and what became of each is told as it comes."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from threading import Event
from types import FrameType
from typing import Final

import click

from rulewright.cli.desk.opening import load_rules_of
from rulewright.cli.endings import end_with
from rulewright.cli.options import OutputChoices
from rulewright.cli.outbox.opening import open_forwarder, open_outbox
from rulewright.cli.output import chosen_format, paint
from rulewright.cli.results import stdout, write
from rulewright.errors import StoreLostError
from rulewright.outbox import Settled, count_letters
from rulewright.ports import Store
from rulewright.report.letters import settled_json, settled_line

# Stores that hand out jobs.
_WITH_JOBS: Final = ("postgres://", "postgresql://")


def deliver_outbox(
    url: str | None,
    rules: str | None,
    output: OutputChoices,
    *,
    watch: bool,
    workers: int,
    lease: float,
    limit: int | None,
) -> None:
    """Send what is due; exit with 1 if something could not be delivered."""
    program = load_rules_of(rules)
    with closing(open_outbox(url)) as store, closing(open_forwarder(store)) as forwarder:
        deliverer = program.deliverer(store, forwarder, workers=workers, lease_seconds=lease)
        fates = _tell(deliverer.run(watch=watch, limit=limit), deliverer.stop, store, output)
    end_with(0 if watch else fates["dead"] + fates["retry"] + fates["postponed"])


def work_outbox(
    url: str | None, rules: str | None, output: OutputChoices, *, workers: int, lease: float
) -> None:
    """Send what is due as jobs, until stopped."""
    program = load_rules_of(rules)
    if url is not None and url.startswith(_WITH_JOBS):
        # Where both are missing the extra that has both is told of, not that of the forwarder.
        import_module("rulewright_adapters.postgres_worker_driver")
    with closing(open_outbox(url)) as store, closing(open_forwarder(store)) as forwarder:
        worker = program.worker(store, forwarder, workers=workers, lease_seconds=lease)
        worker.on_loss = _tell_of_loss
        _tell(worker.run(), worker.stop, store, output)


def _tell_of_loss(error: StoreLostError, pause: float) -> None:
    click.echo(f"{error}; it is tried again in {pause:.0f} s", err=True)


def _tell(settled: Iterator[Settled], stop: Event, store: Store, output: OutputChoices) -> Counter[str]:
    """Tell each message's fate, and at the end on stderr how many there were of each, which is returned."""
    fates: Counter[str] = Counter()
    with _stopping(stop):
        _write_settled(_counted(settled, fates), output)
    left = count_letters(store)["waiting"]
    when = "" if fates or not left else ", none of them due yet: `rulewright outbox list` says when"
    click.echo(_summary(fates, left) + when, err=True)
    return fates


def _counted(settled: Iterator[Settled], fates: Counter[str]) -> Iterator[Settled]:
    for one in settled:
        fates[one.fate] += 1
        yield one


def _write_settled(settled: Iterator[Settled], output: OutputChoices) -> None:
    """Write each message's fate as it comes."""
    chosen = chosen_format(output)
    before = "["
    for one in settled:
        if chosen == "json":
            write(f"{before}\n{json.dumps(settled_json(one))}")
            before = ","
        elif chosen == "jsonl":
            write(json.dumps(settled_json(one)) + "\n")
        else:
            write(f"{settled_line(one, paint(output))}\n")
        stdout().flush()
    if chosen == "json":
        write("[]\n" if before == "[" else "\n]\n")


def _summary(fates: Counter[str], left: int) -> str:
    return (
        f"{fates['delivered']:,} delivered, {fates['dead']:,} dead, "
        f"{fates['retry'] + fates['postponed']:,} to be tried again; {left:,} waiting"
    )


@contextmanager
def _stopping(stop: Event) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C end the work in order; a second Ctrl-C ends it at once."""

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

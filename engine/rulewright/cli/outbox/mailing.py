"""`outbox list`, `show`, `retry` and `drop`, and the two that send: `deliver` and `work`."""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from threading import Event
from types import FrameType
from typing import Final

import click

from rulewright.cli.configured import configured_registry
from rulewright.cli.desk.opening import load_rules_of
from rulewright.cli.desk.stores import open_existing
from rulewright.cli.endings import end_with
from rulewright.cli.options import OutputChoices
from rulewright.cli.output import chosen_format, paint, write_list
from rulewright.cli.results import write
from rulewright.configuration import Configuration
from rulewright.errors import ConfigurationError, StoreLostError
from rulewright.outbox import Letter, Settled, count_letters, drop, find_letter, list_letters, retry
from rulewright.ports import Forwarder, Store
from rulewright.report.letters import letter_in_words, letter_json, letter_line, settled_json, settled_line

_EDITS: Final[Mapping[str, Callable[[Store, Sequence[int]], list[Letter]]]] = {"retry": retry, "drop": drop}


def open_forwarder(store: Store) -> Forwarder:
    """What sends to the configured targets, at a rate that all who share `store` keep together.

    Raises ConfigurationError where no target is configured.
    """
    configuration = click.get_current_context().find_object(Configuration)
    targets = configuration.targets if configuration is not None else {}
    if not targets:
        raise ConfigurationError(
            "no target is configured: say where messages may go, in [targets.NAME] of rulewright.toml"
        )
    from rulewright_adapters import forwarding  # noqa: PLC0415 - the engine needs no adapter

    return forwarding.open_forwarder(targets, configured_registry().forwarders, store=store)


def list_outbox(
    url: str | None, states: Collection[str], target: str | None, limit: int | None, output: OutputChoices
) -> None:
    """List messages, a line each."""
    with closing(open_existing(url, "where is the outbox")) as store:
        letters = list_letters(store, states, target, limit)
        counts = count_letters(store)
    _write_lines(letters, output)
    click.echo(", ".join(f"{number:,} {state}" for state, number in counts.items()), err=True)


def show_outbox(url: str | None, ids: Sequence[int], output: OutputChoices) -> None:
    """Show messages whole."""
    with closing(open_existing(url, "where is the outbox")) as store:
        letters = [find_letter(store, one) for one in ids]
    lines = (line for letter in letters for line in letter_in_words(letter, paint(output)))
    write_list(map(letter_json, letters), lines, output)


def edit_outbox(url: str | None, edit: str, ids: Sequence[int], output: OutputChoices) -> None:
    """Retry or drop messages: those named, or all that are dead."""
    with closing(open_existing(url, "where is the outbox")) as store:
        chosen = ids or [letter.id for letter in list_letters(store, ["dead"])]
        letters = _EDITS[edit](store, chosen)
    _write_lines(letters, output)


def _write_lines(letters: Sequence[Letter], output: OutputChoices) -> None:
    painted = paint(output)
    write_list(map(letter_json, letters), (letter_line(letter, painted) for letter in letters), output)


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
    fates: Counter[str] = Counter()
    with (
        closing(open_existing(url, "where is the outbox")) as store,
        closing(open_forwarder(store)) as forwarder,
    ):
        deliverer = program.deliverer(store, forwarder, workers=workers, lease_seconds=lease)
        with _stopping(deliverer.stop):
            write_settled(_counted(deliverer.run(watch=watch, limit=limit), fates), output)
        left = count_letters(store)["waiting"]
    click.echo(_summary(fates, left), err=True)
    end_with(0 if watch else fates["dead"] + fates["retry"] + fates["postponed"])


def work_outbox(
    url: str | None, rules: str | None, output: OutputChoices, *, workers: int, lease: float
) -> None:
    """Send what is due as jobs, until stopped."""
    program = load_rules_of(rules)
    fates: Counter[str] = Counter()
    with (
        closing(open_existing(url, "where is the outbox")) as store,
        closing(open_forwarder(store)) as forwarder,
    ):
        worker = program.worker(store, forwarder, workers=workers, lease_seconds=lease)
        worker.on_loss = _tell_of_loss
        with _stopping(worker.stop):
            write_settled(_counted(worker.run(), fates), output)
        left = count_letters(store)["waiting"]
    click.echo(_summary(fates, left), err=True)


def _tell_of_loss(error: StoreLostError, pause: float) -> None:
    click.echo(f"{error}; it is tried again in {pause:.0f} s", err=True)


def _counted(settled: Iterator[Settled], fates: Counter[str]) -> Iterator[Settled]:
    for one in settled:
        fates[one.fate] += 1
        yield one


def write_settled(settled: Iterator[Settled], output: OutputChoices) -> None:
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
        sys.stdout.flush()
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

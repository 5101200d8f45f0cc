"""Storing what is accepted: payloads are decided and written in chunks, each one transaction of the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from secrets import randbits

import click

from rulewright.batch import CHUNK, SECONDS, Applier, in_transactions
from rulewright.cli.applying.jobs import Job, Marked, job_of, mark
from rulewright.cli.desk.desk import Decided, Desk
from rulewright.cli.splitting.copies import Copies
from rulewright.errors import AdapterError, PayloadError
from rulewright.evaluation import Inputs, with_payload
from rulewright.inputs import Payload, Source
from rulewright.outcome import Outcome
from rulewright.ports import Store, Transaction
from rulewright.report.text import show_text


@dataclass(slots=True)
class Batch:
    """What `apply` does with its inputs. `refused` counts the payloads that were not accepted."""

    desk: Desk
    store: Store
    sources: Sequence[Source]
    copies: Copies
    resume: bool
    restart: bool
    max_errors: int | None
    # A target that accepted payloads are passed on to.
    forward: str | None = None
    refused: int = 0
    # Those that earlier runs of the same files refused, where this one goes on after them.
    refused_before: int = 0
    # Of the input that is being applied: what it is, and how many payloads this run has stored or refused.
    source: Source | None = None
    done: int = 0
    # Tells this run from others of the same file.
    number: int = field(default_factory=partial(randbits, 63))
    applier: Applier = field(init=False)

    def __post_init__(self) -> None:
        self.applier = self.desk.program.applier(self.desk.resource, forward=self.forward)

    def refuse_unfinished(self) -> None:
        """Refuse files that were begun before, unless it was said what is to become of them.

        A file that is named twice is refused as well: nobody wants its payloads twice.
        """
        names: set[str] = set()
        for source in self.sources:
            job = job_of(self.desk, source)
            if job is not None and job.name in names:
                raise click.UsageError(f"{source.name} is named twice; its payloads would be applied twice")
            names.update([job.name] if job is not None else [])
            if job is None and self.resume:
                raise click.UsageError(f"--resume needs a file that can be read again, not {source.name}")
            if job is None or self.resume or self.restart or not job.is_unfinished(self.store):
                continue
            raise click.UsageError(
                f"{source.name}: {job.done(self.store):,} of its payloads are done, the rest is not; "
                "--resume goes on after them, --restart applies all of them anew"
            )

    def run(self) -> Iterator[Decided]:
        """Apply every payload; each outcome comes out after it was stored.

        Raises AdapterError where the store fails, PayloadError where a file can't be read any further; what
        came out before stays stored.
        """
        for index, source in enumerate(self.sources):
            job = job_of(self.desk, source)
            self.source, self.done = source, 0
            is_only = len(self.sources) == 1
            items = mark(self.desk.read(source, is_only=is_only))
            try:
                if index == 0:
                    # A file in which nothing can be read takes nothing from those that are written.
                    items = chain([*islice(items, 1)], items)
                    self._begin()
                for decided in self._chunks(items, source, job):
                    yield from decided
            except AdapterError:
                self._tell_of_failure("the store failed", job)
                raise
            except PayloadError:
                if self.done:
                    self._tell_of_failure("the file could not be read any further", job)
                raise
            if self._gives_up():
                return
            if job is not None:
                job.finish(self.store)

    def _tell_of_failure(self, what: str, job: Job | None) -> None:
        assert self.source is not None, "it was being applied"
        hint = "; --resume goes on after them" if self.done and job is not None else ""
        click.echo(
            f"{show_text(self.source.name)}: {self.done:,} payloads were done before {what}{hint}", err=True
        )

    def tell_of_interruption(self) -> None:
        """Say what stays done when somebody has interrupted the run, and how to go on."""
        if self.source is None:
            return
        job = job_of(self.desk, self.source)
        done, hint = self.done, ""
        # A run that was resumed, or interrupted just behind a commit, has more done than it counted.
        with suppress(AdapterError):
            if job is not None and job.is_unfinished(self.store):
                done, hint = job.done(self.store), "; --resume goes on after them"
        told = f"{done:,} of its payloads are done, and stay so{hint}" if done else "nothing of it is done"
        click.echo(f"{show_text(self.source.name)}: {told}", err=True)

    def _begin(self) -> None:
        """Settle what is done: without --resume nothing is, even if this run is killed at once."""
        jobs = [job for source in self.sources if (job := job_of(self.desk, source)) is not None]
        if not jobs and not self.copies:
            return
        with self.store.transaction() as transaction:
            # Another process may have begun since that was asked first.
            self.refuse_unfinished()
            if self.resume:
                self.copies.find(self.store)
            self.copies.open()
            if self.resume:
                # In here no other process is between its writing and its commit.
                self.copies.cut()
            for job in jobs:
                if self.resume:
                    self._tell_of_resuming(job)
                job.take(self.number, self.desk.program.ruleset, transaction)
                if not self.resume and job.done(self.store):
                    job.forget(transaction)
            self.copies.begin(transaction)
        if not self.resume:
            self.copies.cut()

    def _tell_of_resuming(self, job: Job) -> None:
        """Say what the caller may not expect: a file that has moved, rules that have changed."""
        if not job.done(self.store):
            click.echo(
                f"{show_text(job.source.name)}: nothing of it is done; it is applied from its start", err=True
            )
        elif not job.was_begun_by(self.desk.program.ruleset, self.store):
            told = "the rules have changed since; what is done stays as it was decided"
            click.echo(f"{show_text(job.source.name)}: {told}", err=True)

    def _gives_up(self) -> bool:
        return self.max_errors is not None and self.refused >= self.max_errors

    def _chunks(self, items: Iterator[Marked], source: Source, job: Job | None) -> Iterator[list[Decided]]:
        done = job.done(self.store) if self.resume and job is not None else 0
        if done and job is not None:
            verdicts = job.verdicts(self.store)
            self.refused_before += sum(verdicts.values()) - verdicts.get("accepted", 0)
            counted = ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.items())
            told = f": {counted}" if counted else ""
            click.echo(
                f"{show_text(source.name)}: going on after {done:,} payloads that are done{told}", err=True
            )
            items = job.rest(items, self.store)
        while not self._gives_up() and (chunk := list(islice(items, CHUNK))):
            yield from self._write(chunk, job)

    def _write(self, chunk: list[Marked], job: Job | None) -> Iterator[list[Decided]]:
        """Carry out a chunk in one transaction, in more if that takes too long or the store refuses it."""

        def write(part: Sequence[Marked]) -> list[Decided]:
            return self._write_at_once(part, job)

        def refuse(marked: Marked, error: AdapterError) -> list[Decided]:
            return [self._refuse_at_commit(marked, job, error)]

        for decided in in_transactions(chunk, write, refuse):
            self.refused += sum(not outcome.accepted for _, outcome in decided)
            self.done += len(decided)
            yield decided
            if self._gives_up():
                return

    def _write_at_once(self, chunk: Sequence[Marked], job: Job | None) -> list[Decided]:
        """Less than the whole chunk where it holds too many errors, or takes too long."""
        patience = None if self.max_errors is None else self.max_errors - self.refused
        with self._written() as transaction:
            if job is not None:
                job.require_turn(chunk[0], self.number, self.store)
            receipts = self.applier.carry_out(
                [*self._given(chunk)], transaction, patience=patience, seconds=SECONDS
            )
            decided = [
                (marked.item, receipt.outcome) for marked, receipt in zip(chunk, receipts, strict=False)
            ]
            self._keep(decided, chunk[len(decided) - 1], job, transaction)
        self.copies.pass_on(decided)
        return decided

    @contextmanager
    def _written(self) -> Iterator[Transaction]:
        """A transaction; if it fails, its lines are taken back from the files."""
        try:
            with self.store.transaction() as transaction:
                yield transaction
        except BaseException:
            self.copies.take_back(self.store)
            raise

    def _keep(self, decided: list[Decided], last: Marked, job: Job | None, transaction: Transaction) -> None:
        """Copy what was decided, and keep how far that is, just before the commit."""
        self.copies.write(decided, transaction)
        if job is not None:
            job.keep(last, [outcome for _, outcome in decided], self.store, transaction)

    def _given(self, chunk: Sequence[Marked]) -> Iterator[Inputs | Outcome]:
        """What is to be decided, by one reading of the clock; and what could not be read."""
        shared = self.desk.inputs(None, chunk[0].number)
        first = chunk[0].number
        for marked in chunk:
            refused = self.desk.unreadable(marked.item)
            if refused is not None:
                yield refused
                continue
            assert isinstance(marked.item, Payload)
            key, payload = self.desk.key_of(marked.item.value)
            yield with_payload(shared, payload, shared.seed + marked.number - first, key)

    def _refuse_at_commit(self, marked: Marked, job: Job | None, error: AdapterError) -> Decided:
        """The store found at the commit what the rules could not judge."""
        decided = (marked.item, self.desk.refusal("conflict", str(error)))
        with self._written() as transaction:
            self._keep([decided], marked, job, transaction)
        self.copies.pass_on([decided])
        return decided

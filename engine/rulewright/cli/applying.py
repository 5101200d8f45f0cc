"""Storing what is accepted: payloads are decided and written in chunks, each one transaction of the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final

import click

from rulewright.cli.desk import Desk
from rulewright.cli.jobs import Job, Marked, job_of, mark
from rulewright.cli.splitting import Copies, Decided
from rulewright.errors import AdapterError, ReferenceViolationError, UniqueViolationError
from rulewright.inputs import Payload, Source, read_items
from rulewright.outcome import Outcome
from rulewright.ports import Store, Transaction

# A chunk is what one fsync pays for. Other writers wait while it is open, so it is not larger.
CHUNK: Final = 200


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

    def refuse_unfinished(self) -> None:
        """Refuse files that were begun before, unless it was said what is to become of them."""
        for source in self.sources:
            job = job_of(self.desk, source)
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

        Raises AdapterError where the store fails; what came out before stays stored.
        """
        for index, source in enumerate(self.sources):
            job = job_of(self.desk, source)
            done = 0
            try:
                if index == 0:
                    self._begin()
                for decided in self._chunks(source, job):
                    yield from decided
                    done += len(decided)
            except AdapterError:
                click.echo(f"{source.name}: {done:,} payloads were done before the store failed", err=True)
                raise
            if self._gives_up():
                return
            if job is not None:
                job.finish(self.store)

    def _begin(self) -> None:
        """Settle what is done: without --resume nothing is, even if this run is killed at once."""
        jobs = [] if self.resume else [job_of(self.desk, source) for source in self.sources]
        begun = [job for job in jobs if job is not None and job.done(self.store)]
        if not begun and not self.copies:
            return
        with self.store.transaction() as transaction:
            if self.resume:
                self.copies.find(self.store)
            self.copies.open()
            if self.resume:
                # In here no other process is between its writing and its commit.
                self.copies.cut()
            for job in begun:
                job.forget(transaction)
            self.copies.begin(transaction)
        if not self.resume:
            self.copies.cut()

    def _gives_up(self, more: int = 0) -> bool:
        return self.max_errors is not None and self.refused + more >= self.max_errors

    def _chunks(self, source: Source, job: Job | None) -> Iterator[list[Decided]]:
        items = mark(read_items(source, self.desk.fields))
        done = job.done(self.store) if self.resume and job is not None else 0
        if done and job is not None:
            click.echo(f"{source.name}: going on after {done:,} payloads that are done", err=True)
            items = job.rest(items, self.store)
        while not self._gives_up() and (chunk := list(islice(items, CHUNK))):
            yield from self._write(chunk, job)

    def _write(self, chunk: list[Marked], job: Job | None) -> Iterator[list[Decided]]:
        """Carry out a chunk in one transaction; if the store refuses it at its end, half by half."""
        try:
            decided = self._write_at_once(chunk, job)
        except (UniqueViolationError, ReferenceViolationError) as error:
            if len(chunk) > 1:
                middle = len(chunk) // 2
                yield from self._write(chunk[:middle], job)
                if not self._gives_up():
                    yield from self._write(chunk[middle:], job)
                return
            decided = [self._refuse_at_commit(chunk[0], job, error)]
        self.refused += sum(not outcome.accepted for _, outcome in decided)
        yield decided

    def _write_at_once(self, chunk: list[Marked], job: Job | None) -> list[Decided]:
        """Less than the whole chunk where it holds too many errors: no outcome is left unsaid."""
        decided: list[Decided] = []
        refused = 0
        with self._written() as transaction:
            if job is not None:
                job.require_turn(chunk[0], self.store)
            for marked in chunk:
                outcome = self._apply(marked, transaction)
                decided.append((marked.item, outcome))
                refused += not outcome.accepted
                if self._gives_up(refused):
                    break
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
            job.keep(last, transaction)

    def _apply(self, marked: Marked, transaction: Transaction) -> Outcome:
        if (refused := self.desk.unreadable(marked.item)) is not None:
            return refused
        assert isinstance(marked.item, Payload)
        inputs = self.desk.inputs(marked.item.value, marked.number)
        return self.desk.program.apply_within(
            self.desk.resource, inputs, transaction, forward=self.forward
        ).outcome

    def _refuse_at_commit(self, marked: Marked, job: Job | None, error: AdapterError) -> Decided:
        """The store found at the commit what the rules could not judge."""
        decided = (marked.item, self.desk.refusal("conflict", str(error)))
        with self._written() as transaction:
            self._keep([decided], marked, job, transaction)
        self.copies.pass_on([decided])
        return decided

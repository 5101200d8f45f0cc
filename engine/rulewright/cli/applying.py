"""Storing what is accepted: payloads are decided and written in chunks, each one transaction of the store."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import click

from rulewright.cli.desk import Desk
from rulewright.cli.jobs import Job, Marked, job_of, mark
from rulewright.cli.splitting import Decided
from rulewright.errors import AdapterError, ReferenceViolationError, UniqueViolationError
from rulewright.inputs import Broken, Source, read_items
from rulewright.outcome import Outcome
from rulewright.ports import Store, Transaction

# A chunk is what one fsync pays for. Other writers wait while it is open, so it is not larger.
CHUNK: Final = 200


@dataclass(frozen=True, slots=True)
class Batch:
    """What `apply` does with its inputs."""

    desk: Desk
    store: Store
    sources: Sequence[Source]
    resume: bool
    restart: bool
    max_errors: int | None

    def run(self) -> Iterator[Decided]:
        """Apply every payload; each outcome comes out after it was stored.

        Raises AdapterError where the store fails; what came out before stays stored.
        """
        jobs = [(source, job_of(self.desk, source)) for source in self.sources]
        self._refuse_unfinished(jobs)
        refused = 0
        for source, job in jobs:
            with closing(self._chunks(source, job)) as chunks:
                for decided in chunks:
                    yield from decided
                    refused += sum(not outcome.accepted for _, outcome in decided)
                    if self.max_errors is not None and refused >= self.max_errors:
                        return
            if job is not None:
                job.finish(self.store)

    def _refuse_unfinished(self, jobs: Sequence[tuple[Source, Job | None]]) -> None:
        for source, job in jobs:
            if job is None and self.resume:
                raise click.UsageError(f"--resume needs a file that can be read again, not {source.name}")
            if job is None or self.resume or self.restart or not job.is_unfinished(self.store):
                continue
            raise click.UsageError(
                f"{source.name}: {job.done(self.store):,} of its payloads are done, the rest is not; "
                "--resume goes on after them, --restart applies all of them anew"
            )

    def _chunks(self, source: Source, job: Job | None) -> Generator[list[Decided]]:
        items = mark(read_items(source))
        if self.resume and job is not None:
            done = job.done(self.store)
            if done:
                click.echo(f"{source.name}: going on after {done:,} payloads that are done", err=True)
                items = job.rest(items, self.store)
        done_now = 0
        while chunk := list(islice(items, CHUNK)):
            try:
                for decided in self._write(chunk, job):
                    yield decided
                    done_now += len(decided)
            except AdapterError:
                click.echo(
                    f"{source.name}: {done_now:,} payloads were done before the store failed", err=True
                )
                raise

    def _write(self, chunk: list[Marked], job: Job | None) -> Iterator[list[Decided]]:
        """Carry out a chunk in one transaction; if the store refuses it at its end, half by half."""
        try:
            yield self._write_at_once(chunk, job)
        except (UniqueViolationError, ReferenceViolationError) as error:
            if len(chunk) == 1:
                yield [self._refused(chunk[0], job, error)]
                return
            middle = len(chunk) // 2
            yield from self._write(chunk[:middle], job)
            yield from self._write(chunk[middle:], job)

    def _write_at_once(self, chunk: list[Marked], job: Job | None) -> list[Decided]:
        with self.store.transaction() as transaction:
            decided = [(marked.item, self._apply(marked, transaction)) for marked in chunk]
            if job is not None:
                job.keep(chunk[-1], transaction)
        return decided

    def _apply(self, marked: Marked, transaction: Transaction) -> Outcome:
        if isinstance(marked.item, Broken):
            return self.desk.refuse(marked.item)
        inputs = self.desk.inputs(marked.item.value, marked.number)
        return self.desk.program.apply_within(self.desk.resource, inputs, transaction).outcome

    def _refused(self, marked: Marked, job: Job | None, error: AdapterError) -> Decided:
        """A payload on which the store found at the commit what the rules could not judge."""
        if job is not None:
            with self.store.transaction() as transaction:
                job.keep(marked, transaction)
        outcome = self.desk.refusal("conflict", str(error))
        return marked.item, replace(outcome, problems=outcome.problems)

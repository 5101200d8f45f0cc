"""A worker of the outbox on PostgreSQL: Procrastinate hands out the jobs. Needs the extra `[workers]`.

A worker tells by its heartbeat that it is there. The jobs of one that was killed are given to others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event

from rulewright.ports import Jobs
from rulewright_adapters.postgres_address import Address, explained, lost
from rulewright_adapters.postgres_driver import psycopg, sql
from rulewright_adapters.postgres_jobs import QUEUE, TASK, jobs_schema
from rulewright_adapters.postgres_worker_driver import procrastinate

# Seconds: how soon a request to stop is noticed, and what is due later is found without being told.
_TICK = 0.25
_POLL = 2.0
# Seconds to wait for a connection: where the server is gone, several ask for one in turn before the end.
_PATIENCE = 5.0
# Seconds after which a job that failed for the store's sake is done again.
_AGAIN = 5


def work(address: Address, jobs: Jobs, *, workers: int, patience: float, stop: Event) -> None:
    """See `JobStore.work`; the jobs' schema must be installed."""
    with ThreadPoolExecutor(workers + 1, "rulewright-job") as pool:
        asyncio.run(_Crew(address, jobs, workers, patience, stop, pool).work())


@dataclass
class _Crew:
    """One process's workers."""

    address: Address
    jobs: Jobs
    workers: int
    patience: float
    stop: Event
    pool: ThreadPoolExecutor
    errors: list[Exception] = field(default_factory=list)

    async def work(self) -> None:
        """Until asked to stop, or until something failed."""
        # Where the server is gone, jobs that can't be finished fail once more: the first error says why.
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        try:
            async with self._app().open_async() as app:
                over = asyncio.Event()
                tending = asyncio.create_task(self._tend(app, over))
                try:
                    await self._until_stopped(self._worker(app))
                finally:
                    over.set()
                await tending
        except procrastinate.exceptions.ProcrastinateException as error:
            raise self._in_words(error) from None
        if self.errors:
            raise self._in_words(self.errors[0])

    def _app(self) -> procrastinate.App:
        connector = procrastinate.PsycopgConnector(
            conninfo=self.address.conninfo,
            configure=self._set_up,
            min_size=1,
            max_size=4,
            timeout=_PATIENCE,
        )
        app = procrastinate.App(connector=connector)
        again = procrastinate.RetryStrategy(wait=_AGAIN)

        @app.task(name=TASK, queue=QUEUE, pass_context=True, retry=again)
        async def deliver(context: procrastinate.JobContext, message: int) -> None:
            await self._do(self.jobs.deliver, message, f"job {context.job.id}")

        return app

    async def _set_up(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        schema = sql.Identifier(jobs_schema(self.address.schema))
        await connection.execute(sql.SQL("SET search_path TO {}, pg_catalog").format(schema))
        await connection.commit()

    async def _do(self, what: Callable[..., None], *given: object) -> None:
        """Do something of the engine's in a thread; if it fails, the work ends."""
        try:
            await asyncio.get_running_loop().run_in_executor(self.pool, what, *given)
        except Exception as error:
            self.errors.append(error)
            raise

    def _worker(self, app: procrastinate.App) -> procrastinate.worker.Worker:
        return procrastinate.worker.Worker(
            app,
            queues=[QUEUE],
            concurrency=self.workers,
            fetch_job_polling_interval=_POLL,
            # What became of a message is in its row.
            delete_jobs="always",
            install_signal_handlers=False,
            update_heartbeat_interval=self.patience / 4,
            stalled_worker_timeout=self.patience,
        )

    # Nothing here is cancelled: a cancellation may be lost while a connection is waited for.
    async def _until_stopped(self, worker: procrastinate.worker.Worker) -> None:
        # Procrastinate says nowhere what these give.
        running: asyncio.Task[None] = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
        while not running.done():
            # First of all this lets it begin, which forgets what it was told before.
            await asyncio.wait({running}, timeout=_TICK)
            # To stop is what others ask for: after a failure they may want to begin anew.
            if self.stop.is_set() or self.errors:
                break
        else:
            # It ends by itself only where it can't tell any more that it is there.
            running.result()
            self.errors.append(lost(self.address))
            return
        # Procrastinate finishes what was begun.
        worker.stop()  # type: ignore[no-untyped-call]
        await running

    async def _tend(self, app: procrastinate.App, over: asyncio.Event) -> None:
        pause = min(self.patience / 6, 5.0)
        try:
            while not await _happens(over, pause):
                await self._do(self.jobs.tend)
                await self._take_over(app)
        except Exception as error:
            self.errors.append(error)

    async def _take_over(self, app: procrastinate.App) -> None:
        """Give the messages of lost workers back, each of which gets another job by that."""
        manager = app.job_manager
        for job in await manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=self.patience):
            assert job.id is not None
            await self._do(self.jobs.take_over, job.task_kwargs["message"], f"job {job.id}")
            # Another worker may have done the same.
            with suppress(procrastinate.exceptions.ConnectorException):
                await manager.finish_job_by_id_async(
                    job.id, procrastinate.jobs.Status.FAILED, delete_job=True
                )

    def _in_words(self, error: Exception) -> Exception:
        if not isinstance(error, procrastinate.exceptions.ProcrastinateException):
            return error
        cause = error.__cause__
        if isinstance(cause, psycopg.Error):
            return explained(self.address, cause)
        return lost(self.address)


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()

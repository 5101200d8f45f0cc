"""Sends what the outbox holds as jobs, where the store hands messages out itself (`JobStore`).

A job only says that a message is due. What becomes of the message is kept in its row, as by `Deliverer`:
so lists, retries and dead letters are the same, and workers and deliverers may share an outbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Event
from time import monotonic
from typing import Final

from rulewright.compiled import CompiledRules
from rulewright.conflicts import despite_conflicts
from rulewright.errors import AdapterError, StoreLostError
from rulewright.outbox.claiming import claim_one, release, release_expired, renew
from rulewright.outbox.clock import now_of
from rulewright.outbox.letters import LEASE, Letter, new_lease
from rulewright.outbox.sending import send_letter
from rulewright.outbox.settling import Keep, Settled, keep_nothing_more, settle
from rulewright.ports import Forwarder, Jobs, JobStore, Reply, Store

# Seconds to wait after the store was lost; twice as long each time, until it was there for so long.
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0


def _say_nothing(error: StoreLostError, pause: float) -> None:
    """Where nobody wants to know."""


@dataclass
class Worker:
    """One process that works. `stop` may be set at any time: jobs begun are finished, no new one begun.

    A worker that was not heard of for `lease_seconds` is lost, and others take its messages over. A worker
    whose store is lost tells `on_loss` so, with the seconds after which it tries again.
    """

    store: Store
    forwarder: Forwarder
    rules: CompiledRules
    workers: int = 8
    lease_seconds: float = LEASE
    keep: Keep = keep_nothing_more
    on_loss: Callable[[StoreLostError, float], None] = _say_nothing
    stop: Event = field(default_factory=Event)
    _told: SimpleQueue[Settled | None] = field(default_factory=SimpleQueue)
    # The leases of what is being sent, by message.
    _leases: dict[int, str] = field(default_factory=dict)
    _renewed: float = field(default_factory=monotonic)

    def run(self) -> Iterator[Settled]:
        """Yield each message's fate after it is kept, until `stop` is set.

        Raises AdapterError; StoreLostError only where it is to stop and the store is still lost.
        """
        if not isinstance(self.store, JobStore):
            raise AdapterError(
                "workers need a PostgreSQL store, which hands messages out to them: "
                "`rulewright outbox deliver --watch` serves every store"
            )
        with ThreadPoolExecutor(1, "rulewright-work") as pool:
            work = pool.submit(self._work, self.store)
            try:
                yield from iter(self._told.get, None)
            finally:
                self.stop.set()
            work.result()

    def _work(self, store: JobStore) -> None:
        jobs = Jobs(self._deliver, self._take_over, self._tend)
        try:
            self._work_despite_losses(store, jobs)
        finally:
            self._told.put(None)

    def _work_despite_losses(self, store: JobStore, jobs: Jobs) -> None:
        pause = _FIRST_PAUSE
        while True:
            begun = monotonic()
            try:
                store.work(jobs, workers=self.workers, patience=self.lease_seconds, stop=self.stop)
            except StoreLostError as error:
                if monotonic() - begun > _LONGEST_PAUSE:
                    pause = _FIRST_PAUSE
                self.on_loss(error, pause)
                if self.stop.wait(pause):
                    raise
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                return

    def _deliver(self, message: int, job: str) -> None:
        """Send a message, if it is due: whoever settled it meanwhile has left nothing to do."""
        lease = f"{job}/{new_lease()}"
        letter = claim_one(self.store, message, lease, self.lease_seconds)
        if letter is None:
            return
        self._leases[message] = lease
        try:
            reply = send_letter(self.forwarder, letter)
            settled = despite_conflicts(lambda: self._settle(letter, reply))
        finally:
            self._leases.pop(message, None)
        self._told.put(settled)

    def _settle(self, letter: Letter, reply: Reply) -> Settled:
        with self.store.transaction() as transaction:
            settled = settle(transaction, letter, reply, now_of(self.store), self.rules)
            self.keep(settled, transaction)
        return settled

    def _take_over(self, message: int, job: str) -> None:
        release(self.store, message, job)

    def _tend(self) -> None:
        """Keep what is being sent, and give back what others, workers or deliverers, left behind."""
        leases = dict(self._leases)
        if leases and monotonic() - self._renewed > self.lease_seconds / 3:
            self._renewed = monotonic()
            renew(self.store, leases, self.lease_seconds)
        release_expired(self.store)

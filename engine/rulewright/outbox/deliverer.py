"""Sends what the outbox holds: claims, sends with several threads, and keeps what came of it.

Any number of deliverers, in any number of processes, may work on one store. Each message arrives at
least once; a receiver that honours the Idempotency-Key acts on it once.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from time import monotonic
from typing import Final

from rulewright.compiled import CompiledRules
from rulewright.conflicts import despite_conflicts
from rulewright.errors import RulewrightError
from rulewright.outbox.claiming import claim, is_due, renew
from rulewright.outbox.clock import now_of
from rulewright.outbox.letters import LEASE, Letter, new_lease
from rulewright.outbox.sending import send_letter
from rulewright.outbox.settling import Keep, Settled, keep_nothing_more, settle
from rulewright.ports import Forwarder, Reply, Store

# Signals are noticed, and new messages found, within this many seconds.
_TICK: Final = 0.5


@dataclass
class Deliverer:
    """One deliverer. `stop` may be set at any time: what is being sent is finished, nothing new begun."""

    store: Store
    forwarder: Forwarder
    rules: CompiledRules
    workers: int = 8
    lease_seconds: float = LEASE
    keep: Keep = keep_nothing_more
    stop: Event = field(default_factory=Event)
    _lease: str = field(default_factory=new_lease)
    _in_flight: dict[Future[Reply], Letter] = field(default_factory=dict)
    _renewed: float = field(default_factory=monotonic)

    def run(self, *, watch: bool = False, limit: int | None = None) -> Iterator[Settled]:
        """Yield each message's fate after it is kept. Without `watch`, end when nothing more is due.

        Raises AdapterError where the store fails; what was being sent is then sent again after its lease.
        """
        left = limit
        with ThreadPoolExecutor(self.workers, "rulewright-deliver") as pool:
            while True:
                claimed = self._claim(left)
                left = left - len(claimed) if left is not None else None
                for letter in claimed:
                    self._in_flight[pool.submit(send_letter, self.forwarder, letter)] = letter
                if self._in_flight:
                    yield from self._collect()
                elif self.stop.is_set() or left == 0 or not watch:
                    return
                else:
                    self.stop.wait(_TICK)

    def _claim(self, left: int | None) -> list[Letter]:
        free = self.workers - len(self._in_flight)
        wanted = free if left is None else min(free, left)
        if wanted <= 0 or self.stop.is_set() or not is_due(self.store):
            return []
        if not self._in_flight:
            self._renewed = monotonic()
        return claim(self.store, self._lease, self.lease_seconds, wanted)

    def _collect(self) -> Iterator[Settled]:
        """Wait a moment for answers and keep all that are there in one transaction."""
        done, _ = wait(self._in_flight, timeout=_TICK, return_when=FIRST_COMPLETED)
        if done:
            yield from self._settle({self._in_flight[one]: one.result() for one in done})
            for one in done:
                del self._in_flight[one]
        self._renew()

    def _settle(self, replies: dict[Letter, Reply]) -> list[Settled]:
        return despite_conflicts(lambda: self._settle_once(replies))

    def _settle_once(self, replies: dict[Letter, Reply]) -> list[Settled]:
        with self.store.transaction() as transaction:
            now = now_of(self.store)
            settled = [
                settle(transaction, letter, reply, now, self.rules) for letter, reply in replies.items()
            ]
            for one in settled:
                self.keep(one, transaction)
        return settled

    def _renew(self) -> None:
        if self._in_flight and monotonic() - self._renewed > self.lease_seconds / 3:
            self._renewed = monotonic()
            # Who fails to renew in time may be overtaken, which does no harm.
            with suppress(RulewrightError):
                leases = {letter.id: self._lease for letter in self._in_flight.values()}
                renew(self.store, leases, self.lease_seconds)

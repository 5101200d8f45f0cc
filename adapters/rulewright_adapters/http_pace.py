"""How fast a target may be sent to: one token bucket per target, which the target itself can stop.

Tokens are moments at which one message may go, evenly spaced. `OwnPace` gives them out to the threads of
one process, `SharedPace` to all processes that share an outbox, through a record per target in it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

from rulewright.ports import Column, Records, Store, StoreClock, Table, Transaction

PACES: Final = Table(
    resource="rulewright/pace",
    key="target",
    columns=(Column("target", "text"), Column("free", "number")),
)
# `rate` messages in a minute are counted in so many seconds: the rest is for the burst, and for messages
# that take longer on their way than those after them. So no minute of the receiver's sees more.
_MINUTE: Final = 61.0
# Moments of the last so many seconds that nobody used are made up for at once.
_BURST: Final = 0.5
# Nobody rests for longer, in seconds, whatever a receiver asks for: 999999999 are 31 years.
LONGEST_REST: Final = 24 * 3600.0
# A process takes the moments of so many seconds at once: many a second must not cost as many transactions.
_AT_ONCE: Final = 0.1


class Pace(Protocol):
    """Safe to share between threads."""

    def take(self, target: str, rate: float | None, patience: float) -> float:
        """Take a token and return the seconds to wait before using it; if more than `patience`, take none.

        `rate` is in messages a minute, None for as many as one likes.
        """

    def rest(self, target: str, seconds: float) -> None:
        """Let nothing through for so long, a day at most, as the target asked."""


@dataclass(frozen=True, slots=True)
class _Moments:
    """`count` moments from `first` on. `after` is the first one that is still free."""

    first: float
    interval: float
    count: int

    @property
    def after(self) -> float:
        return self.first + self.count * self.interval


def _next(free: float, now: float, rate: float, count: int = 1) -> _Moments:
    return _Moments(max(free, now - _BURST), _MINUTE / rate, count)


@dataclass
class OwnPace:
    """Keeps the pace of one process."""

    clock: Callable[[], float] = time.monotonic
    _free: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, target: str, rate: float | None, patience: float) -> float:
        """See Pace."""
        with self._lock:
            now, free = self.clock(), self._free.get(target, 0.0)
            if rate is None:
                return max(0.0, free - now)
            moments = _next(free, now, rate)
            wait = max(0.0, moments.first - now)
            if wait <= patience:
                # Those who come later wait longer.
                self._free[target] = moments.after
            return wait

    def rest(self, target: str, seconds: float) -> None:
        """See Pace."""
        with self._lock:
            until = self.clock() + min(seconds, LONGEST_REST)
            self._free[target] = max(self._free.get(target, 0.0), until)


@dataclass
class SharedPace:
    """Keeps the pace of all who share a store, by the store's clock. Raises AdapterError where it fails."""

    store: Store
    clock: Callable[[], float] = time.monotonic
    # Moments that were taken and not used yet, by this process's clock.
    _stock: dict[str, deque[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.store.prepare((PACES,))

    def take(self, target: str, rate: float | None, patience: float) -> float:
        """See Pace."""
        if rate is None:
            now = _now(self.store)
            return max(0.0, _free_at(self.store, target, now) - now)
        with self._lock:
            stock = self._stock.setdefault(target, deque())
            while stock and stock[0] < self.clock() - _BURST:
                # Used now, they would come on top of those that others have taken since.
                stock.popleft()
            if stock:
                return max(0.0, stock.popleft() - self.clock())
            return self._fetch(target, rate, patience, stock)

    def _fetch(self, target: str, rate: float, patience: float, stock: deque[float]) -> float:
        with self.store.transaction() as transaction:
            now, here = _now(self.store), self.clock()
            free = _free_at(transaction, target, now, _MINUTE / rate)
            moments = _next(free, now, rate, max(1, int(rate / 60.0 * _AT_ONCE)))
            wait = max(0.0, moments.first - now)
            if wait > patience:
                return wait
            _keep(transaction, target, moments.after)
        times = (moments.first + number * moments.interval for number in range(1, moments.count))
        stock.extend(here + moment - now for moment in times)
        return wait

    def rest(self, target: str, seconds: float) -> None:
        """See Pace."""
        with self._lock, self.store.transaction() as transaction:
            self._stock.pop(target, None)
            now = _now(self.store)
            until = now + min(seconds, LONGEST_REST)
            _keep(transaction, target, max(_free_at(transaction, target, now), until))


def _free_at(records: Records, target: str, now: float, interval: float = 0.0) -> float:
    """When the target is free; at once where a clock that was set back since has kept that."""
    found = records.find(PACES.resource, {"target": target}, 1)
    free = found[0].get("free") if found else None
    if not isinstance(free, float) or free > now + LONGEST_REST + interval:
        return 0.0
    return free


def _keep(transaction: Transaction, target: str, free: float) -> None:
    if transaction.find(PACES.resource, {"target": target}, 1):
        transaction.update(PACES.resource, target, {"free": free})
    else:
        transaction.insert(PACES.resource, {"target": target, "free": free})


def _now(store: Store) -> float:
    return (store.now() if isinstance(store, StoreClock) else datetime.now(UTC)).timestamp()

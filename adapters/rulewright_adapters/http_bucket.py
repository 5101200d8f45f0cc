"""How fast a target may be sent to: a token bucket, which the target itself can stop for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Bucket:
    """Holds up to `rate` tokens (at most a second's worth of a burst, at least one), filled evenly.

    `rate` is in messages a minute; None lets everything through. Safe to share between threads. Each
    process has its own: where several deliver to one target, the target's 429 keeps them apart.
    """

    def __init__(self, rate: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = rate / 60.0 if rate is not None else None
        self._most = max(1.0, self._per_second or 1.0)
        self._clock = clock
        self._tokens = self._most
        self._filled = clock()
        self._resting_until = 0.0
        self._lock = threading.Lock()

    def take(self, patience: float) -> float:
        """Take a token and return the seconds to wait before using it; if more than `patience`, take none."""
        with self._lock:
            now = self._clock()
            rest = max(0.0, self._resting_until - now)
            if self._per_second is None:
                return rest
            self._tokens = min(self._most, self._tokens + (now - self._filled) * self._per_second)
            self._filled = now
            wait = max(rest, (1.0 - self._tokens) / self._per_second)
            if wait <= patience:
                # It may go below zero: those who come later wait longer.
                self._tokens -= 1.0
            return max(0.0, wait)

    def rest(self, seconds: float) -> None:
        """Let nothing through for so long, as the target asked."""
        with self._lock:
            self._resting_until = max(self._resting_until, self._clock() + seconds)

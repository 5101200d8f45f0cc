"""Which clock leases and next attempts go by, and how long to wait for the next attempt.

It is the store's: PostgreSQL's server tells the time to all machines, and a SQLite file lies on one
machine, whose clock all its processes share. So clocks that are apart do no harm. That one clock may still
be set. Forward, messages are taken over too early, and may be sent twice with one Idempotency-Key. Back,
times that were kept lie farther ahead than any that is set: from `FARTHEST` on they are not waited for.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from rulewright.outbox.letters import State
from rulewright.ports import Records, StoreClock

# Doubled from 5 seconds up to 4 hours: 20 attempts take about a day and a half.
_FIRST: Final = 5.0
_LONGEST: Final = 4 * 3600.0
ATTEMPTS: Final = 20
# A receiver may ask for patience, but not for ever.
_MOST_PATIENT: Final = 24 * 3600.0
# No lease is longer, in seconds; it is renewed while a message is being sent.
LONGEST_LEASE: Final = 3600.0
# How many seconds ahead a message in a state may be due, where the clock was not set back.
FARTHEST: Final[Mapping[State, float]] = MappingProxyType(
    {"sending": LONGEST_LEASE, "waiting": _MOST_PATIENT + 60.0}
)


def now_of(store: Records) -> datetime:
    """What time it is, by the store's clock."""
    return store.now().astimezone(UTC) if isinstance(store, StoreClock) else datetime.now(UTC)


def stamp(time: datetime) -> str:
    """A time as text that sorts as the times do."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def later(time: datetime, seconds: float) -> str:
    """The stamp of a time so many seconds later."""
    return stamp(time + timedelta(seconds=seconds))


def pause_after(attempts: int, retry_after: float | None = None) -> float:
    """Seconds from a failed attempt to the next: doubling, with jitter, and what the receiver asked for.

    `attempts` counts those made so far. The jitter keeps a receiver that comes back from meeting all its
    messages at one moment.
    """
    longest = min(_LONGEST, _FIRST * 2.0 ** min(attempts - 1, 32))
    pause = longest * random.uniform(0.5, 1.0)
    return max(pause, patience(retry_after))


def patience(asked: float | None) -> float:
    """For how many seconds a receiver, or what sends to it, is waited for that asked for so many."""
    # In this order: what is no number at all is 0.
    return min(max(0.0, asked or 0.0), _MOST_PATIENT)

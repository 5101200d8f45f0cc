"""Doing a transaction again that the store gave up for the sake of another one."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from rulewright.errors import ConflictError

TRIES: Final = 5
# Seconds before the second try, doubled before each one after it; with jitter, or both would meet again.
_PAUSE: Final = 0.05

_Done = TypeVar("_Done")


def despite_conflicts(transact: Callable[[], _Done]) -> _Done:
    """Return what `transact` does in a transaction of its own; try up to five times.

    Raises the last ConflictError, and at once whatever else is wrong.
    """
    for tried in range(1, TRIES):
        try:
            return transact()
        except ConflictError:
            time.sleep(_PAUSE * 2**tried * random.random())
    return transact()

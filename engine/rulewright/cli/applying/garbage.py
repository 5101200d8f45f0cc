"""Python's search for circular garbage, made rare while a batch runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# New objects until the next search. What a chunk makes is no circle, and is let go of by itself; the search
# would only walk through all of it, and through the rules, again and again.
_THRESHOLD: Final = 100_000


@contextmanager
def rare_collections() -> Iterator[None]:
    """For a block of the command's own process: leave alone what is there, search the rest seldom."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_THRESHOLD, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

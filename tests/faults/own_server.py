"""A PostgreSQL server of one's own for a fault program: the one of the adapters' tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "adapters"))

from postgres_server import running


@contextmanager
def running_postgres(wanted: bool) -> Iterator[str | None]:
    """Start a server, safe against power failures, and give a store's URL; None if none is wanted."""
    if not wanted:
        yield None
        return
    with running(fsync=True) as server:
        yield server.new_url()

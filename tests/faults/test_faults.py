"""The fault programs in a small size; by hand they take any size: see each one's first lines."""

from __future__ import annotations

import appliers
import deliveries
import households
from own_server import running_postgres


def test_killed_deliverers_lose_nothing() -> None:
    """A server that misbehaves on 30 % of the calls gets every message, and acts on each once."""
    counts = deliveries.run(messages=40, kills=2, bad=0.3, deliverers=2, seed=5)

    assert deliveries.is_right(counts), counts


def test_killed_workers_lose_nothing() -> None:
    """On PostgreSQL Procrastinate hands the messages out; those of a killed worker go to another."""
    with running_postgres(True) as url:
        counts = deliveries.run(messages=40, kills=2, bad=0.3, deliverers=2, seed=6, store=url, work=True)

    assert deliveries.is_right(counts), counts


def test_killed_appliers_leave_nothing_half_done() -> None:
    """What was acknowledged is stored, with its household, its message and its history."""
    counts = appliers.run(kills=2, url=None, seed=5)

    assert appliers.is_right(counts), counts
    assert counts["acknowledged"] >= 2


def test_many_writers_keep_every_invariant() -> None:
    """Each household has one head; a person's addresses follow each other without a break."""
    counts = households.run(processes=2, cases=10, households=3, overrides=5, url=None)

    assert households.is_right(counts), counts

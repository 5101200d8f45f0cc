"""The fault programs in a small size; by hand they take any size: see each one's first lines."""

from __future__ import annotations

import appliers
import clocks
import deliveries
import full_disk
import households
import movers
import paces
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
    counts = appliers.run(kills=2, seed=5)

    assert appliers.is_right(counts), counts
    assert counts["acknowledged"] >= 2


def test_killed_movers_leave_nothing_half_done() -> None:
    """`fire`, `tick` and `outbox deliver`, each ended between any two of its steps, move and tell once."""
    counts = movers.run(kills=2, seed=5)

    assert movers.is_right(counts), counts
    assert counts["acknowledged"] >= 2


def test_a_full_disk_is_told_and_leaves_nothing_half_done() -> None:
    """`apply` and `deliver` end with 2, and go on once there is space."""
    counts = full_disk.run(cases=3000, size=16)

    assert full_disk.is_right(counts), counts


def test_a_clock_that_is_set_neither_loses_nor_blocks_messages() -> None:
    """On SQLite all share the machine's clock; what a killed deliverer held goes on within seconds."""
    counts = clocks.run(messages=24, hours=5)

    assert clocks.is_right(counts), counts


def test_machines_whose_clocks_are_apart_steal_no_messages() -> None:
    """On PostgreSQL they go by the server's clock."""
    with running_postgres(True) as url:
        counts = clocks.run(messages=48, hours=5, store=url)

    assert clocks.is_right(counts), counts


def test_several_deliverers_keep_one_rate() -> None:
    """600 a minute, and no 429 from a receiver that counts."""
    counts = paces.run(messages=60, rate=600, deliverers=3, kills=1, seed=5)

    assert paces.is_right(counts), counts


def test_many_writers_keep_every_invariant() -> None:
    """Each household has one head; a person's addresses follow each other without a break."""
    counts = households.run(processes=2, cases=10, households=3, overrides=5)

    assert households.is_right(counts), counts

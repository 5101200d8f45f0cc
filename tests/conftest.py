"""What holds for all tests: how hypothesis looks for counterexamples, and stores of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from rulewright.ports import Store
from rulewright_adapters import open_store

if TYPE_CHECKING:
    from postgres_server import Server

# It takes no example for a benchmark.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One PostgreSQL server for all tests that want one."""
    from postgres_server import running  # noqa: PLC0415 - what it needs takes its time, and most need no server

    with running() as server:
        yield server


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens empty stores of one kind."""
    stores: list[Store] = []

    def open_another() -> Store:
        match request.param:
            case "memory":
                url = "memory://"
            case "sqlite":
                url = f"sqlite:///{tmp_path}/{len(stores)}.db"
            case _:
                url = request.getfixturevalue("postgres").new_url()
        stores.append(open_store(url))
        return stores[-1]

    yield open_another
    for store in stores:
        store.close()

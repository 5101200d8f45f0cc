"""A store of every kind that is there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rulewright.ports import Store
from rulewright_adapters import open_store

sys.path.append(str(Path(__file__).parents[1] / "adapters"))

from postgres_server import Server, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One PostgreSQL server for all tests."""
    with running() as started:
        yield started


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
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

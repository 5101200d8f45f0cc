"""Stores of every kind that is there, each with an outbox."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import make_program

from rulewright.ports import Store
from rulewright.program import Program
from rulewright_adapters import open_store

# The server that misbehaves, and the PostgreSQL server of the adapters' tests.
sys.path += [str(Path(__file__).parents[1] / name) for name in ("faults", "adapters")]

from postgres_server import Server, running
from vendor import forward, server  # noqa: F401 - fixtures


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The rules of orders that are told to a vendor."""
    return make_program(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One PostgreSQL server for all tests."""
    with running() as started:
        yield started


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    match request.param:
        case "memory":
            url = "memory://"
        case "sqlite":
            url = f"sqlite:///{tmp_path / 'outbox.db'}"
        case _:
            started: Server = request.getfixturevalue("postgres")
            url = started.new_url()
    opened = open_store(url)
    yield opened
    opened.close()

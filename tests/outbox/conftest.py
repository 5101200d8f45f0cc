"""Stores of every kind that is there, each with an outbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import make_program

from rulewright.ports import Store
from rulewright.program import Program
from rulewright_adapters import open_store


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The rules of orders that are told to a vendor."""
    return make_program(tmp_path_factory.mktemp("rules"))


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = open_store("memory://" if request.param == "memory" else f"sqlite:///{tmp_path / 'outbox.db'}")
    yield opened
    opened.close()

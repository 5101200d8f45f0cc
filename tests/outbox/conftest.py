"""What the tests of messages share: rules of orders, a vendor, and an empty store of each kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from desk import make_program
from vendor import server  # noqa: F401 - a fixture

from rulewright.ports import Store
from rulewright.program import Program


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The rules of orders that are told to a vendor."""
    return make_program(tmp_path_factory.mktemp("rules"))


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    """An empty store of each kind."""
    return new_store()

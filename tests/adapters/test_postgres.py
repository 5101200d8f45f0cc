"""The store in PostgreSQL keeps the contract and says in words what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgres_server import Server, running

from rulewright.ports import Store
from rulewright.testing import StoreContract
from rulewright_adapters import open_store


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server for the tests of this module."""
    with running() as server:
        yield server


class TestContract(StoreContract):
    """Every store's contract."""

    @pytest.fixture(autouse=True)
    def _server(self, server: Server) -> None:
        self.server = server

    def open_store(self) -> Store:
        """Open a schema that is not there yet."""
        return open_store(self.server.new_url())

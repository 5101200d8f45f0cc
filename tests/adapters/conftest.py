"""What the tests of all adapters share: an empty store of each kind, a vendor, and sending to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from vendor import forward, server

from rulewright.ports import Store

__all__ = ["forward", "server", "store"]


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    """An empty store of each kind."""
    return new_store()

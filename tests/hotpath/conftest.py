"""The program that all tests of the hot path share."""

from __future__ import annotations

import pytest

from rulewright import Program, load


@pytest.fixture(scope="session")
def program() -> Program:
    return load()

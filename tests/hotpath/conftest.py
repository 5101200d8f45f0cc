"""The program that all tests of the hot path share, and this folder's own modules."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rulewright import Program, load

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def program() -> Program:
    return load()

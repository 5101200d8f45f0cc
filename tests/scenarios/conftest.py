"""The small rule set that the scenario files here are about."""

from __future__ import annotations

from pathlib import Path

import pytest

from rulewright import Program, load

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def shop() -> Program:
    return load(HERE / "rules")

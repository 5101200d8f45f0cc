"""How much the agreement test tries: `--agreement N` evaluations, or RULEWRIGHT_AGREEMENT=N."""

from __future__ import annotations

import os

import pytest

ORDINARY = 50_000


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--agreement", type=int, default=None, help="evaluations the agreement test makes")


@pytest.fixture
def evaluations(request: pytest.FixtureRequest) -> int:
    """How many evaluations to make."""
    asked = request.config.getoption("--agreement", None)
    return int(asked if asked is not None else os.environ.get("RULEWRIGHT_AGREEMENT", ORDINARY))

"""Every test of the port runs on each backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from random_sessions import BACKENDS

from rulewright.inference import CHOICE, InferenceEngine, JoinRule, make_matcher

EngineMaker = Callable[[Sequence[JoinRule]], InferenceEngine]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make_engine(backend: str) -> EngineMaker:
    return lambda rules: InferenceEngine(rules, make_matcher(backend))


@pytest.fixture
def chosen(backend: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Programs that are loaded now use this backend."""
    monkeypatch.setenv(CHOICE, backend)
    return backend

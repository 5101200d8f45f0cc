"""How a chunk is written: in parts where it takes too long."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rulewright.batch.chunks import in_transactions
from rulewright.errors import AdapterError


def test_what_is_left_is_given_in_parts_that_grow() -> None:
    """Who did three of a hundred in time is not given all the others, for which it would read ahead."""
    given: list[int] = []

    def write(part: Sequence[int]) -> list[int]:
        given.append(len(part))
        return [*part[:3]] if len(given) == 1 else [*part]

    def refuse(one: int, error: AdapterError) -> list[int]:
        pytest.fail(f"{one}: {error}")

    done = [one for part in in_transactions(range(100), write, refuse) for one in part]

    assert done == [*range(100)]
    assert given == [100, 6, 12, 24, 48, 7]

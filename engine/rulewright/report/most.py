"""How many problems of one payload people are told of; the formats for programs have all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    # A warm start reports without importing these.
    from collections.abc import Sequence

    from rulewright.problem import Problem

# A payload of 10 MiB may have a million: nobody reads so many, and the first ones show what is wrong.
MOST_PROBLEMS: Final = 1_000


def most_of(problems: Sequence[Problem]) -> Sequence[Problem]:
    """The first of them, in their order; errors before others where there are too many."""
    if len(problems) <= MOST_PROBLEMS:
        return problems
    return sorted(problems, key=lambda problem: problem.severity != "error")[:MOST_PROBLEMS]


def rest_of(problems: Sequence[Problem]) -> str | None:
    """What is said of those that are not told; None where all are."""
    more = len(problems) - MOST_PROBLEMS
    if more <= 0:
        return None
    return f"and {more:,} more problem{'s' if more > 1 else ''}, which --format jsonl tells"

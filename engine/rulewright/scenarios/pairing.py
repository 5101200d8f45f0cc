"""Pairing what is expected with what there is, where either may fit several of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def pair(expected: Sequence[T], actual: Sequence[T], alike: Callable[[T, T], bool]) -> dict[int, int]:
    """Pair as many as possible, one to one: index of an expected entry -> index of an actual one.

    `[{code: required}, {path: /a, code: required}]` fits two problems whichever way round they come;
    taking the first that fits would miss that (Kuhn's augmenting paths do not).
    """
    fits = [[j for j, found in enumerate(actual) if alike(wanted, found)] for wanted in expected]
    taken: dict[int, int] = {}
    for index in range(len(expected)):
        _augment(index, fits, taken, set())
    return {index: j for j, index in taken.items()}


def _augment(index: int, fits: Sequence[Sequence[int]], taken: dict[int, int], seen: set[int]) -> bool:
    for j in fits[index]:
        if j in seen:
            continue
        seen.add(j)
        if j not in taken or _augment(taken[j], fits, taken, seen):
            taken[j] = index
            return True
    return False


def nearest(
    entry: T, others: Mapping[int, T], compare: Callable[[T, T], Iterable[object]], *, limit: int
) -> int | None:
    """Return which of the others differs least, if in fewer than `limit` places."""
    distances = {index: sum(1 for _ in compare(entry, other)) for index, other in others.items()}
    if not distances:
        return None
    best = min(distances, key=lambda index: distances[index])
    return best if distances[best] < limit else None

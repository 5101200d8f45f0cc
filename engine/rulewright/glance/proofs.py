"""What was proven to be acceptable, kept in bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rulewright.hotpath.runtime.days import Days

# What is proven of one thing is forgotten when there is more of it than this.
REMEMBERED: Final = 32_768


def keep(known: dict[object, object], value: object, proof: object) -> None:
    """Note what was proven; when there is too much of it, start anew."""
    if len(known) >= REMEMBERED:
        known.clear()
    known[value] = proof


def answering(judge: Callable[[Any], None]) -> Callable[[Any], bool]:
    """A judge that says no instead of raising."""

    def answer(value: Any) -> bool:
        try:
            judge(value)
        except Exception:  # whatever it was, the full path meets it
            return False
        return True

    return answer


def remembering(judge: Callable[[Any], bool], good: dict[object, object]) -> Callable[[Any], bool]:
    def answer(value: Any) -> bool:
        if not judge(value):
            return False
        if len(good) < REMEMBERED:
            good[value] = True
        return True

    return answer


def remembering_months(
    judge: Callable[[Any], bool], days: Days, good: dict[object, object]
) -> Callable[[Any], bool]:
    """A judge of dates that knows all days of a month when it has met one of them."""
    day = days.layout.day

    def answer(text: Any) -> bool:
        if not judge(text):
            return False
        before, after = text[: day.start], text[day.stop :]
        if len(good) < REMEMBERED:
            good.update((before + each + after, True) for each in days.months.get(before + after, ()))
        return True

    return answer

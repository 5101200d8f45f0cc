"""Dates by position: of a month that was met once, every day is known by looking it up."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rulewright.hotpath.runtime.state import Decline

# Months that a reader keeps in mind: more than a century of them.
_REMEMBERED: Final = 2_048
# Of the year 0000 there is no date, and few write of years below this one: those are left to marshmallow.
_FIRST_YEAR: Final = 1_000
_DAYS: Final = tuple(f"{day:02}" for day in range(1, 32))


@dataclass(frozen=True, slots=True)
class Layout:
    """Where year, month and day stand in texts of a format, and the signs between them."""

    length: int
    year: slice
    month: slice
    day: slice
    signs: tuple[tuple[int, str], ...]

    @property
    def split(self) -> tuple[str, str]:
        """Python for what a text says beside the day, and for the day, with {0} for the text."""
        start, stop = self.day.start, self.day.stop
        if stop == self.length:
            return f"{{0}}[:{start}]", f"{{0}}[{start}:]"
        if start == 0:
            return f"{{0}}[{stop}:]", f"{{0}}[:{stop}]"
        return f"{{0}}[:{start}] + {{0}}[{stop}:]", f"{{0}}[{start}:{stop}]"


@dataclass(frozen=True, slots=True)
class Days:
    """Reads the texts of one format. `months`: what a text says beside the day -> day -> ISO date.

    `read` gives the ISO date of a text, and raises Decline where it is none.
    """

    layout: Layout
    months: dict[str, dict[str, str]]
    read: Callable[[str], Any]


def days_of(layout: Layout, general: Callable[[str], Any]) -> Days:
    """Return what reads dates of a layout; `general` reads those of years that few write of."""
    months: dict[str, dict[str, str]] = {}
    day = layout.day
    start, stop = day.start, day.stop

    # A function and not a method, so that a warm start can keep it.
    def read(text: str) -> Any:
        rest = text[:start] + text[stop:]
        try:
            return months[rest][text[day]]
        except KeyError:
            pass
        found = _month_of(layout, text)
        if found is None:
            return general(text)
        if len(months) < _REMEMBERED:
            months[rest] = found
        if text[day] not in found:
            raise Decline
        return found[text[day]]

    return Days(layout, months, read)


def _month_of(layout: Layout, text: str) -> dict[str, str] | None:
    """All days of the month that a text is in; None where its year is left to others."""
    if len(text) != layout.length or not text.isascii():
        raise Decline
    for at, sign in layout.signs:
        if text[at] != sign:
            raise Decline
    year, month = text[layout.year], text[layout.month]
    if not (year.isdigit() and month.isdigit() and text[layout.day].isdigit()):
        raise Decline
    if int(year) < _FIRST_YEAR:
        return None
    if not 1 <= int(month) <= 12:
        raise Decline
    before = f"{year}-{month}-"
    return {day: before + day for day in _DAYS[: monthrange(int(year), int(month))[1]]}


def layout_of(format_: str) -> Layout | None:
    """Where the parts of a date stand in a text of this format; None where that can't be told."""
    pattern = "%Y-%m-%d" if format_ == "iso" else format_
    places: dict[str, slice] = {}
    signs: list[tuple[int, str]] = []
    at = 0
    for part in re.findall(r"%.|[^%]", pattern, re.DOTALL):
        if part in ("%Y", "%m", "%d") and part not in places:
            places[part] = slice(at, at := at + (4 if part == "%Y" else 2))
        elif len(part) == 1 and part in "-/. ":
            signs.append((at, part))
            at += 1
        else:
            return None
    if len(places) < 3:
        return None
    return Layout(at, places["%Y"], places["%m"], places["%d"], tuple(signs))

"""Dates by position: of a month that was met once, every day is known by looking it up."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from rulewright.hotpath.state import Decline

# Months that a reader keeps in mind: more than a century of them.
_REMEMBERED: Final = 2_048
# strftime writes years below 1000 without zeros, so those are left to marshmallow.
_FIRST_YEAR: Final = 1_000


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
    """Reads the texts of one format. `months`: what a text says beside the day -> day -> ISO date."""

    layout: Layout
    general: Callable[[str], object]
    months: dict[str, dict[str, str]]

    def read(self, text: str) -> object:
        """The ISO date of a text. Raises Decline where it is none."""
        day = self.layout.day
        rest = text[: day.start] + text[day.stop :]
        try:
            return self.months[rest][text[day]]
        except KeyError:
            return self._learn(rest, text)

    def _learn(self, rest: str, text: str) -> object:
        layout = self.layout
        if len(text) != layout.length or not text.isascii():
            raise Decline
        if any(text[at] != sign for at, sign in layout.signs):
            raise Decline
        parts = (text[layout.year], text[layout.month], text[layout.day])
        if not all(map(str.isdigit, parts)):
            raise Decline
        year, month, day = map(int, parts)
        if year < _FIRST_YEAR:
            return self.general(text)
        if not 1 <= month <= 12:
            raise Decline
        days = {
            f"{one:02}": date(year, month, one).isoformat()
            for one in range(1, monthrange(year, month)[1] + 1)
        }
        if len(self.months) < _REMEMBERED:
            self.months[rest] = days
        if f"{day:02}" not in days:
            raise Decline
        return days[f"{day:02}"]


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

"""Texts of rule files, short enough for a diagram."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import wrap
from typing import Final

from rulewright.report.text import show_text

_LONGEST: Final = 90
_WIDTH: Final = 44
_UNITS: Final = (("d", 86_400), ("h", 3_600), ("m", 60))
# Where an expression is best cut: before an operator.
_BREAK: Final = re.compile(r" (?=&&|\|\||\?|:|==|!=|[<>]=?|in )")


def one_line(text: str) -> str:
    """A text on one line, with an ellipsis where it would be too long: expressions end before an operator."""
    plain = show_text(" ".join(text.split()))
    if len(plain) <= _LONGEST:
        return plain
    cut = plain[:_LONGEST]
    breaks = [found.start() for found in _BREAK.finditer(cut)]
    words = cut.rfind(" ")
    place = next((one for one in (*reversed(breaks), words) if one > _LONGEST // 2), _LONGEST)
    return f"{cut[:place]} …"


def folded(text: str) -> list[str]:
    """A text on lines of one width, as far as its words allow: names are not taken apart."""
    return wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def duration(seconds: int) -> str:
    """A time as rule files write it: 30d, 12h."""
    for unit, size in _UNITS:
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def short_name(resource: str, home: str | None) -> str:
    """A resource's name without its API where that is the only one, `home`."""
    api, _, name = resource.partition("/")
    return name if api == home and name else resource


def only_api(resources: Sequence[str]) -> str | None:
    """The API of these resources, None where there are several."""
    apis = {one.partition("/")[0] for one in resources}
    return apis.pop() if len(apis) == 1 else None

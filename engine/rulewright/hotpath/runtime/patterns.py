"""Searching with a pattern: by Python's `re` where a short text can't take it long, else by RE2.

RE2 is linear in the text whatever the pattern, but its binding costs more than a short text takes. A pattern
without nested repetitions takes `re` at most the text's length to the power of their number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import factorial
from typing import Final

import re2

# A row of single characters and classes, each with at most one repetition; what RE2 and `re` read alike on
# ASCII text. `\\s` is not among them outside of classes of our own making: RE2 leaves out the vertical tab.
_PART: Final = re.compile(
    r"""(?: \\[dw.+*?()\[\]{}|^$/\\-]
        | \[\^?(?:[A-Za-z0-9_@#%&=:;,/!.\s-]|\\[dws.+*?()\[\]{}|^$/\\-])+\]
        | [A-Za-z0-9_@#%&=:;,/!\x20-] )
    (?P<repeat>[*+?]|\{[0-9]{1,2}(?:,[0-9]{0,2})?\})?""",
    re.VERBOSE,
)
# Steps that a search may take at worst: some hundred microseconds.
_STEPS: Final = 50_000


def searcher(pattern: str) -> Callable[[str], bool]:
    """Return a function that says whether a text matches, as CEL's `matches` does."""
    slow = re2.compile(pattern).search
    longest, quick = _bounded(pattern)

    def search(text: str) -> bool:
        if len(text) <= longest and text.isascii() and "\v" not in text:
            return quick(text) is not None
        return slow(text) is not None

    return search


def _bounded(pattern: str) -> tuple[int, Callable[[str], object]]:
    """The longest text that `re` may be given, and its search; 0 where the pattern is not understood."""
    body = pattern.removeprefix("^")
    ends = body.endswith("$") and not body.endswith("\\$")
    body = body.removesuffix("$") if ends else body
    repeats = 0 if pattern.startswith("^") else 1
    at = 0
    while at < len(body):
        found = _PART.match(body, at)
        if found is None or body[found.end() : found.end() + 1] in ("?", "+", "*"):
            return -1, _never
        repeats += found["repeat"] is not None
        at = found.end()
    # Python's $ would also match before a newline at the end.
    translated = f"{'^' if pattern.startswith('^') else ''}{body}{chr(92) + 'Z' if ends else ''}"
    try:
        # The places where the repetitions end are in order, so of each set of places one order only.
        longest = int((_STEPS * factorial(repeats)) ** (1 / max(repeats, 1)))
        return longest, re.compile(translated, re.ASCII).search
    except re.error:
        return -1, _never


def _never(text: str) -> None:
    raise AssertionError(text)

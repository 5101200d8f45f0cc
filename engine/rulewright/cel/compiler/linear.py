"""Patterns Python's `re` surely runs in linear time, translated from RE2's syntax.

A short list of what is understood; everything else is left to RE2. A pattern is a row of single characters or
classes, each with a repetition. It is linear if no part that may take more or fewer characters is followed,
before the next part that must take one, by a part that takes one of the same characters: then there is one
way to match, and giving characters back fails at once. Where the row does not start at the text's start,
`search` tries it at every place, so its length must be bounded too.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

_MAX_LENGTH: Final = 64
"""Characters an unanchored pattern may take: how many times a character is visited at most."""
_MAX_REPEAT: Final = 1_000
"""The largest repetition RE2 takes."""

_CLASSES: Final = {
    "d": "0-9",
    "w": "0-9A-Za-z_",
    # RE2 leaves out the vertical tab.
    "s": "\\t\\n\\f\\r ",
}
_ESCAPED: Final = ".+*?()[]{}|^$\\/-"

_ATOM: Final = re.compile(
    r"""
      (?P<dot>    \. )
    | (?P<class>  \[ \^? (?: [A-Za-z0-9_ @#%&=:;,/!.*+()?$-] | \\[dws.+*?()\[\]{}|^$\\/-] )+ \] )
    | \\ (?P<escape> [dws.+*?()\[\]{}|^$\\/-] )
    | (?P<char>   [A-Za-z0-9_ @#%&=:;,/!<>"'~-] )
    """,
    re.VERBOSE,
)
_REPEAT: Final = re.compile(r"\{([0-9]{1,4})(,([0-9]{1,4})?)?\}|[*+?]")
_ASCII: Final = "".join(map(chr, range(128)))


class _Part(Struct, frozen=True):
    text: str
    characters: frozenset[str]
    least: int
    most: int | None

    @property
    def varies(self) -> bool:
        return self.least != self.most


def linear_pattern(pattern: str) -> str | None:
    """The pattern for `re.search` on ASCII text, or None where it is not surely linear."""
    body = pattern.removeprefix("^")
    anchored = body != pattern
    ends = body.endswith("$") and not body.endswith("\\$")
    parts = _parts(body.removesuffix("$") if ends else body)
    if parts is None or not _is_deterministic(parts):
        return None
    lengths = [part.most for part in parts]
    if not anchored and sum(_MAX_LENGTH + 1 if most is None else most for most in lengths) > _MAX_LENGTH:
        return None
    # Python's $ would also match before a newline at the end.
    return f"{'^' if anchored else ''}{''.join(part.text for part in parts)}{chr(92) + 'Z' if ends else ''}"


def _parts(body: str) -> list[_Part] | None:
    parts: list[_Part] = []
    position = 0
    while position < len(body):
        found = _ATOM.match(body, position)
        if found is None:
            return None
        text = _translated(found)
        if text is None:
            return None
        position = found.end()
        repeat = _REPEAT.match(body, position)
        if repeat is not None:
            position = repeat.end()
        bounds = _bounds(repeat)
        if bounds is None:
            return None
        parts.append(_Part(text + (repeat[0] if repeat else ""), _characters(text), *bounds))
    return parts


def _translated(found: re.Match[str]) -> str | None:
    """The atom in Python's syntax, with the classes RE2 means."""
    if found["escape"] in _CLASSES and found["escape"] is not None:
        return f"[{_CLASSES[found['escape']]}]"
    if found["class"] is None:
        return found[0]
    text = re.sub(r"\\([dws])", lambda escape: _CLASSES[escape[1]], found["class"])
    try:
        re.compile(text)
    except re.error:
        # A range written backwards, for instance: RE2 shall say so.
        return None
    return text


def _characters(text: str) -> frozenset[str]:
    return frozenset(re.findall(text, _ASCII))


def _bounds(repeat: re.Match[str] | None) -> tuple[int, int | None] | None:
    """The least and the largest number of repetitions; None where RE2 would refuse them."""
    if repeat is None:
        return 1, 1
    if repeat[0] in "*+?":
        return (1 if repeat[0] == "+" else 0), (1 if repeat[0] == "?" else None)
    least = int(repeat[1])
    most = least if repeat[2] is None else None if repeat[3] is None else int(repeat[3])
    if max(least, most or 0) > _MAX_REPEAT or (most is not None and most < least):
        return None
    return least, most


def _is_deterministic(parts: list[_Part]) -> bool:
    for index, part in enumerate(parts):
        if not part.varies:
            continue
        for following in parts[index + 1 :]:
            if part.characters & following.characters:
                return False
            if following.least > 0:
                break
    return True

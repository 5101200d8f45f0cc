"""Where the values of a JSON text stand: JSON Pointers -> the index of each value's first character.

The text was decoded before, so it is known to be JSON. Nothing recurses, and each level of nesting is
passed over once however many pointers are asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final, TypeAlias

from rulewright.inputs.decoding import decode_text
from rulewright.inputs.json_text import TOKEN
from rulewright.pointers import steps_of

# What is asked for below a value: reference token -> what is asked for below that.
_Wanted: TypeAlias = "dict[str, _Wanted]"
_Steps = tuple[str, ...]

_BLANK: Final = " \t\r\n"
# A member of an object: its name (1) and value (2); if that has no parts, all of it (3) and the comma, too.
_MEMBER: Final = re.compile(
    r"""[ \t\r\n]*+ "((?:[^"\\]|\\.)*+)" [ \t\r\n]*+ : [ \t\r\n]*+
        (?=(.)) (?: ( "(?:[^"\\]|\\.)*+" | [^\s\[\]{},:"]++ ) [ \t\r\n]*+ ,?+ )?+""",
    re.DOTALL | re.VERBOSE,
)

# An object or a list whose parts may hold parts, and these none.
_FLAT: Final = r"""(?: "[^"\\]*+(?:\\.[^"\\]*+)*+" | [^"\[\]{}]++ )*+"""
SHALLOW: Final = rf"""[\[{{] {_FLAT} (?: [\[{{] {_FLAT} [\]}}] {_FLAT} )*+ [\]}}]"""
_SHALLOW: Final = re.compile(SHALLOW, re.DOTALL | re.VERBOSE)

# No place in a text.
_UNKNOWN: Final = -1
# So many are looked for one by one, each from the start; more of them in one walk.
_FEW: Final = 16

# What follows an escape in a text, to its end; the text is a name where there is a colon (1) then.
_ESCAPED: Final = re.compile(r"""\\[^"]*+"([ \t\r\n]*+:)?""")


def find_values(text: str, pointers: Collection[str], start: int = 0) -> Mapping[str, int]:
    """The index of the value at each pointer; for what is not there, of the nearest value that lacks it.

    `start` is anywhere in the blanks before the value that the pointers point into.
    """
    if pointers == ("",):
        # Each item of a list is asked for this.
        return {"": _skip_blanks(text, start)}
    if not start and len(pointers) <= _FEW and text.startswith("{"):
        plain = {pointer: _find_plainly(text, pointer) for pointer in pointers}
        if _UNKNOWN not in plain.values():
            return plain
        if (parts := _flat_parts(text)) is not None:
            return {pointer: _find_key(text, tuple(steps_of(pointer)), parts) for pointer in pointers}
    first = _skip_blanks(text, start)
    steps = {pointer: tuple(steps_of(pointer)) for pointer in pointers}
    found = _walk(text, first, _tree(steps.values()))
    return {pointer: _nearest(found, each) for pointer, each in steps.items()}


def _find_plainly(text: str, pointer: str) -> int:
    """Where a member of the object that `text` is has its value; _UNKNOWN where that takes more than a look.

    What comes before any object within, and starts with a quote that opens a text, is a name of this object.
    """
    name = pointer[1:]
    if not name.isidentifier():
        return _UNKNOWN
    sought = f'"{name}":'
    at = text.find(sought)
    # No letter follows a quote that closes a text, and one within a text has a backslash before it.
    if at < 0 or text[at - 1] == "\\" or text.find("{", 1, at) > 0:
        return _UNKNOWN
    after = at + len(sought)
    return after if text[after] not in _BLANK else _skip_blanks(text, after)


def item_starts(text: str) -> list[int]:
    """Where each item of the JSON array that `text` is starts."""
    return [index for _, index in _children(text, _skip_blanks(text, 0))]


def _flat_parts(text: str) -> dict[int, int] | None:
    """Where the objects of an object start and end, if they hold none themselves; None where nobody knows.

    There may be no lists and no escaped quotes: then what has evenly many quotes before it is in no text.
    Names may have no escapes, for they are looked for as they are.
    """
    if "[" in text or '\\"' in text or _has_escaped_name(text):
        return None
    parts: dict[int, int] = {}
    opening = text.find("{", 1)
    while opening >= 0:
        closing = text.find("}", opening)
        if text.find("{", opening + 1, closing) >= 0 or not _is_outside(text, opening, closing):
            return None
        parts[opening] = closing
        opening = text.find("{", closing)
    return parts


def _has_escaped_name(text: str) -> bool:
    return "\\" in text and any(found[1] is not None for found in _ESCAPED.finditer(text))


def _is_outside(text: str, *places: int) -> bool:
    """Whether places are in no text."""
    return all(text.count('"', 0, place) % 2 == 0 for place in places)


def _find_key(text: str, steps: _Steps, parts: Mapping[int, int]) -> int:
    """Where a member is; of what is not there, the value that lacks it."""
    found, end = 0, len(text)
    for step in steps:
        sought = f'"{step}"'
        at = text.find(sought, found + 1, end)
        while at >= 0:
            after = _skip_blanks(text, at + len(sought))
            inside = next((close for open_, close in parts.items() if found < open_ < at < close), None)
            if inside is None and text[after] == ":" and _is_outside(text, at):
                break
            at = text.find(sought, at + 1 if inside is None else inside, end)
        else:
            return found
        found = _skip_blanks(text, after + 1)
        if found not in parts:
            return found
        end = parts[found]
    return found


def _tree(paths: Collection[_Steps]) -> _Wanted:
    root: _Wanted = {}
    for path in paths:
        below = root
        for step in path:
            below = below.setdefault(step, {})
    return root


def _walk(text: str, first: int, wanted: _Wanted) -> dict[_Steps, int]:
    found: dict[_Steps, int] = {(): first}
    waiting: list[tuple[_Steps, int, _Wanted]] = [((), first, wanted)]
    while waiting:
        path, index, below = waiting.pop()
        missing = len(below)
        if not missing:
            continue
        for step, child in _children(text, index):
            if step in below:
                found[(*path, step)] = child
                waiting.append(((*path, step), child, below[step]))
                missing -= 1
                if not missing:
                    break
    return found


def _nearest(found: Mapping[_Steps, int], path: _Steps) -> int:
    while path not in found:
        path = path[:-1]
    return found[path]


def _children(text: str, index: int) -> Iterator[tuple[str, int]]:
    """The members of the object, or the items of the array, at `index`, with where their values start."""
    opening = text[index : index + 1]
    if opening == "{":
        yield from _members(text, index)
    elif opening == "[":
        yield from _items(text, index)


def _members(text: str, index: int) -> Iterator[tuple[str, int]]:
    index += 1
    while (found := _MEMBER.match(text, index)) is not None:
        name = found[1]
        yield (json.loads(f'"{name}"') if "\\" in name else name), found.start(2)
        if found[3] is None:
            end = _skip_blanks(text, _skip_value(text, found.start(2)))
            index = end + 1 if text[end] == "," else end
        else:
            index = found.end()


def _items(text: str, index: int) -> Iterator[tuple[str, int]]:
    count = 0
    index = _skip_blanks(text, index + 1)
    while text[index] != "]":
        yield str(count), index
        count += 1
        index = _skip_blanks(text, _skip_value(text, index))
        if text[index] == ",":
            index = _skip_blanks(text, index + 1)


def _skip_blanks(text: str, index: int) -> int:
    while index < len(text) and text[index] in _BLANK:
        index += 1
    return index


def _skip_value(text: str, index: int) -> int:
    if (shallow := _SHALLOW.match(text, index)) is not None:
        return shallow.end()
    depth = 0
    for found in TOKEN.finditer(text, index):
        if found[0] in "{[":
            depth += 1
        elif found[0] in "}]":
            depth -= 1
        if depth == 0:
            return found.end()
    return len(text)


def locate_in_line(name: str, number: int, raw: bytes, pointers: Collection[str]) -> Mapping[str, str]:
    """Where values of a line of JSONL stand: file:line:column by JSON Pointer."""
    found = find_values(decode_text(raw)[0], pointers)
    return {pointer: f"{name}:{number}:{index + 1}" for pointer, index in found.items()}

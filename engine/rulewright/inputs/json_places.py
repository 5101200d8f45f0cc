"""Where the values of a JSON text stand: JSON Pointers -> the index of each value's first character.

The text was decoded before, so it is known to be JSON. Nothing recurses, and each level of nesting is
passed over once however many pointers are asked for.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Final, TypeAlias

from rulewright.inputs.json_text import TOKEN

# What is asked for below a value: reference token -> what is asked for below that.
_Wanted: TypeAlias = "dict[str, _Wanted]"
_Steps = tuple[str, ...]

_BLANK: Final = " \t\r\n"


def find_values(text: str, pointers: Collection[str], start: int = 0) -> Mapping[str, int]:
    """The index of the value at each pointer; for what is not there, of the nearest value that lacks it.

    `start` is anywhere in the blanks before the value that the pointers point into.
    """
    first = _skip_blanks(text, start)
    steps = {pointer: _split(pointer) for pointer in pointers}
    found = _walk(text, first, _tree(steps.values()))
    return {pointer: _nearest(found, each) for pointer, each in steps.items()}


def item_starts(text: str) -> list[int]:
    """Where each item of the JSON array that `text` is starts."""
    return [index for _, index in _children(text, _skip_blanks(text, 0))]


def _split(pointer: str) -> _Steps:
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


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
        if not below:
            continue
        for step, child in _children(text, index):
            if step in below:
                found[(*path, step)] = child
                waiting.append(((*path, step), child, below[step]))
    return found


def _nearest(found: Mapping[_Steps, int], path: _Steps) -> int:
    while path not in found:
        path = path[:-1]
    return found[path]


def _children(text: str, index: int) -> Iterator[tuple[str, int]]:
    """The members of the object, or the items of the array, at `index`, with where their values start."""
    opening = text[index : index + 1]
    if opening not in ("{", "["):
        return
    count = 0
    index = _skip_blanks(text, index + 1)
    while text[index] not in "}]":
        if opening == "{":
            end = _skip_value(text, index)
            step = json.loads(text[index:end])
            index = _skip_blanks(text, _skip_blanks(text, end) + 1)
        else:
            step, count = str(count), count + 1
        yield step, index
        index = _skip_blanks(text, _skip_value(text, index))
        if text[index] == ",":
            index = _skip_blanks(text, index + 1)


def _skip_blanks(text: str, index: int) -> int:
    while index < len(text) and text[index] in _BLANK:
        index += 1
    return index


def _skip_value(text: str, index: int) -> int:
    depth = 0
    for found in TOKEN.finditer(text, index):
        if found[0] in "{[":
            depth += 1
        elif found[0] in "}]":
            depth -= 1
        if depth == 0:
            return found.end()
    return len(text)

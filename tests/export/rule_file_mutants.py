"""Rule files with something changed: a value, a keyword, or a part from elsewhere in its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

from rulewright.reader import behaviour_shape, field_shape, file_shape
from rulewright.reader.shapes import Shape
from rulewright.scenarios import shapes as scenario_shapes
from rulewright.source import read_source, to_plain

_SCALARS = (None, True, False, 0, -1, 5, 2.5, 200, "", " ", "a", "a.b", "a/b", "21d", "*", "null")
_WORDS = ("sequence", "uuid", "string", "integer", "list", "object", "date", "email", "collapse", "reject")
_MAPS = ({}, {"a": "b"}, {"a": None}, {"value": "1"}, {"code": "x"}, {"sequence": {"width": 3}}, {"uuid": {}})
_ODD: Sequence[Any] = (*_SCALARS, *_WORDS, *_MAPS, [], ["a"], [5], [None])


def plain_of(text: str | bytes) -> Any:
    """A YAML text as rule files are read; None where it can't be."""
    node, problems = read_source(text if isinstance(text, bytes) else text.encode(), "x.yaml")
    assert problems == ()
    return None if node is None else to_plain(node)


def keywords_of_the_language() -> list[str]:
    """Every keyword that stands in some map of rule files."""
    modules = (behaviour_shape, field_shape, file_shape, scenario_shapes)
    shapes = (one for module in modules for one in vars(module).values())
    return sorted(
        {word for one in shapes if isinstance(one, type) and issubclass(one, Shape) for word in one.keywords}
    )


class Mutants:
    """Makes changed copies of files, with keywords and values of all of them."""

    def __init__(self, files: Sequence[Path], seed: int) -> None:
        self.random = Random(seed)
        self.files = files
        self.words = [*keywords_of_the_language(), "nobody", "prohibit_if"]
        self.values: dict[str, list[Any]] = {}
        for file in files:
            for holder, key in _places(plain_of(file.read_bytes())):
                if isinstance(key, str):
                    self.values.setdefault(key, []).append(holder[key])

    def of(self, data: Any) -> Any:
        """A copy with one to three changes."""
        changed = deepcopy(data)
        for _ in range(self.random.choice((1, 1, 2, 3))):
            places = list(_places(changed))
            if places:
                self._change(*self.random.choice(places))
        return changed

    def _change(self, holder: Any, key: Any) -> None:
        action = self.random.randrange(5)
        if action == 0:
            del holder[key]
        elif action == 1:
            holder[key] = deepcopy(self._value(key))
        elif action == 2 and isinstance(holder, dict):
            word = self.random.choice(self.words)
            holder[word] = deepcopy(self._value(word))
        elif action == 3 and isinstance(holder, dict):
            holder[self.random.choice(self.words)] = holder.pop(key)
        else:
            holder[key] = [holder[key]] if self.random.random() < 0.5 else {"a": holder[key]}

    def _value(self, key: Any) -> Any:
        known = self.values.get(key, ())
        if known and self.random.random() < 0.6:
            return self.random.choice(known)
        if self.random.random() < 0.3:
            return self.random.choice(self.random.choice(list(self.values.values())))
        return self.random.choice(_ODD)


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every value that is held: its map or list, and its key."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield data, key
            yield from _places(value)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield data, index
            yield from _places(value)

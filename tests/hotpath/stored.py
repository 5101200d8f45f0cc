"""Stored records at odds with the rules: an older rule's, another program's, or nobody's."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from calls import Stored
from samples import WRONG, Sampler

from rulewright.compiled import CompiledField, CompiledResource

# What a store may hold in place of a value of the type, being older or less strict than the rules.
_MISTYPED: Final[Mapping[str, tuple[Any, ...]]] = {
    "integer": ("7", 7.0, 7.5, True, 2**63, "", {}),
    "number": (5, "1.5", True, float("nan"), float("inf"), 2**70),
    "boolean": (1, 0, 1.0, "true", "", 2),
    "string": (5, 0, True, 1.5, "", " ", "a\0b", "\ud800", [], {"x": 1}),
    "date": (
        "31/01/2025",
        "2025-1-31",
        "20250131",
        "2025-01-31T00:00:00Z",
        "2025-01-31T23:30:00-02:00",
        "soon",
        "",
        "0999-01-01",
        5,
    ),
    "datetime": (
        "2025-01-31",
        "2025-01-31T09:30:00",
        "2025-01-31T09:30:00+02:00",
        "2025-01-31T09:30:00.123456Z",
        "2025-01-31 09:30:00Z",
        "0001-01-01T00:00:00+14:00",
        "soon",
        "",
        5,
    ),
    "list": ((), ["x", None], [None], [1, 1], [["x"]], "x", {}, {"0": "x"}),
    "object": ("x", [], {}, {"x": None}, {"x": {"y": 1}}, [{}], 5),
    "map": ("x", [], {}, {"x": None}, {"x": {"y": None}}, {"x": [None]}, 5),
}


class Ager:
    """Puts stored records at odds with the rules."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.sampler = Sampler(random)

    def age(self, record: Mapping[str, object], resource: CompiledResource, stored: Stored) -> dict[str, Any]:
        """The record with one to four of its parts as the rules would not have them."""
        aged: dict[str, Any] = copy.deepcopy(dict(record))
        fields = resource.fields
        if self.random.random() < 0.9:  # else nobody may find it by its key
            fields = {name: one for name, one in fields.items() if name != resource.key} or fields
        for _ in range(self.random.choice((1, 1, 2, 4))):
            self._age(aged, fields, stored)
        if isinstance(aged.get(resource.key), list | dict | tuple):
            # No store finds a record by such a key.
            aged[resource.key] = record[resource.key]
        return dict(with_text_keys(aged))

    def _age(self, record: dict[str, Any], fields: Mapping[str, CompiledField], stored: Stored) -> None:
        random = self.random
        if random.random() < 0.08:
            record[random.choice(("old_field", "x", "", "Name"))] = copy.deepcopy(random.choice(WRONG))
            return
        field = random.choice([*fields.values()])
        below = record.get(field.name)
        if field.children and isinstance(below, dict) and random.random() < 0.7:
            self._age(below, {child.name: child for child in field.children}, stored)
            return
        ways: tuple[Callable[..., None], ...] = (
            self._lose,
            self._mistype,
            self._mistype,
            self._outlast,
            self._dangle,
        )
        random.choice(ways)(record, field, stored)

    def _lose(self, record: dict[str, Any], field: CompiledField, stored: Stored) -> None:
        """Leave a field out, or keep it as null."""
        if self.random.random() < 0.5:
            record.pop(field.name, None)
        else:
            record[field.name] = None

    def _mistype(self, record: dict[str, Any], field: CompiledField, stored: Stored) -> None:
        """Keep another type, or another form of the same."""
        value = record.get(field.name)
        alike: list[Any] = []
        if isinstance(value, int | float):
            alike = [str(value), bool(value), *([float(value)] if abs(value) < 2**63 else ())]
        elif isinstance(value, str):
            alike = [value.lower(), value + " ", value[:10], [value]]
        elif isinstance(value, list | dict) and value:
            alike = [[*value, None], [None, *value], *(value.values() if isinstance(value, dict) else value)]
        options = [*_MISTYPED.get(field.rule.type, ()), *alike]
        record[field.name] = copy.deepcopy(self.random.choice(options or [*WRONG]))

    def _outlast(self, record: dict[str, Any], field: CompiledField, stored: Stored) -> None:
        """Keep what some rule for values refuses, or comes close to."""
        record[field.name] = copy.deepcopy(self.sampler.value(field, stored))

    def _dangle(self, record: dict[str, Any], field: CompiledField, stored: Stored) -> None:
        """Name a record that is not there any more."""
        if field.reference is None:
            self._mistype(record, field, stored)
            return
        gone: Any = self.random.choice(("gone", 987))
        kept = record.get(field.name)
        is_list = field.rule.type == "list"
        record[field.name] = ([*kept, gone] if isinstance(kept, list) else [gone]) if is_list else gone


def with_text_keys(value: Any) -> Any:
    """A value as a store may give it: it has no keys but texts."""
    if isinstance(value, dict):
        return {str(name): with_text_keys(part) for name, part in value.items()}
    return [with_text_keys(part) for part in value] if isinstance(value, list) else value

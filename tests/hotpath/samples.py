"""Values made from rule files: boundaries of each field, wrong types, keys found, missing and null."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from calls import Stored

from rulewright.compiled import CompiledField

WRONG = (
    None,
    "",
    " ",
    "x",
    "a\0b",
    "\ud800",
    "é",
    0,
    1,
    -1,
    5.0,
    1.5,
    float("nan"),
    float("inf"),
    2**63,
    -(2**63),
    2**63 - 1,
    True,
    False,
    [],
    ["x"],
    [None],
    [1, 1],
    {},
    {"x": 1},
    {"x": {"y": []}},
    10**400,
    {1: 2},
    [{"a": {None: 1}}],
    "0",
    "true",
    "x" * 300,
)
DATES = (
    "2025-01-31",
    "2025-02-29",
    "2024-02-29",
    "0999-01-01",
    "31/01/2025",
    "1/1/2025",
    "29/02/2025",
    "01/02/0999",
    "2025-1-31",
    "20250131",
    "\uff12025-01-31",
    "2025-01-31T00:00:00Z",
    "2025-01-31T09:30:00.123Z",
    "2025-01-31 09:30:00",
    "2025-01-31T09:30:00+02:00",
    "9999-12-31",
    "31/12/9999",
)
UUIDS = (
    "3f2b8c1e-5a44-4d0e-9c38-6f6f2f0d7a11",
    "3F2B8C1E-5A44-4D0E-9C38-6F6F2F0D7A11",
    "{3f2b8c1e-5a44-4d0e-9c38-6f6f2f0d7a11}",
    "3f2b8c1e5a444d0e9c386f6f2f0d7a11",
    "3f2b8c1e-5a44-4d0e-9c38-6f6f2f0d7a1g",
    "3f2b8c1e-5a44-4d0e-9c38-6f6f2f0d7a11\n",
)


TEXTS = ("Ann", "O'Brien", "naïve ☃", "SW1A 1AA", "ann@example.org", "Active")
_OF_TYPE: dict[str, tuple[Any, ...]] = {
    "date": DATES,
    "datetime": DATES,
    "uuid": UUIDS,
    "email": ("ann@example.org", "ann at example", "ann@example"),
    "integer": (0, 1, 7, 123456, 2**53, 2**53 + 1),
    "number": (0, 1.5, -2, 1e308, 2**53 + 1),
    "boolean": (True, False),
    "list": (),
    "map": (),
    "object": (),
}


class Sampler:
    """Makes values of fields."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def value(self, field: CompiledField, records: Stored, depth: int = 0) -> Any:
        """A value for a field: often a good one, or one at the edge of good."""
        if self.random.random() < 0.25 or depth > 3:
            return self.random.choice(WRONG)
        return self.random.choice([*self.values(field, records, depth)] or [*WRONG])

    def values(self, field: CompiledField, records: Stored, depth: int = 0) -> Iterator[Any]:
        """Yield values of a field's type, of one that names a record the keys there are."""
        if field.reference is not None:
            yield from self._keys(field, records)
            return
        if field.children:
            kept = [child for child in field.children if self.random.random() < 0.7]
            yield {child.name: self.value(child, records, depth + 1) for child in kept}
        yield from _edges(field)
        yield from _OF_TYPE.get(field.rule.type, TEXTS)
        if field.items is not None and field.rule.type == "list":
            yield [
                self.value(field.items, records, depth + 1) for _ in range(self.random.choice((0, 1, 2, 3)))
            ]
        if field.rule.type == "map":
            yield {"a": "b", "c": self.random.choice(WRONG)}

    def _keys(self, field: CompiledField, records: Stored) -> Iterator[Any]:
        reference = field.reference
        assert reference is not None
        keys = [one.get(reference.by) for one in records.get(reference.resource, ())]
        if field.rule.type == "list":
            known = [key for key in keys if key is not None]
            yield self.random.sample(known, min(len(known), self.random.randrange(4)))
            yield [*known, *known]
            yield [*known, "missing"]
            yield [self.random.choice(WRONG), *known]
            return
        yield from keys
        yield from (True, 10**6, "missing", *UUIDS[:2])


def _edges(field: CompiledField) -> Iterator[Any]:
    """Values at and just beyond what the field's keywords allow."""
    rule = field.rule
    if isinstance(rule.one_of, tuple):
        yield from rule.one_of
        yield from (one.lower() for one in rule.one_of if isinstance(one, str))
    for bound in (rule.min, rule.max):
        if isinstance(bound, int | float):
            yield from (bound, bound - 1, bound + 1, float(bound))
        elif bound is not None:
            yield bound
    for size in (rule.min_length, rule.max_length):
        if size is not None:
            yield from ("x" * size, "é" * size, "x" * max(size - 1, 0), "x" * (size + 1), [1] * size)

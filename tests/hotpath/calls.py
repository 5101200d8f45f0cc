"""Calls as both paths are asked to decide them, and the records they meet."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rulewright.evaluation import Inputs, Request
from rulewright.evaluation.overlay import matches, sequence_number

NOW = datetime(2025, 1, 17, 11, 18, 29, 250_000, tzinfo=UTC)
# Records by resource.
Stored = Mapping[str, Sequence[Mapping[str, object]]]


class DictRecords:
    """A whole store over plain dicts, for reading only."""

    def __init__(
        self, records: Mapping[str, Sequence[Mapping[str, object]]], keys: Mapping[str, str]
    ) -> None:
        self.records = {
            name: sorted(found, key=lambda one: str(one.get(keys[name]))) for name, found in records.items()
        }

    def find(
        self, resource: str, where: Mapping[str, object], limit: int | None = None
    ) -> list[Mapping[str, object]]:
        found = [one for one in self.records.get(resource, ()) if matches(one, where)]
        return copy.deepcopy(found[:limit])

    def count(self, resource: str, where: Mapping[str, object]) -> int:
        return len(self.find(resource, where))

    def extreme(self, resource: str, where: Mapping[str, object], field: str, which: str) -> object:
        values = [one[field] for one in self.find(resource, where) if one.get(field) is not None]
        # What a store keeps of old may be of several types.
        return (min if which == "min" else max)(
            values, key=lambda value: (type(value).__name__, value), default=None
        )

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        found = self.records.get(resource, ())
        return max((sequence_number(one.get(field), prefix) for one in found), default=0)


@dataclass(frozen=True)
class Case:
    """One call: what comes in, and the records that are there (None: no store)."""

    resource: str
    inputs: Inputs
    records: DictRecords | None


@dataclass(frozen=True)
class Seed:
    """A call to start from, a shipped scenario's say; `key` names the record of an update."""

    payload: Any
    records: dict[str, list[dict[str, object]]]
    actor: Any
    request: Request
    key: object = None

"""Maps an expression builds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rulewright.cel.errors import EvaluationError
from rulewright.cel.values import BOOL, INT, STRING, UINT, kind_name, kind_of

if TYPE_CHECKING:
    from rulewright.cel.limits import Budget


class MixedKeyMap(Mapping[object, object]):
    """A map with both `true` and 1, or `false` and 0, among its keys, which no dict can hold."""

    __slots__ = ("_booleans", "_others")

    def __init__(self, booleans: Mapping[object, object], others: Mapping[object, object]) -> None:
        self._booleans = booleans
        self._others = others

    def __getitem__(self, key: object) -> object:
        return self._booleans[key] if isinstance(key, bool) else self._others[key]

    def __iter__(self) -> Iterator[object]:
        yield from self._booleans
        yield from self._others

    def __len__(self) -> int:
        return len(self._booleans) + len(self._others)


class MapBuilder:
    """Takes the entries of a map one by one and refuses what can't be a key or is one already."""

    __slots__ = ("_booleans", "_budget", "_others")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._booleans: dict[object, object] = {}
        self._others: dict[object, object] = {}

    def add(self, key: object, value: object) -> None:
        """Add an entry; `EvaluationError` for a key of another type or a second equal one."""
        if kind_of(key) not in (STRING, INT, UINT, BOOL):
            raise EvaluationError(f"a map's key can't be {kind_name(key)}")
        entries = self._booleans if isinstance(key, bool) else self._others
        if key in entries:
            raise EvaluationError(f"the map has the key {key!r} twice")
        entries[key] = value

    def build(self) -> Mapping[object, object]:
        """The map: a plain dict but for the rare mixture no dict can hold."""
        if self._booleans.keys() & self._others.keys():
            return MixedKeyMap(self._booleans, self._others)
        return {**self._others, **self._booleans} if self._booleans else self._others

"""Which rules an update touches: `evaluation.changes.is_touched` as a condition of Python.

A rule that is not touched is not judged, so it reads no records either. On a create every rule is judged.
"""

from __future__ import annotations

from collections.abc import Iterable

from rulewright.formula import Formula, Path
from rulewright.hotpath.unit import Unit

_OWN_ROOTS = frozenset({"payload", "record"})


class Touching:
    """Writes the conditions under which rules are judged; "" for a rule that always is."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.resource = unit.resource

    def of_field(self, top: str, formula: Formula | None = None, siblings: Iterable[str] = ()) -> str:
        """For a rule about the top-level field `top`, or about a part of it."""
        return self._condition({top, *siblings}, formula.reads if formula is not None else ())

    def of_whole(self, reads: Iterable[Path]) -> str:
        """For a rule about the whole: one that reads no field of the record is always judged."""
        paths = [*reads]
        if not any(self._reads_record(path, frozenset()) for path in paths):
            return ""
        return self._condition(set(), paths)

    def _condition(self, names: set[str], reads: Iterable[Path]) -> str:
        if not self.unit.is_update:
            return ""
        for path in reads:
            behind = self._fields(path, frozenset())
            if behind is None:
                return ""
            names |= behind
        if len(names) == 1:
            return f"{names.copy().pop()!r} in s.changed"
        return f"not s.changed.isdisjoint({self.unit.constant('touching', frozenset(names))})"

    def _fields(self, path: Path, seen: frozenset[str]) -> set[str] | None:
        """The fields of which a change may change what a path reads; None where that can't be told."""
        if path[0] not in _OWN_ROOTS:
            found: set[str] = set()
            for below in self._behind(path[0], seen):
                fields = self._fields(below, seen | {path[0]})
                if fields is None:
                    return None
                found |= fields
            return found
        if len(path) == 1:
            return {*self.resource.fields}
        field = self.resource.fields.get(path[1])
        return None if field is not None and field.compute is not None else {path[1]}

    def _reads_record(self, path: Path, seen: frozenset[str]) -> bool:
        if path[0] in _OWN_ROOTS:
            return True
        return any(self._reads_record(below, seen | {path[0]}) for below in self._behind(path[0], seen))

    def _behind(self, name: str, seen: frozenset[str]) -> tuple[Path, ...]:
        if name in seen:
            return ()
        if name in self.resource.lookups:
            return self.resource.lookups[name].by.reads
        if name in self.resource.bound_references:
            return (("record", self.resource.bound_references[name].name),)
        return ()


def both(condition: str, test: str) -> str:
    """Both conditions; the first may be "", which always holds."""
    return f"{condition} and {test}" if condition else test

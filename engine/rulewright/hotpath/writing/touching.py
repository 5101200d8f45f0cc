"""Which rules an update touches: `evaluation.changes` as a condition of Python.

A rule that is not touched is not judged, so it reads no records either. On a create every rule is judged.
"""

from __future__ import annotations

from collections.abc import Iterable

from rulewright.evaluation.changes import fields_behind, reads_record
from rulewright.formula import Formula, Path
from rulewright.hotpath.writing.unit import Unit


class Touching:
    """Writes the conditions under which rules are judged; "" for a rule that always is."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit

    def of_field(self, top: str, formula: Formula | None = None, siblings: Iterable[str] = ()) -> str:
        """For a rule about the top-level field `top`, or about a part of it."""
        return self._condition({top, *siblings}, formula.reads if formula is not None else ())

    def of_parts(self, names: Iterable[str], reads: Iterable[Path]) -> str:
        """For rules within a field, one of `names`, that read `reads` between them."""
        return self._condition({*names}, reads)

    def of_whole(self, reads: Iterable[Path]) -> str:
        """For a rule about the whole: one that reads no field of the record is always judged."""
        paths = [*reads]
        return self._condition(set(), paths) if reads_record(self.unit.resource, paths) else ""

    def _condition(self, names: set[str], reads: Iterable[Path]) -> str:
        behind = fields_behind(self.unit.resource, reads) if self.unit.is_update else None
        if behind is None:
            return ""
        names |= behind
        if len(names) == 1:
            return f"{names.copy().pop()!r} in s.changed"
        return f"not s.changed.isdisjoint({self.unit.constant('touching', frozenset(names))})"


def both(condition: str, test: str) -> str:
    """Both conditions; the first may be "", which always holds."""
    return f"{condition} and {test}" if condition else test

"""The stages that only an update has: reading what is stored, and merging what was sent into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rulewright.compiled import CompiledField
from rulewright.fieldtypes import decode_number
from rulewright.hotpath.intake import is_map
from rulewright.hotpath.runtime.merging import stored_reader
from rulewright.hotpath.writing.cells import Cells, map_of
from rulewright.hotpath.writing.shape import is_counted
from rulewright.hotpath.writing.unit import Unit, attribute_of

_READERS: Final = {
    "string": "text_of",
    "uuid": "text_of",
    "integer": "whole_of",
    "number": "number_of",
    "boolean": "flag_of",
}


class MergeWriter:
    """Writes the stages that only an update has."""

    def __init__(self, unit: Unit, cells: Cells) -> None:
        self.unit = unit
        self.cells = cells

    def kept(self) -> Iterator[str]:
        """Yield the lines that read the stored record."""
        yield "stored = s.current"
        texts = [
            f"{name!r}: {self._reader(field)}(stored.get({name!r}))"
            for name, field in self.unit.resource.fields.items()
        ]
        yield f"s.kept = {{{', '.join(texts)}}}"
        scope = self.unit.resource.scope
        if scope.entries:
            wanted = map_of({name: self.cells.scoped(entry) for name, entry in scope.entries.items()})
            yield f"require_in_scope(stored, {wanted})"

    def merged(self) -> Iterator[str]:
        """Yield the lines that merge what was sent into it."""
        fields = self.unit.resource.fields.values()
        maps = tuple(one.name for one in fields if is_map(one))
        sent = "s.payload"
        if self.unit.intake.keys() - self.unit.resource.fields.keys():
            # An event's payload may hold what the record has not.
            yield "sent = {name: value for name, value in s.payload.items() if name in s.kept}"
            sent = "sent"
        yield f"s.merged = merged_of(s.p, {sent}, s.kept, {maps!r})"
        for name, field in self.unit.resource.fields.items():
            # What is in its parts is merged, too.
            if any(is_map(part) or part.children for part in field.children) and self.unit.is_sent(field):
                parts = f"s.kept[{name!r}], s.p.{attribute_of(name)}, {sent}[{name!r}]"
                merged = f"merged_within({self.unit.constant('apart', field)}, {parts})"
                yield f"if {name!r} in {sent}: s.merged[{name!r}] = {merged}"
        yield f"s.changed = changed_of(s.merged, {sent}, s.kept)"

    def counted(self) -> Iterator[str]:
        """Yield the lines that count the keys of maps, with those that were stored."""
        for field in self.unit.intake.values():
            is_recorded = self.unit.is_sent(field) and field.name in self.unit.resource.fields
            if is_recorded and is_counted(field):
                count = f"sizes_within(names_of(s), {self.unit.constant('apart', field)})"
                yield f"if {field.name!r} in s.payload: {count}"

    def _reader(self, field: CompiledField) -> str:
        kind = field.type
        is_plain = not field.children and (kind.encode is kind.decode or kind.decode is decode_number)
        if is_plain and field.type.basic in _READERS:
            return _READERS[field.type.basic]
        return self.unit.constant("kept", stored_reader(field))

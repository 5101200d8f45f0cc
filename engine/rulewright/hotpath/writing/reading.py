"""The lines that bring the values of a Struct into stored form, and judge what it can't.

They leave in the Struct what will be stored: dates as ISO 8601 text, blank text as None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import re2

from rulewright.compiled import CompiledField
from rulewright.fieldtypes import FIELD_TYPES, INT64_MAX, INT64_MIN, is_writable, resolve
from rulewright.hotpath.intake import is_map
from rulewright.hotpath.runtime.texts import Reader, date_reader, general_reader, is_uuid, remembering
from rulewright.hotpath.runtime.wholes import is_plain_inside, whole_reader
from rulewright.hotpath.writing.shape import (
    TEXTS,
    is_read_whole,
    is_shaped,
    loaders_of,
    type_of,
)
from rulewright.hotpath.writing.unit import Unit, attribute_of


class ShapeWriter:
    """Writes the function that judges what the Struct could not."""

    def __init__(self, unit: Unit, schema: Any) -> None:
        self.unit = unit
        self.loaders = loaders_of(schema)
        self.texts: list[str] = []

    def write(self, fields: Iterable[CompiledField]) -> None:
        """Write `shape`."""
        lines = ["p = s.p"]
        for field in fields:
            if is_shaped(field, self.unit.operation):
                lines += self._top(field, self.loaders[field.name])
        if self.texts:
            joined = "".join(f"{text} or '', " for text in self.texts)
            lines.insert(1, f"require_writable(''.join(({joined})))")
        self.unit.function("shape", "what the Struct can't judge; leaves values in stored form", lines)

    def _top(self, field: CompiledField, loader: Any) -> Iterator[str]:
        place = f"p.{attribute_of(field.name)}"
        rule = field.rule
        if rule.type == "string" and not isinstance(rule.one_of, tuple):
            self.texts.append(place)
        body = [*self._lines(field, loader, place, required=rule.required)]
        if type_of(field, self.unit.operation) is Any and not rule.nullable and not rule.required:
            yield f"if {place} is None and {field.name!r} in s.payload: raise Decline"
        if rule.required and type_of(field, self.unit.operation) is Any:
            # A refusal tells what was not sent, where any can be told.
            is_told = self.unit.is_update or is_read_whole(field, self.unit.operation)
            lacks = f" and {field.name!r} in s.payload" if is_told else ""
            yield f"if {place} is None{lacks}: raise Decline"
        if body:
            yield f"if {place} is not None:"
            yield from (f"    {line}" for line in body)

    def _lines(self, field: CompiledField, loader: Any, place: str, *, required: bool) -> Iterator[str]:
        """Yield the lines for a value that is there."""
        rule = field.rule
        if rule.blank == "absent" and rule.type in TEXTS:
            if required:
                yield f"if not {place}.strip(): raise Decline"
                yield from self._read(field, loader, place)
            else:
                yield f"if not {place}.strip(): {place} = None"
                rest = [*self._read(field, loader, place)]
                if rest:
                    yield "else:"
                    yield from (f"    {line}" for line in rest)
        else:
            yield from self._read(field, loader, place)

    def _read(self, field: CompiledField, loader: Any, place: str) -> Iterator[str]:
        unit, rule = self.unit, field.rule
        match rule.type:
            case "string":
                yield from self._text(field, place)
            case "uuid":
                yield f"if {unit.constant('is_uuid', is_uuid)}({place}) is None: raise Decline"
                yield from self._options(field, place)
            case "date":
                yield f"{place} = {unit.constant('date', date_reader(field, loader))}({place})"
            case "email":
                read = remembering(general_reader(field, loader))
                yield f"{place} = {unit.constant('read', read)}({place})"
            case "integer" | "number" | "boolean":
                yield from self._number(field, place)
            case _ if is_read_whole(field, unit.operation):
                yield f"{place} = {unit.constant('read', self._whole(field, loader))}({place})"
            case "object" if field.children:
                yield f"{place} = {self._part(field, loader)}({place})"
            case "list" if field.items is not None and field.items.children:
                yield f"if s.payload[{field.name!r}].__class__ is not list: raise Decline"
                yield f"{place} = [{self._part(field.items, loader.inner)}(item) for item in {place}]"
            case "list":
                yield from self._items(field, loader, place)
            case _:
                if unit.has_stored and is_map(field):
                    yield f"{place} = without_nulls({place})"
                yield self._checked(field, loader, place)

    def _whole(self, field: CompiledField, loader: Any) -> Reader:
        """The reader of a value with its parts; what is required is judged with other rules, or else here."""
        unit = self.unit
        requires = is_plain_inside(field) and not unit.is_update
        return whole_reader(field, general_reader(field, loader), requires=requires, merges=unit.has_stored)

    def _checked(self, field: CompiledField, loader: Any, place: str) -> str:
        """The line for a plug-in's type: what is surely taken is stored as it is, the rest is read."""
        read = f"{self.unit.constant('read', general_reader(field, loader))}({place})"
        sure = self._sure(field)
        return (
            f"{place} = {read}"
            if sure is None
            else f"{place} = {place} if {sure.replace('@', place)} else {read}"
        )

    def _sure(self, field: CompiledField) -> str | None:
        """What is asked of a value @ before it is stored as it is; None where its own field must be asked."""
        rule, kind = field.rule, field.type
        if any(one is not None for one in (rule.min_length, rule.max_length, rule.pattern, rule.one_of)):
            return None
        if kind.check is not None:
            check = f" and {self.unit.constant('check', resolve(kind.check))}(@) is True"
        elif kind.base and kind.field == FIELD_TYPES[kind.base].field:
            # A basic type under another name.
            check = ""
        else:
            return None
        if kind.base == "string":
            writable = self.unit.constant("is_writable", is_writable)
            return f"@.__class__ is str and @.strip() and {writable}(@){check}"
        bounds = [rule.min, rule.max]
        if kind.base != "integer" or not all(one is None or isinstance(one, int) for one in bounds):
            return None
        least = max(INT64_MIN, rule.min) if isinstance(rule.min, int) else INT64_MIN
        most = min(INT64_MAX, rule.max) if isinstance(rule.max, int) else INT64_MAX
        return f"@.__class__ is int and {least} <= @ <= {most}{check}"

    def _text(self, field: CompiledField, place: str) -> Iterator[str]:
        rule = field.rule
        if rule.blank is not None and rule.min_length:
            yield f"if len({place}) < {rule.min_length!r}: raise Decline"
        if rule.blank is not None and rule.max_length is not None:
            yield f"if len({place}) > {rule.max_length!r}: raise Decline"
        if rule.pattern is not None:
            pattern = re2.compile(rule.pattern).fullmatch
            yield f"if {self.unit.constant('pattern', pattern)}({place}) is None: raise Decline"
        yield from self._options(field, place)

    def _options(self, field: CompiledField, place: str) -> Iterator[str]:
        options = field.rule.one_of
        if not isinstance(options, tuple):
            return
        if field.rule.type == "string" and all(isinstance(one, str) for one in options):
            return
        if field.rule.type == "boolean":
            kept: tuple[object, ...] = tuple(one for one in options if isinstance(one, bool))
        else:
            kept = tuple(one for one in options if not isinstance(one, bool))
        yield f"if {place} not in {kept!r}: raise Decline"

    def _number(self, field: CompiledField, place: str) -> Iterator[str]:
        rule = field.rule
        if rule.type == "number":
            # NaN and the infinities: the difference with itself is not zero.
            yield f"if {place} - {place} != 0: raise Decline"
        if rule.min is not None and (rule.type == "number" or not isinstance(rule.min, int)):
            yield f"if not {place} >= {rule.min!r}: raise Decline"
        if rule.max is not None and (rule.type == "number" or not isinstance(rule.max, int)):
            yield f"if not {place} <= {rule.max!r}: raise Decline"
        yield from self._options(field, place)

    def _items(self, field: CompiledField, loader: Any, place: str) -> Iterator[str]:
        items = field.items
        if items is None:
            yield f"{place} = {self.unit.constant('read', general_reader(field, loader))}({place})"
            return
        if items.rule.type == "string":
            yield f"require_writable(''.join({place}))"
        body = [*self._read(items, loader.inner, "item")]
        if any(line.startswith("item = ") for line in body):
            read = next(line for line in body if line.startswith("item = ")).removeprefix("item = ")
            yield f"{place} = [{read} for item in {place}]"
        elif body:
            yield f"for item in {place}:"
            yield from (f"    {line}" for line in body)
        yield from self._repeats(field, place)

    def _repeats(self, field: CompiledField, place: str) -> Iterator[str]:
        rule = field.rule
        if rule.unique_items == "refuse":
            yield f"if len(set({place})) < len({place}): raise Decline"
        if rule.unique_items == "collapse":
            yield f"{place} = list(dict.fromkeys({place}))"
            if rule.min_length:
                yield f"if len({place}) < {rule.min_length!r}: raise Decline"
            if rule.max_length is not None:
                yield f"if len({place}) > {rule.max_length!r}: raise Decline"

    def _part(self, field: CompiledField, loader: Any) -> str:
        """Write the function from a nested Struct to the dict that is stored; absent parts stay absent."""
        name = f"part_{field.label.replace('.', '_')}"
        inner = loaders_of(loader.nested())
        lines = ["d = {}"]
        for child in field.children:
            if child.rule.readonly is not None:
                continue
            lines += [f"v = s.{attribute_of(child.name)}", "if v is not UNSET:"]
            body = [*self._child(child, inner[child.name])]
            lines += [f"    {line}" for line in body]
            lines += [f"    d[{child.name!r}] = v"]
        lines.append("return d")
        return self.unit.function(name, f"{field.name} as it is stored", lines)

    def _child(self, child: CompiledField, loader: Any) -> Iterator[str]:
        body = [*self._lines(child, loader, "v", required=child.rule.required)]
        if child.rule.type == "string":
            body.insert(0, "require_writable(v)")
        if type_of(child) is Any and (child.rule.required or not child.rule.nullable):
            # The Struct let null through with everything else.
            yield "if v is None: raise Decline"
        if body:
            yield "if v is not None:"
            yield from (f"    {line}" for line in body)

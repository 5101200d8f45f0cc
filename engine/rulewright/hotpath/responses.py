"""The response of an accepted create as generated lines: dates printed, the rest as it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rulewright.compiled import CompiledField
from rulewright.evaluation.views import decode_value, print_instant
from rulewright.formula import Formula, FormulaMap, Valued
from rulewright.hotpath.cells import Cells
from rulewright.hotpath.expressions import Written
from rulewright.hotpath.unit import Code, NotGenerated, Unit

_PLAIN: Final = ("text", "int", "bool", "double", "null", "any", "list")
_DEFAULT_STATUS: Final = 201


def printed(field: CompiledField, stored: object) -> object:
    """A stored date or instant as its field prints it; text that is none stays."""
    value = decode_value(field, stored)
    if value is None or isinstance(value, str):
        return value
    return print_instant(value, field.rule.type, field.rule.format)  # type: ignore[arg-type]  # a date


class ResponseWriter:
    """Writes the function that shapes the response."""

    def __init__(self, unit: Unit, cells: Cells) -> None:
        self.unit = unit
        self.cells = cells
        self.resource = unit.resource

    @property
    def status(self) -> int | None:
        """The HTTP status, None where nothing is said about HTTP."""
        operation = self.resource.operation("create")
        shape = self.resource.response
        if operation is None and shape.rule is None and shape.envelope is None:
            return None
        return operation.status if operation is not None and operation.status is not None else _DEFAULT_STATUS

    def lines(self) -> Iterator[str]:
        """Yield the body of `respond`, which returns the response's body."""
        shape = self.resource.response
        if shape.include:
            yield "if s.request.query.get('include'): raise Decline"
        if shape.body is None:
            yield f"body = {self._whole()}"
        elif isinstance(shape.body, FormulaMap):
            yield f"body = {self._map(shape.body)}"
        else:
            yield f"body = {self._entry(shape.body)}"
        yield f"return {self._wrapped()}"

    def _whole(self) -> str:
        texts = []
        for field in self.resource.fields.values():
            place = f"s.record[{field.name!r}]"
            texts.append(f"{field.name!r}: {self._stored(field, place)}")
        return f"{{{', '.join(texts)}}}"

    def _stored(self, field: CompiledField, place: str) -> str:
        if field.rule.type in ("date", "datetime"):
            return f"printed({self.unit.constant('field', field)}, {place})"
        if field.children or field.items is not None:
            return f"shown(s, {self.unit.constant('field', field)}, {place})"
        return place

    def _map(self, template: FormulaMap) -> str:
        texts = [f"{name!r}: {self._entry(entry)}" for name, entry in template.entries.items()]
        return f"{{{', '.join(texts)}}}"

    def _entry(self, entry: Valued) -> str:
        if isinstance(entry, FormulaMap):
            return self._map(entry)
        try:
            return self._shown(self.cells.writer().valued(entry), entry)
        except Written:
            return self._called(entry)

    def _shown(self, code: Code, entry: Valued) -> str:
        if code.called:
            return self._called(entry)
        if code.kind in _PLAIN:
            return code.text
        if code.kind in ("date", "datetime") and code.field is not None:
            return f"printed({self.unit.constant('field', code.field)}, {code.text})"
        return self._called(entry)

    def _called(self, entry: Valued) -> str:
        """The whole entry as compiled CEL, on names whose dates remember their fields' formats."""
        if isinstance(entry, Formula):
            call = self.cells.called(entry)
        else:
            call = f"{self.unit.constant('template', entry)}.value(names_of(s))"
        return f"print_plain(s, {call.replace('names_of(s)', 'printing_names(s)')})"

    def _wrapped(self) -> str:
        envelope = self.resource.response.envelope
        if envelope is None:
            return "body"
        if not isinstance(envelope, FormulaMap):
            raise NotGenerated("an envelope that is no map")
        parts = []
        for name, entry in envelope.entries.items():
            text = entry.text.strip() if isinstance(entry, Formula) else ""
            if text == "body":
                parts.append(f"{name!r}: body")
            elif text == "resource.name":
                parts.append(f"{name!r}: {self.resource.file.name!r}")
            else:
                raise NotGenerated("an envelope with conditions")
        return f"{{{', '.join(parts)}}}"

"""The response of what is accepted as generated lines: dates printed, the rest as it is stored."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from datetime import date
from typing import Any, Final, cast

from rulewright.compiled import CompiledField
from rulewright.evaluation.views import decode_value, print_instant
from rulewright.formula import Formula, FormulaMap, Valued
from rulewright.hotpath.cells import Cells
from rulewright.hotpath.expressions import Written
from rulewright.hotpath.texts import remembering
from rulewright.hotpath.unit import Code, NotGenerated, Unit

_PLAIN: Final = ("text", "int", "bool", "double", "null", "any", "list")
_DEFAULT_STATUS: Final = {"create": 201}


def printer(field: CompiledField) -> Callable[[Any], object]:
    """A function from a stored date or instant to its text in the field's format; it remembers those seen."""

    def printed(stored: object) -> object:
        value = decode_value(field, stored)
        if value is None or isinstance(value, str):
            return value
        return print_instant(cast(date, value), field.rule.type, field.rule.format)

    return remembering(printed)


class ResponseWriter:
    """Writes the function that shapes the response."""

    def __init__(self, unit: Unit, cells: Cells) -> None:
        self.unit = unit
        self.cells = cells
        self.resource = unit.resource
        self._printers: dict[str, str] = {}

    @property
    def status(self) -> int | None:
        """The HTTP status, None where nothing is said about HTTP."""
        operation = self.resource.operation(self.unit.operation)
        shape = self.resource.response
        if operation is None and shape.rule is None and shape.envelope is None:
            return None
        declared = operation.status if operation is not None else None
        return declared if declared is not None else _DEFAULT_STATUS.get(self.unit.operation, 200)

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
            return f"{self._printer(field)}({place})"
        if field.children or field.items is not None:
            return f"shown(s, {self.unit.constant('field', field)}, {place})"
        return place

    def _printer(self, field: CompiledField) -> str:
        if field.id not in self._printers:
            self._printers[field.id] = self.unit.constant("print", printer(field))
        return self._printers[field.id]

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
            return f"{self._printer(code.field)}({code.text})"
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


def can_wait(source: str, firm: Collection[str]) -> bool:
    """Whether `respond` surely succeeds, and reads nothing that `accept` has not read.

    Then it may come later. `firm`: the look-ups and references which, after `accept`, have found a record.
    """
    *first, last = ast.parse(source).body[0].body  # type: ignore[attr-defined]  # of one function
    steps = [one for one in first if ast.unparse(one) != "reread(s)"]
    return all(
        isinstance(one, ast.Assign | ast.Return) and one.value is not None and _is_total(one.value, firm)
        for one in (*steps, last)
    )


def _is_total(node: ast.expr, firm: Collection[str]) -> bool:
    """Whether an expression of `respond` has a value, whatever was accepted."""

    def total(*nodes: ast.expr | None) -> bool:
        return all(one is not None and _is_total(one, firm) for one in nodes)

    match node:
        case ast.Dict(keys=keys, values=values):
            return total(*keys, *values)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            there, missing = _guarded(test)
            return total(test) and _is_total(body, {*firm, *there}) and _is_total(orelse, {*firm, *missing})
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()], comparators=[other]):
            return total(left, other)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return total(operand)
        case ast.Call(func=ast.Name(id=name), args=[value]) if name.startswith("print_"):
            return _is_own(value)
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id=name)), attr="get")):
            return name in firm
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="join"), args=[ast.ListComp() as parts]):
            listed = parts.generators[0].iter
            return isinstance(listed, ast.Tuple) and total(*listed.elts)
    return isinstance(node, ast.Name) or _is_own(node)


def _is_own(node: ast.expr) -> bool:
    """Whether this is a value of the own record."""
    match node:
        case ast.Constant() | ast.Attribute(value=ast.Attribute(value=ast.Name(id="s"), attr="p")):
            return True
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id="s"), attr=name), slice=ast.Constant()):
            return name in ("record", "merged", "kept")
        case ast.Call(func=ast.Name(id=name), args=[ast.Name(id="s")]):
            return name.startswith("r_")
    return False


def _guarded(test: ast.expr) -> tuple[set[str], set[str]]:
    """The functions whose values are there where a test holds, and where it doesn't."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            there, missing = _guarded(operand)
            return missing, there
        case ast.Compare(left=ast.Call(func=ast.Name(id=name)), ops=[ast.IsNot()]):
            return {name}, set()
    return set(), set()

"""The response of what is accepted as generated lines: dates printed, the rest as it is stored."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import Any, Final

from rulewright.cel import CelError, Node
from rulewright.cel.checker.facts import path_of
from rulewright.cel.tree import Call, Conditional, ListExpr, Literal, Macro
from rulewright.compiled import CompiledField
from rulewright.evaluation.stored_form import decode_value, print_instant
from rulewright.formula import Formula, FormulaMap, Valued
from rulewright.hotpath.runtime.state import Decline
from rulewright.hotpath.runtime.texts import remembering
from rulewright.hotpath.runtime.values import money_of
from rulewright.hotpath.writing.cells import Cells, map_of
from rulewright.hotpath.writing.expressions import Writer
from rulewright.hotpath.writing.pieces import Written, is_constant
from rulewright.hotpath.writing.unit import Code, Unit

_PLAIN: Final = ("text", "int", "bool", "double", "null", "any", "list")
# Types whose stored values are shown as they are.
_SHOWN: Final = ("string", "uuid", "email", "integer", "number", "boolean")
_DEFAULT_STATUS: Final = {"create": 201}


def printer(field: CompiledField) -> Callable[[Any], object]:
    """A function from a stored date or instant to its text in the field's format; it remembers those seen.

    What a store holds in their place is shown as it is, or declined.
    """

    def printed(stored: object) -> object:
        value = decode_value(field, stored)
        if isinstance(value, date):
            return print_instant(value, field.rule.type, field.rule.format)
        if value is None or isinstance(value, str | int | float):
            return value
        raise Decline

    recall = remembering(printed)

    def remembered(stored: Any) -> object:
        # True is remembered as 1 is.
        return recall(stored) if stored.__class__ is str else printed(stored)

    return remembered


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
        left = len(self.unit.left)
        try:
            if isinstance(entry, Formula):
                text = self._written(entry.node, self.cells.writer())
            else:
                text = self._shown(self.cells.writer().valued(entry))
        except Written:
            text = ""
        if text and len(self.unit.left) == left:
            return text
        # Where a part is called, the whole is: its dates then remember how they are printed.
        del self.unit.left[left:]
        return self._called(entry)

    def _shown(self, code: Code) -> str:
        if not code.called and code.kind in _PLAIN:
            return code.text
        if not code.called and code.kind in ("date", "datetime") and code.field is not None:
            return f"{self._printer(code.field)}({code.text})"
        raise Written

    # Records that were found, or parts of them

    def _written(self, node: Node, writer: Writer) -> str:
        """An expression as the response's JSON."""
        match node:
            case Conditional():
                test = writer.condition_of(node.condition)
                if test in ("True", "False"):
                    return self._written(node.then if test == "True" else node.otherwise, writer)
                then, otherwise = (self._written(one, writer) for one in (node.then, node.otherwise))
                return f"({then} if {test} else {otherwise})"
            case Call(function="pick", target=None, args=(record, ListExpr() as names)):
                return self._picked(record, names, writer)
            case Call(function="money", target=None, args=(amount, currency)):
                return self._money(amount, currency, writer)
            case Macro(kind="map", condition=None, variables=(name,), body=Node() as body):
                listed = writer.code(node.range)
                if listed.kind == "records":
                    one, inner = writer.each(name, listed)
                    return f"[{self._written(body, inner)} for {one} in {listed.text}]"
        steps = path_of(node) or ()
        if steps == ("record",) and "record" not in writer.local:
            return self._whole()
        if len(steps) == 2 and steps[0] == "record" and steps[0] not in writer.local:
            field = self.resource.fields.get(steps[1])
            if field is not None and not self._is_scalar(field):
                return self._stored(field, f"s.record[{field.name!r}]")
        code = writer.code(node)
        if code.kind == "records":
            one, _ = writer.each("", code)
            return f"[{self._record(one, code.fields or {})} for {one} in {code.text}]"
        if code.kind == "record":
            found = self._record(code.text, code.fields or {})
            return found if code.steady else f"(None if {code.text} is None else {found})"
        return self._shown(code)

    def _record(self, place: str, fields: Mapping[str, CompiledField]) -> str:
        """A found record; one that holds more than is declared is shown in the general way."""
        parts = ", ".join(f"{name!r}: {self._part(one, place)}" for name, one in fields.items())
        known = self.unit.constant("names", frozenset(fields))
        shown = f"shown_record(s, {self.unit.constant('fields', fields)}, {place})"
        return f"({{{parts}}} if {place}.keys() <= {known} else {shown})"

    def _picked(self, node: Node, names: ListExpr, writer: Writer) -> str:
        """`pick(record, ['a', 'b'])` of the own record, or of one that was found."""
        self._require_own("pick")
        picked = [one.value for one in names.elements if isinstance(one, Literal)]
        is_own = path_of(node) == ("record",) and "record" not in writer.local
        code = writer.code(node) if not is_own else Code("", "record", fields=self.resource.fields)
        fields = code.fields or {}
        known = len(picked) == len(set(picked)) == len(names.elements) and fields.keys() >= {*picked}
        if code.kind != "record" or not known or any(names.optional):
            raise Written
        chosen = [fields[str(name)] for name in picked]
        parts = [
            self._stored(one, f"s.record[{one.name!r}]") if is_own else self._part(one, code.text)
            for one in chosen
        ]
        return f"{{{', '.join(f'{one.name!r}: {part}' for one, part in zip(chosen, parts, strict=True))}}}"

    def _part(self, field: CompiledField, record: str) -> str:
        """A field of a record that a store gave, which may hold what it likes."""
        place = f"{record}.get({field.name!r})"
        if field.rule.type in ("date", "datetime"):
            return f"{self._printer(field)}({place})"
        if self._is_scalar(field):
            return f"scalar(s, {place})"
        return f"shown(s, {self.unit.constant('field', field)}, {place})"

    @staticmethod
    def _is_scalar(field: CompiledField) -> bool:
        return field.rule.type in _SHOWN and not field.type.base

    def _money(self, amount: Node, currency: Node, writer: Writer) -> str:
        """`money(amount, currency)` with a currency that is known."""
        self._require_own("money")
        minor, code = writer.code(amount), writer.code(currency)
        if not (minor.sure and minor.kind == "int" and code.kind == "text" and is_constant(code.text)):
            raise Written
        try:
            money_of(0, ast.literal_eval(code.text))
        except CelError:
            raise Written from None
        return f"money_of({minor.text}, {code.text})"

    def _require_own(self, function: str) -> None:
        """Go no further where a plug-in has a function of that name."""
        if not self.unit.is_standard(function):
            raise Written

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
        plain = {"body": "body", "resource.name": repr(self.resource.file.name)}
        entries = envelope.entries if isinstance(envelope, FormulaMap) else {}
        texts = {name: one.text.strip() for name, one in entries.items() if isinstance(one, Formula)}
        if entries and len(texts) == len(entries) and plain.keys() >= set(texts.values()):
            return map_of({name: plain[text] for name, text in texts.items()})
        self.cells.reach(envelope.reads)
        self.unit.left.append("the envelope")
        return f"enveloped(s, {self.unit.constant('envelope', envelope)}, body)"


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
        case ast.Call(func=ast.Name(id="scalar"), args=[_, value]):
            return total(value)
        case ast.Call(func=ast.Name(id="money_of"), args=[value, ast.Constant()]):
            return _is_own(value)
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id=name)), attr="get")):
            return name in firm
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="join"), args=[ast.ListComp() as parts]):
            (kept,) = parts.generators
            is_sifted = _sifts_texts(kept.ifs[0], ast.unparse(parts.elt))
            return is_sifted and isinstance(kept.iter, ast.Tuple) and total(*kept.iter.elts)
    return isinstance(node, ast.Name) or _is_own(node)


def _sifts_texts(test: ast.expr, name: str) -> bool:
    """Whether a test of a text that may be null surely has a result, as that it is there and not blank."""
    first, *rest = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    return ast.unparse(first) == f"{name} is not None" and all(_compares_text(one, name) for one in rest)


def _compares_text(test: ast.expr, name: str) -> bool:
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[ast.Constant()]):
            stripped = isinstance(left, ast.Call) and ast.unparse(left.func) == f"{name}.strip"
            return stripped or ast.unparse(left) == name
    return False


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
        case ast.Compare(
            left=ast.Call(func=ast.Name(id=name)), ops=[ast.Is()], comparators=[ast.Constant(None)]
        ):
            return set(), {name}
    return set(), set()

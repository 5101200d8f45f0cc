"""CEL to Python, in place, where the kinds of its values are known; the rest is called as compiled CEL.

Written Python gives what CEL gives, or raises; whatever raises is decided by the plain evaluator. So `&&` may
be `and`: an error that CEL would hold back only costs the speed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from rulewright import cel
from rulewright.cel.checker.facts import path_of
from rulewright.cel.tree import (
    Call,
    Conditional,
    Given,
    Ident,
    Index,
    ListExpr,
    Literal,
    Logic,
    Macro,
    Select,
)
from rulewright.formula import Constant, Formula, FormulaList, FormulaMap, Valued
from rulewright.hotpath.intake import may_be_null
from rulewright.hotpath.writing.functions import write_function
from rulewright.hotpath.writing.pieces import Written, is_literal, literal, not_null, sure_bool
from rulewright.hotpath.writing.unit import Code, Unit, kind_of_field, part_of

# Below this every int is a double too, so that comparing exactly is comparing as CEL does.
_EXACT: Final = 2**53
_ORDERS: Final = {"_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">="}
_COMPARABLE: Final = ("text", "int", "bool", "double")
_ORDERED: Final = ("text", "int", "double")
# Kinds whose stored form is what CEL sees.
_PLAIN: Final = frozenset({"text", "int", "bool", "double", "any", "null"})


class Resolver(Protocol):
    """Says what a path of names stands for."""

    def path(self, steps: tuple[str, ...]) -> Code | None:
        """The value of `a.b.c`; None where Python can't be written for it."""

    def reach(self, paths: Iterable[tuple[str, ...]]) -> None:
        """See to it that an expression that is called finds the records it reads."""


class Writer:
    """Writes one expression. `local` holds the names of macros and of `value` and `item`."""

    def __init__(
        self,
        unit: Unit,
        resolver: Resolver,
        local: Mapping[str, Code] | None = None,
    ) -> None:
        self.unit = unit
        self.names = "names_of(s)"
        self.resolver = resolver
        self.local = dict(local or {})
        self.made = 0

    def valued(self, formula: Valued) -> Code:
        """Write an expression, a constant, or a map or list of them."""
        if isinstance(formula, Constant):
            return literal(formula.constant)
        if isinstance(formula, FormulaMap):
            texts = [f"{name!r}: {self._part(entry)}" for name, entry in formula.entries.items()]
            return Code(f"{{{', '.join(texts)}}}", "map")
        if isinstance(formula, FormulaList):
            return Code(f"[{', '.join(map(self._part, formula.items))}]", "list")
        assert isinstance(formula, Formula)
        return self.code(formula.node)

    def _part(self, entry: Valued) -> str:
        """What a map or a list holds. Raises Written for what is held in another form than CEL sees."""
        code = self.valued(entry)
        if isinstance(entry, Formula) and not code.called and code.kind not in _PLAIN:
            raise Written
        return code.text

    def condition(self, formula: Formula) -> str:
        """Write a condition that is True or False, or raises."""
        return self._test(self.code(formula.node))

    def condition_of(self, node: cel.Node) -> str:
        """The same for a part of an expression."""
        return self._test(self.code(node))

    def each(self, variable: str, listed: Code) -> tuple[str, Writer]:
        """The name of one of several records in Python, and a writer that knows it as a macro's variable."""
        name = f"v{self.made}"
        return name, self.inner(
            {variable: Code(name, "record", sure=True, steady=True, fields=listed.fields)}
        )

    def alone(self, names: Mapping[str, Code], node: cel.Node) -> str:
        """What a macro says of each item, as a condition. Raises Written where some of it is to be called."""
        before = len(self.unit.left)
        test = self.inner(names).condition_of(node)
        if len(self.unit.left) > before:
            del self.unit.left[before:]
            raise Written
        return test

    def _test(self, code: Code) -> str:
        return code.text if code.kind == "bool" and code.sure and code.steady else f"truth({code.text})"

    def code(self, node: cel.Node) -> Code:
        """Write a node, or a call of it."""
        before = len(self.unit.left)
        try:
            return self._write(node)
        except Written:
            # What was called of it is called with it.
            del self.unit.left[before:]
            return self._called(node)

    def _write(self, node: cel.Node) -> Code:
        writer = _WRITERS.get(type(node))
        if not self.unit.has_store and self.unit.dependence.absorbs(node):
            return self._absorbing(node)
        if writer is None:
            raise Written
        return writer(self, node)

    def _absorbing(self, node: cel.Node) -> Code:
        """Write a node that may have a value although something in it fails for want of a store."""
        if not isinstance(node, Logic):
            raise Written
        tests = "".join(f"lambda: {self._test(self.code(operand))}, " for operand in node.operands)
        function = "any_of" if node.operator == "||" else "all_of"
        return Code(f"{function}(({tests}))", "bool", sure=True, steady=True)

    def _called(self, node: cel.Node) -> Code:
        """Call the expression as compiled CEL, with names that resolve as the evaluator's do."""
        function = self.unit.constant("cel", call_of(node, self.unit.rules.registry.functions))
        self.resolver.reach(cel.references(node))
        self.unit.left.append(type(node).__name__)
        given = "".join(f", {name!r}: {self._seen(code)}" for name, code in self.local.items())
        if not given:
            return Code(f"{function}({self.names})", called=True)
        return Code(f"{function}(Layer({{{given[2:]}}}, {self.names}))", called=True)

    def _seen(self, code: Code) -> str:
        """A local value as CEL sees it: dates are dates."""
        if code.kind in _PLAIN or code.field is None:
            return code.text
        return f"decoded({self.unit.constant('field', code.field)}, {code.text})"

    def inner(self, names: Mapping[str, Code]) -> Writer:
        """A writer for what a macro says of each item."""
        made = Writer(self.unit, self.resolver, {**self.local, **names})
        made.names = self.names
        made.made = self.made + 1
        return made


def call_of(
    node: cel.Node, functions: Mapping[str, cel.Function]
) -> Callable[[Mapping[str, object]], object]:
    """Return what evaluates a node; values come back as plain as the evaluator would have them."""
    return cel.Program("", node, functions=functions).evaluate


def _literal(writer: Writer, node: Any) -> Code:
    return literal(node.value)


def _path(writer: Writer, node: Any) -> Code:
    steps = path_of(node)
    if steps is None:
        raise Written
    if steps[0] in writer.local:
        return _below(writer.local[steps[0]], steps[1:])
    code = writer.resolver.path(steps)
    if code is None or code.kind == "root":
        raise Written
    return code


def _below(code: Code, steps: tuple[str, ...]) -> Code:
    if not steps:
        return code
    if (
        code.kind == "object"
        and code.field is not None
        and len(steps) == 1
        and steps[0] in code.field.child_of
    ):
        # What was judged is of its type.
        part = code.field.child_of[steps[0]]
        return Code(f"{code.text}.get({part.name!r})", kind_of_field(part), sure=True, field=part)
    if len(steps) > 1 or code.kind != "record" or steps[0] not in (code.fields or {}):
        raise Written
    assert code.fields is not None
    return part_of(code.text, code.fields[steps[0]])


def _given(writer: Writer, node: Any) -> Code:
    steps = path_of(node.path)
    if steps is None:
        raise Written
    if steps[0] in writer.local:
        if len(steps) > 1 and writer.local[steps[0]].kind not in ("record", "object"):
            raise Written
        return not_null(_below(writer.local[steps[0]], steps[1:]))
    return _all_given(writer, steps)


def _all_given(writer: Writer, steps: tuple[str, ...]) -> Code:
    """Each step must be there before the next one is looked at."""
    tests: list[str] = []
    for length in range(1, len(steps) + 1):
        code = writer.resolver.path(steps[:length])
        if code is None:
            raise Written
        if code.text == "None":
            return Code("False", "bool", sure=True, steady=True)
        if not code.steady:
            tests.append(f"{code.text} is not None")
    if not tests:
        return Code("True", "bool", sure=True, steady=True)
    return Code(f"({' and '.join(tests)})", "bool", sure=True, steady=True)


def _logic(writer: Writer, node: Any) -> Code:
    word, decided = ("and", "False") if node.operator == "&&" else ("or", "True")
    tests: list[str] = []
    for operand in node.operands:
        text = writer._test(writer.code(operand))
        if text == decided:
            if tests:
                # What comes before is evaluated all the same: it may read records.
                tests.append(text)
                break
            return Code(decided, "bool", sure=True, steady=True)
        if text not in ("True", "False"):
            tests.append(text)
    if not tests:
        return Code("True" if word == "and" else "False", "bool", sure=True, steady=True)
    text = tests[0] if len(tests) == 1 else f"({f' {word} '.join(tests)})"
    return Code(text, "bool", sure=True, steady=True)


def _conditional(writer: Writer, node: Any) -> Code:
    test = writer._test(writer.code(node.condition))
    if test in ("True", "False"):
        return writer.code(node.then if test == "True" else node.otherwise)
    then, otherwise = writer.code(node.then), writer.code(node.otherwise)
    if test == not_null(then).text:
        then = replace(then, steady=True)
    parts = [one for one in (then, otherwise) if one.kind != "null"]
    kinds = {one.kind for one in parts}
    if len({one.called for one in parts}) > 1 and not kinds <= _PLAIN:
        # One is in stored form, the other as CEL has it.
        raise Written
    if len(kinds) > 1 and not kinds <= _PLAIN:
        raise Written
    return Code(
        f"({then.text} if {test} else {otherwise.text})",
        kinds.pop() if len(kinds) == 1 else "any" if kinds else "null",
        sure=then.sure and otherwise.sure,
        steady=then.steady and otherwise.steady,
        called=any(one.called for one in parts),
        field=parts[0].field if parts and all(one.field is parts[0].field for one in parts) else None,
    )


def _list(writer: Writer, node: Any) -> Code:
    """A list of plain values."""
    parts = [writer.code(one) for one in node.elements]
    if any(node.optional) or not all(one.kind in _PLAIN and not one.called for one in parts):
        raise Written
    return Code(f"[{', '.join(one.text for one in parts)}]", "list", sure=True, steady=True)


def _call(writer: Writer, node: Any) -> Code:
    if node.function == "!_":
        test = writer._test(writer.code(node.args[0]))
        opposite = {"True": "False", "False": "True"}
        return Code(opposite.get(test, f"(not {test})"), "bool", sure=True, steady=True)
    if node.function in ("_==_", "_!=_"):
        return _equality(writer, node)
    if node.function in _ORDERS:
        return _order(writer, node)
    if node.function == "@in":
        return _membership(writer, node)
    return write_function(writer, node)


def _equality(writer: Writer, node: Any) -> Code:
    left, right = (writer.code(one) for one in node.args)
    if is_literal(left):
        left, right = right, left
    negated = node.function == "_!=_"
    if left.text == right.text == "None":
        return sure_bool(repr(not negated))
    if _are_moments(left, right):
        return sure_bool(f"({left.text} {'!=' if negated else '=='} {right.text})")
    if right.kind != "null" and (left.kind not in (*_PLAIN, "record") or right.kind not in _PLAIN):
        raise Written
    if right.kind == "null" or (right.kind == "bool" and is_literal(right)):
        if is_literal(left):
            raise Written
        return sure_bool(f"({left.text} {'is not' if negated else 'is'} {right.text})")
    sign = "!=" if negated else "=="
    if is_literal(left) and is_literal(right) and left.kind == right.kind == "text":
        return sure_bool(repr((left.text == right.text) is not negated))
    both_sure = left.sure and right.sure and left.kind == right.kind and left.kind in _COMPARABLE
    # A text equals nothing but a text, in Python and in CEL.
    if both_sure or "text" in (left.kind if left.sure else "", right.kind if right.sure else ""):
        return sure_bool(f"({left.text} {sign} {right.text})")
    if "int" in (left.kind if left.sure else "", right.kind if right.sure else ""):
        return sure_bool(f"({'not ' if negated else ''}same({left.text}, {right.text}))")
    raise Written


def _are_moments(left: Code, right: Code) -> bool:
    """Whether both are days, or both are instants, in the one form in which these are stored."""
    is_moment = left.kind == right.kind and left.kind in ("date", "datetime")
    return is_moment and left.sure and right.sure and not (left.called or right.called)


def _order(writer: Writer, node: Any) -> Code:
    left, right = (writer.code(one) for one in node.args)
    if "None" in (left.text, right.text):
        # What nobody sets: Python would warn of it when the code is compiled.
        raise Written
    if _are_moments(left, right):
        # Without the Z: a fraction, which there may be, sorts behind none.
        cut = "[:-1]" if left.kind == "datetime" else ""
        return sure_bool(f"({left.text}{cut} {_ORDERS[node.function]} {right.text}{cut})")
    if not (left.sure and right.sure and left.kind == right.kind and left.kind in _ORDERED):
        raise Written
    # Null can't be ordered: Python raises.
    return sure_bool(f"({left.text} {_ORDERS[node.function]} {right.text})")


def _membership(writer: Writer, node: Any) -> Code:
    item, collection = node.args
    code = writer.code(item)
    if isinstance(collection, ListExpr) and code.sure and code.kind in ("text", "int"):
        values = [one.value for one in collection.elements if isinstance(one, Literal)]
        kind = str if code.kind == "text" else int
        if len(values) != len(collection.elements) or not all(type(one) is kind for one in values):
            raise Written
        return sure_bool(f"({code.text} in {tuple(values)!r})")
    if not (code.sure and code.kind == "text"):
        raise Written
    listed = writer.code(collection)
    if listed.kind not in ("any", "list") or listed.called:
        raise Written
    return sure_bool(f"member({code.text}, {listed.text})")


def _macro(writer: Writer, node: Any) -> Code:
    """`listed.exists(one, ...)` and `all` over what a look-up found, or over a list of plain values."""
    if node.kind not in ("exists", "all") or len(node.variables) != 1:
        raise Written
    steps = path_of(node.range)
    listed = writer.resolver.path(steps) if steps is not None and steps[0] not in writer.local else None
    one = _item(listed, name := f"v{writer.made}") if listed is not None else None
    if listed is None or one is None:
        raise Written
    test = writer.alone({node.variables[0]: one}, node.condition)
    word = "any" if node.kind == "exists" else "all"
    return sure_bool(f"{word}([{test} for {name} in {listed.text}])")


def _item(listed: Code, name: str) -> Code | None:
    """One of several records, or of the plain values of an own list; None for anything else."""
    if listed.kind == "records":
        return Code(name, "record", sure=True, steady=True, fields=listed.fields)
    items = listed.field.items if listed.field is not None and listed.sure else None
    if items is None or listed.kind != "list":
        return None
    return Code(name, kind_of_field(items), sure=True, steady=not may_be_null(items))


_WRITERS: Final[Mapping[type, Callable[[Writer, Any], Code]]] = {
    Literal: _literal,
    Ident: _path,
    Select: _path,
    Index: _path,
    Given: _given,
    Logic: _logic,
    Conditional: _conditional,
    Call: _call,
    ListExpr: _list,
    Macro: _macro,
}

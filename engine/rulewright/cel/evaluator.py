"""The tree-walking evaluator: plain, complete, and the referee of the compiler.

At most six Python frames a level of the tree, whose depth was bounded when it was parsed.
Errors are exceptions. `&&`, `||` and the macros all and exists hold one back until they know whether it
matters; where it does, an `Unknown` goes before an `EvaluationError`. `LimitError` is never held back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from rulewright.cel.access import given_step, index_value, is_present, select_field
from rulewright.cel.comparison import read
from rulewright.cel.errors import EvaluationError, LimitError, Unknown
from rulewright.cel.functions import ALL_FUNCTIONS
from rulewright.cel.limits import Budget
from rulewright.cel.macro_runs import MACRO_RUNS, graver
from rulewright.cel.maps import MapBuilder
from rulewright.cel.tree import (
    Bind,
    Call,
    Conditional,
    Given,
    Has,
    Ident,
    Index,
    ListExpr,
    Literal,
    Logic,
    Macro,
    MapExpr,
    Node,
    OptionalMap,
    Select,
    unwound,
)
from rulewright.cel.values import NONE, TYPE_NAMES, OptionalValue, adapt, kind_name, kind_of

if TYPE_CHECKING:
    from rulewright.cel.signature import Function, Overload

Recorder = Callable[[Node, object], None]
"""Called with every node and the value it had; nodes that were not reached or failed are not reported."""

_MAX_RESULT_DEPTH: Final = 200
"""Levels of lists and maps in a result; JSON writers recurse."""

Locals = Mapping[str, object]
"""The variables of the macros around a node."""


def evaluate(
    node: Node,
    bindings: Mapping[str, object],
    *,
    functions: Mapping[str, Function] = ALL_FUNCTIONS,
    budget: Budget | None = None,
    on_value: Recorder | None = None,
) -> object:
    """The value of an expression.

    A name is read as `bindings[name]` when it is reached and not before, so a mapping may compute it then.
    Raises `EvaluationError`, `Unknown` where a value that is not known decides, or `LimitError`.
    """
    evaluation = Evaluation(bindings, functions, budget if budget is not None else Budget(), on_value)
    value = evaluation.value(node, {})
    if isinstance(value, list | dict) and not isinstance(node, Ident | Select | Index):
        check_size(evaluation.budget, value)
    return value


def check_size(budget: Budget, value: object) -> None:
    """Refuse a built value that no one could print or store.

    A list may hold one list many times over and so be exponentially larger than the work to build it.
    """
    stack = [(value, 1)]
    while stack:
        budget.spend(1)
        current, depth = stack.pop()
        if depth > _MAX_RESULT_DEPTH:
            raise LimitError(f"the result nests more than {_MAX_RESULT_DEPTH} levels deep")
        if isinstance(current, dict):
            stack.extend((item, depth + 1) for item in current.values())
        elif isinstance(current, list):
            stack.extend((item, depth + 1) for item in current)


class Evaluation:
    """One run of one expression."""

    __slots__ = ("_bindings", "_functions", "budget", "on_value")

    def __init__(
        self,
        bindings: Mapping[str, object],
        functions: Mapping[str, Function],
        budget: Budget,
        on_value: Recorder | None,
    ) -> None:
        self._bindings = bindings
        self._functions = functions
        self.on_value = on_value
        self.budget = budget

    def value(self, node: Node, local: Locals) -> object:
        """The value of a node; an error that names no place yet is given the node's."""
        self.budget.spend(1)
        try:
            value = _EVALUATE[type(node)](self, node, local)
        except (EvaluationError, Unknown) as error:
            if error.start is None:
                error.start, error.end = node.start, node.end
            raise
        if self.on_value is not None:
            self.on_value(node, value)
        return value

    def test(self, node: Node, local: Locals) -> bool:
        """The value of a condition."""
        value = self.value(node, local)
        if value is True or value is False:
            return value
        raise EvaluationError(f"expected true or false, not {kind_name(value)}", node.start, node.end)

    def find_name(self, node: Ident, local: Locals) -> object:
        """What a name stands for: a macro's variable, a binding, or else a type."""
        name = node.name
        if name in local and not node.absolute:
            return local[name]
        try:
            return read(self._bindings, name)
        except KeyError:
            if name in TYPE_NAMES:
                return TYPE_NAMES[name]
        raise EvaluationError(f"undeclared name {name!r}", node.start, node.end)

    def overload(self, node: Call, args: list[object]) -> Overload:
        """The overload that takes these values."""
        function = self._functions.get(node.function)
        if function is None:
            raise EvaluationError(f"unknown function {node.function!r}")
        kinds = [kind_of(arg) for arg in args]
        overload = function.select(kinds, method=node.target is not None)
        if overload is None:
            raise EvaluationError(_no_overload(node, [kind_name(arg) for arg in args]))
        return overload


def _no_overload(node: Call, kinds: list[str]) -> str:
    name = node.function
    if name in ("_<_", "_<=_", "_>_", "_>=_"):
        return f"cannot compare {kinds[0]} {name.strip('_')} {kinds[1]}"
    if name == "@in":
        return f"cannot look for {kinds[0]} in {kinds[1]}"
    if name.startswith("_"):
        return f"{kinds[0]} {name.strip('_')} {kinds[1]} is not defined"
    if name.endswith("_"):
        return f"{name[0]}{kinds[0]} is not defined"
    if node.target is not None:
        return f"{kinds[0]}.{name}({', '.join(kinds[1:])}) is not defined"
    return f"{name}({', '.join(kinds)}) is not defined"


def _literal(_: Evaluation, node: Literal, __: Locals) -> object:
    return node.value


def _ident(run: Evaluation, node: Ident, local: Locals) -> object:
    return run.find_name(node, local)


def _select(run: Evaluation, node: Select, local: Locals) -> object:
    return select_field(run.value(node.operand, local), node.field, optional=node.optional)


def _has(run: Evaluation, node: Has, local: Locals) -> object:
    return is_present(run.value(node.operand, local), node.field)


def _index(run: Evaluation, node: Index, local: Locals) -> object:
    operand = run.value(node.operand, local)
    return index_value(run.budget, operand, run.value(node.index, local), optional=node.optional)


def _given(run: Evaluation, node: Given, local: Locals) -> object:
    """Follow the path from its name; nothing is read beyond the first step that is absent or null."""
    root, steps = unwound(node.path)
    value = _ident(run, cast("Ident", root), local)
    for step in steps:
        if value is None:
            break
        key = step.field if isinstance(step, Select) else run.value(step.index, local)
        value = given_step(run.budget, value, key)
    if run.on_value is not None:
        run.on_value(node.path, value)
    return value is not None


def _logic(run: Evaluation, node: Logic, local: Locals) -> object:
    decisive = node.operator == "||"
    held: EvaluationError | Unknown | None = None
    for operand in node.operands:
        try:
            if run.test(operand, local) is decisive:
                return decisive
        except (EvaluationError, Unknown) as error:
            held = graver(held, error)
    if held is not None:
        raise held
    return not decisive


def _conditional(run: Evaluation, node: Conditional, local: Locals) -> object:
    chosen = node.then if run.test(node.condition, local) else node.otherwise
    return run.value(chosen, local)


def _call(run: Evaluation, node: Call, local: Locals) -> object:
    args: list[object] = []
    if node.target is not None:
        target = run.value(node.target, local)
        if node.function in ("or", "orValue") and isinstance(target, OptionalValue) and target.present:
            return target if node.function == "or" else target.value
        args.append(target)
    for arg in node.args:
        args.append(run.value(arg, local))
    overload = run.overload(node, args)
    try:
        return adapt(overload.call(run.budget, args))
    except (ValueError, TypeError, ArithmeticError, LookupError) as error:
        # Only a function of the caller's can get here; its mistake must not end the whole run.
        raise EvaluationError(f"{node.function}() failed: {error}") from error


def _list(run: Evaluation, node: ListExpr, local: Locals) -> object:
    items: list[object] = []
    for element, optional in zip(node.elements, node.optional, strict=True):
        value = run.value(element, local)
        if not optional:
            items.append(value)
        elif _optional(value).present:
            items.append(_optional(value).value)
    return items


def _map(run: Evaluation, node: MapExpr, local: Locals) -> object:
    builder = MapBuilder(run.budget)
    for entry in node.entries:
        key = run.value(entry.key, local)
        value = run.value(entry.value, local)
        if not entry.optional:
            builder.add(key, value)
        elif _optional(value).present:
            builder.add(key, _optional(value).value)
    return builder.build()


def _optional(value: object) -> OptionalValue:
    if isinstance(value, OptionalValue):
        return value
    raise EvaluationError(f"after ? an optional value is expected, not {kind_name(value)}")


def _macro(run: Evaluation, node: Macro, local: Locals) -> object:
    items = run.value(node.range, local)
    return MACRO_RUNS[node.kind](run, node, local, _pairs(node, items))


def _pairs(node: Macro, items: object) -> Iterable[tuple[object, ...]]:
    """The values of the macro's variables, round by round."""
    two = len(node.variables) == 2
    if isinstance(items, list | tuple):
        if two:
            return enumerate(map(adapt, items))
        return ((adapt(item),) for item in items)
    if isinstance(items, Mapping) and node.kind != "find":
        if two:
            return ((key, adapt(items[key])) for key in items)
        return ((key,) for key in items)
    raise EvaluationError(f"cannot go through {kind_name(items)}", node.range.start, node.range.end)


def _bind(run: Evaluation, node: Bind, local: Locals) -> object:
    return run.value(node.body, {**local, node.variable: run.value(node.value, local)})


def _optional_map(run: Evaluation, node: OptionalMap, local: Locals) -> object:
    operand = run.value(node.operand, local)
    if not isinstance(operand, OptionalValue):
        raise EvaluationError(f"optMap() needs an optional value, not {kind_name(operand)}")
    if not operand.present:
        return NONE
    value = run.value(node.body, {**local, node.variable: operand.value})
    return _optional(value) if node.flat else OptionalValue(True, value)


_EVALUATE: Final[Mapping[type[Node], Callable[[Evaluation, Any, Locals], object]]] = {
    Literal: _literal,
    Ident: _ident,
    Select: _select,
    Has: _has,
    Index: _index,
    Given: _given,
    Logic: _logic,
    Conditional: _conditional,
    Call: _call,
    ListExpr: _list,
    MapExpr: _map,
    Macro: _macro,
    Bind: _bind,
    OptionalMap: _optional_map,
}

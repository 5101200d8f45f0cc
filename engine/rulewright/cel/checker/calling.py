"""The types of calls: functions, methods and operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rulewright.cel.checker.complaints import (
    Complaint,
    hint_for,
    is_operator,
    unknown_function,
    wrong_call,
    wrong_operands,
)
from rulewright.cel.checker.constants import failing_call
from rulewright.cel.checker.options import check_options
from rulewright.cel.checker.overloads import Resolution, resolve
from rulewright.cel.checker.run import Run, Scope
from rulewright.cel.checker.types import (
    comparable,
    is_nullable,
    is_open,
    item_of,
    params_of,
    without_null,
)
from rulewright.cel.checker.wording import precisely, spoken, spoken_apart, spoken_plural
from rulewright.cel.errors import CelError
from rulewright.cel.functions import STANDARD_FUNCTIONS
from rulewright.cel.macros import MACRO_NAMES
from rulewright.cel.parser import dotted_path
from rulewright.cel.regex import check_pattern
from rulewright.cel.tree import Call, Ident, Index, Literal, Node, Select
from rulewright.cel.values import BOOL, DYN, INT, NULL, UINT, Type

_EQUALITY: Final = frozenset(["_==_", "_!=_"])
_DIVISIONS: Final = frozenset(["_/_", "_%_"])
_NULL_MEANS: Final = {
    "_<_": "has no order",
    "_<=_": "has no order",
    "_>_": "has no order",
    "_>=_": "has no order",
    "@in": "holds nothing to look in",
    "!_": "is neither true nor false",
}


def type_of_call(run: Run, node: Call, scope: Scope) -> Type:
    """The type of a call."""
    function = run.declarations.functions.get(node.function)
    if function is None:
        return _unknown(run, node, scope)
    operands = node.args if node.target is None else (node.target, *node.args)
    if node.function == "!_":
        run.condition(operands[0], scope, denied=True)
        return BOOL
    kinds = [run.type_of(operand, scope) for operand in operands]
    if node.function in _EQUALITY:
        _check_equality(run, node, kinds)
        check_options(run, node, scope)
        return BOOL
    resolution = resolve(function, kinds, method=node.target is not None)
    if resolution is None:
        _complain(run, node, operands, _complaint(run, node, kinds))
        return _result_of_failure(node)
    _warn_of_null(run, node, operands, resolution, scope)
    _check_literals(run, node, operands, kinds)
    if node.function == "@in":
        check_options(run, node, scope)
    return resolution.result


def _unknown(run: Run, node: Call, scope: Scope) -> Type:
    """A function that doesn't exist; the `math` of `math.maximum` is then no name to look for."""
    name = node.function
    target = node.target
    namespace = dotted_path(target) if target is not None else None
    prefixes = {word.rpartition(".")[0] for word in run.declarations.functions}
    if namespace in prefixes and namespace not in scope.local:
        name, target = f"{namespace}.{name}", None
    for part in (*node.args, *((target,) if target is not None else ())):
        if not (name in MACRO_NAMES and isinstance(part, Ident)):
            run.type_of(part, scope)
    start = target.end if target is not None else node.start
    place = run.word_after(start, name, node)
    if name in MACRO_NAMES:
        message = f"{name}() is not called with {len(node.args)} argument{'' if len(node.args) == 1 else 's'}"
        run.report("wrong-arguments", message, place, hint=_macro_hint(name))
        return DYN
    hint = unknown_function(name, {*run.declarations.functions, *MACRO_NAMES})
    if target is None and not node.args and name in run.declarations.variables:
        hint = f"{name} is a value: write it without ()"
    run.report("unknown-function", f"the function {name} is not known", place, hint=hint, name=name)
    return DYN


def _macro_hint(name: str) -> str | None:
    if name in ("has", "given", "bind", "find"):
        return None
    return f"for example list.{name}(item, item.amount > 0)"


def _check_equality(run: Run, node: Call, kinds: Sequence[Type]) -> None:
    left, right = kinds
    if comparable(left, right) and not _null_against_value(node, kinds):
        return
    always = "never equals" if node.function == "_==_" else "always differs from"
    names = spoken_apart(kinds)
    hint = hint_for(node.args[0], left, without_null(right)) or hint_for(
        node.args[1], right, without_null(left)
    )
    message = f"{names[0]} {always} {names[1]}: {run.code(node)}"
    run.report("impossible-comparison", message, node, hint=hint)


def _null_against_value(node: Call, kinds: Sequence[Type]) -> bool:
    """null may be compared with all that is read (a store may hold a null), not with what is made."""
    for index, other in ((0, 1), (1, 0)):
        if kinds[index] == NULL and isinstance(node.args[index], Literal):
            kind = kinds[other]
            read = isinstance(node.args[other], Select | Index | Ident)
            return not (read or is_nullable(kind) or is_open(kind) or kind == NULL)
    return False


def _complaint(run: Run, node: Call, kinds: Sequence[Type]) -> Complaint:
    if node.function == "@in" and len(kinds) == 2:
        wrong = _wrong_membership(node, kinds, run.code(node))
        if wrong is not None:
            return wrong
    if is_operator(node.function):
        return wrong_operands(node, kinds, run.code(node))
    return wrong_call(run.declarations.functions[node.function], node, kinds)


def _wrong_membership(node: Call, kinds: Sequence[Type], code: str) -> Complaint | None:
    item, container = without_null(kinds[0]), without_null(kinds[1])
    if container.name not in ("list", "map"):
        hint = "write text.contains(part)" if container.name == "string" else None
        return Complaint(f"cannot look for {spoken(item)} in {spoken(container)}: {code}", hint)
    inside = item_of(container) if container.name == "list" else params_of(container)[0]
    noun = "a list of" if container.name == "list" else "a map by"
    message = f"{precisely(item)} is never in {noun} {spoken_plural(inside)}: {code}"
    return Complaint(message, hint_for(node.args[0], item, without_null(inside)))


def _complain(run: Run, node: Call, operands: Sequence[Node], complaint: Complaint) -> None:
    counts = complaint.argument is None and not is_operator(node.function)
    place: Node | tuple[int, int] = node
    if complaint.argument:
        place = operands[complaint.argument]
    elif not is_operator(node.function):
        after = node.target.end if node.target is not None else node.start
        place = run.word_after(after, node.function, node)
    run.report("wrong-arguments" if counts else "wrong-type", complaint.message, place, hint=complaint.hint)


def _result_of_failure(node: Call) -> Type:
    """What a wrong call would give, so that one mistake is not told twice."""
    return BOOL if node.function in _NULL_MEANS else DYN


def _warn_of_null(
    run: Run, node: Call, operands: Sequence[Node], resolution: Resolution, scope: Scope
) -> None:
    for index in resolution.unsafe:
        if is_operator(node.function):
            why = _NULL_MEANS.get(node.function, "cannot be reckoned with")
        else:
            why = f"{node.function}() fails"
        run.warn_of_null(operands[index], scope, why)


def _check_literals(run: Run, node: Call, operands: Sequence[Node], kinds: Sequence[Type]) -> None:
    """What is sure to fail whatever arrives: a zero to divide by, a pattern or a date that is none."""
    last = operands[-1] if operands else None
    zero = isinstance(last, Literal) and type(last.value) is not bool and last.value == 0
    if node.function in _DIVISIONS and zero and kinds[-1] in (INT, UINT):
        run.report("division-by-zero", f"nothing can be divided by zero: {run.code(node)}", node)
        return
    if node.function == "matches" and isinstance(last, Literal) and isinstance(last.value, str):
        _check_pattern(run, last, last.value)
        return
    why = failing_call(node) if node.function in STANDARD_FUNCTIONS else None
    if why is not None:
        run.report("bad-literal", f"{run.code(node)} always fails: {why}", operands[0])


def _check_pattern(run: Run, node: Literal, pattern: str) -> None:
    try:
        check_pattern(pattern)
    except CelError as error:
        run.report("bad-pattern", error.message, node)

"""The static checker: the type of an expression and what is wrong with it, before any value arrives.

declarations = Declarations({"payload": record("payload", {"age": RecordField(INT, optional=True)})})
check("payload.age >= 'x'", declarations).problems
"""

from __future__ import annotations

from rulewright.cel.checker.costs import Sizes, cost
from rulewright.cel.checker.declarations import CheckCode, Checked, CheckProblem, Declarations, Expected
from rulewright.cel.checker.deduction import deduce
from rulewright.cel.checker.facts import closed
from rulewright.cel.checker.run import Run, Scope
from rulewright.cel.checker.sizes import Size
from rulewright.cel.checker.types import (
    RecordField,
    RecordType,
    finished,
    fits,
    nullable,
    record,
    without_null,
)
from rulewright.cel.checker.wording import alternatives, precisely, spoken
from rulewright.cel.errors import CelError
from rulewright.cel.parser import parse
from rulewright.cel.tree import Node
from rulewright.cel.values import BOOL, DYN, Type

__all__ = [
    "CONDITION",
    "CheckCode",
    "CheckProblem",
    "Checked",
    "Declarations",
    "Expected",
    "RecordField",
    "RecordType",
    "Size",
    "Sizes",
    "check",
    "check_tree",
    "cost",
    "nullable",
    "record",
]

CONDITION = Expected((BOOL,), "a condition")


def check(text: str, declarations: Declarations, expected: Expected | None = None) -> Checked:
    """Parse and check an expression. A text that is no CEL gives one problem, `expression-syntax`."""
    try:
        node = parse(text)
    except CelError as error:
        start = len(text) if error.start is None else error.start
        end = max(error.end or 0, start + 1)
        return Checked(DYN, (CheckProblem("expression-syntax", error.message, start, end),))
    return check_tree(node, text, declarations, expected)


def check_tree(
    node: Node, text: str, declarations: Declarations, expected: Expected | None = None
) -> Checked:
    """Check an expression that was parsed already; `text` is what it was parsed from."""
    run = Run(text, declarations, deduce)
    scope = Scope({}, closed(declarations.given, declarations.implies))
    if expected is not None and expected.types == (BOOL,):
        run.condition(node, scope)
        kind = BOOL
    else:
        kind = run.type_of(node, scope)
        if expected is not None:
            _check_result(run, node, kind, expected)
    problems = sorted(dict.fromkeys(run.problems), key=lambda problem: (problem.start, problem.end))
    return Checked(finished(kind), tuple(problems))


def _check_result(run: Run, node: Node, kind: Type, expected: Expected) -> None:
    if not any(fits(wanted, kind) for wanted in expected.types):
        wanted, found = alternatives(map(spoken, expected.types)), spoken(kind)
        if found in wanted:
            wanted, found = alternatives(map(precisely, expected.types)), precisely(without_null(kind))
        message = f"{expected.what} takes {wanted}, and this is {found}: {run.code(node)}"
        run.report("wrong-result", message, node)

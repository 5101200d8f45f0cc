"""Texts that a field never is, because it is always one of a few others."""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.cel.checker.run import Run, Scope
from rulewright.cel.checker.wording import did_you_mean
from rulewright.cel.tree import Call, ListExpr, Literal, Node, Select

_MOST_NAMED = 12


def check_options(run: Run, node: Call, scope: Scope) -> None:
    """Tell of `status == 'Actve'` and `status in ['Actve']` where a status is Active or Ended."""
    left, right = node.args
    pairs = ((left, right),) if node.function == "@in" else ((left, right), (right, left))
    for side, other in pairs:
        literals = list(_literals(other))
        if not literals or not isinstance(side, Select):
            continue
        field = run.field_of(side, scope)
        for literal, text in literals:
            if field is not None and field.values and text not in field.values:
                _tell(run, side, literal, text, field.values)


def _literals(node: Node) -> Iterator[tuple[Node, str]]:
    for part in node.elements if isinstance(node, ListExpr) else (node,):
        if isinstance(part, Literal) and isinstance(part.value, str):
            yield part, part.value


def _tell(run: Run, side: Node, literal: Node, text: str, values: frozenset[str]) -> None:
    hint = did_you_mean(text, values)
    if hint is None and len(values) <= _MOST_NAMED:
        hint = f"it is one of {', '.join(sorted(values))}"
    # A warning: a store may hold what was allowed once.
    message = f"{run.code(side)} is never {run.code(literal)}"
    run.report("impossible-comparison", message, literal, hint=hint, severity="warning")

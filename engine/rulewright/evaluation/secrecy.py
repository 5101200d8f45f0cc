"""Whether what an expression gives may tell a sensitive value.

Finer than which paths it reads: the number of some records, or one field of each, tells nothing of the
other fields of these records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from rulewright.cel import Node, children
from rulewright.cel.tree import Bind, Call, Conditional, Given, Has, Ident, Index, Literal, Macro, Select
from rulewright.evaluation.views import Fields
from rulewright.formula import Formula, FormulaList, FormulaMap, Valued

Named: TypeAlias = bool | Fields
"""What a name stands for: records with these fields; or else a value, and whether it is secret."""
Behind: TypeAlias = Callable[[str], Named]
"""Tells of each name what it stands for."""


def is_secret(valued: Valued, behind: Behind) -> bool:
    """Whether what a formula or a template gives may tell the value of a sensitive field."""
    match valued:
        case Formula():
            return _tells(_kind(valued.node, {}, behind))
        case FormulaMap():
            return any(is_secret(entry, behind) for entry in valued.entries.values())
        case FormulaList():
            return any(is_secret(item, behind) for item in valued.items)
        case _:
            return False


def _tells(kind: Named) -> bool:
    """Whether the whole of it holds a secret."""
    if isinstance(kind, bool):
        return kind
    return any(field.hides for field in kind.values())


def _kind(node: Node, known: Mapping[str, Named], behind: Behind) -> Named:
    match node:
        case Ident(name=name):
            if name in known:
                return known[name]
            return behind(name)
        case Select(operand=operand, field=name):
            return _part(_kind(operand, known, behind), name)
        case Index(operand=operand, index=Literal(value=str() as name)):
            return _part(_kind(operand, known, behind), name)
        case Index(operand=operand):
            # An item of a list, or a field by a name that is worked out.
            return _kind(operand, known, behind)
        case Has() | Given():
            # That there is a value is shown of every field.
            return False
        case Macro():
            return _of_macro(node, known, behind)
        case Bind(variable=name, value=value, body=body):
            return _kind(body, {**known, name: _kind(value, known, behind)}, behind)
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return _all_of((condition, then, otherwise), known, behind)
        case Call(function="size", target=target, args=args):
            counted = _kind(target if target is not None else args[0], known, behind)
            return counted if isinstance(counted, bool) else False
        case _:
            return _all_of(children(node), known, behind)


def _part(kind: Named, name: str) -> Named:
    if isinstance(kind, bool):
        return kind
    field = kind.get(name)
    if field is None:
        # Of a field whose name was worked out.
        return _tells(kind)
    if field.rule.sensitive:
        return True
    if field.rule.type == "map":
        # Its keys are no names of fields.
        return field.hides
    below = field.items if field.items is not None else field
    return {child.name: child for child in below.children} or field.hides


def _of_macro(node: Macro, known: Mapping[str, Named], behind: Behind) -> Named:
    over = _kind(node.range, known, behind)
    inner = {**known, **dict.fromkeys(node.variables, over)}
    asked = node.condition is not None and _tells(_kind(node.condition, inner, behind))
    if asked:
        return True
    if node.body is not None:
        return _kind(node.body, inner, behind)
    # filter and find give what they go through; the others say yes or no.
    return over if node.kind in ("filter", "find") else False


def _all_of(nodes: Iterable[Node], known: Mapping[str, Named], behind: Behind) -> bool:
    return any(_tells(_kind(node, known, behind)) for node in nodes)

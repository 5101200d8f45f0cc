"""Rules with one condition spoilt: what a scenario should notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeGuard

from msgspec import Struct
from msgspec.structs import replace

from rulewright import cel
from rulewright.cel.tree import Call, Conditional, Logic, map_children
from rulewright.compiled import CompiledField, CompiledResource, CompiledRules
from rulewright.formula import Formula, FormulaMap
from rulewright.problem import Span
from rulewright.scenarios.conditions import Condition, Key, conditions_of, fields_of

_SWAPS: Final = {"_<_": "_<=_", "_<=_": "_<_", "_>_": "_>=_", "_>=_": "_>_", "_==_": "_!=_", "_!=_": "_==_"}
_COMPILED: Final = ("rulewright.compiled", "rulewright.formula")
_GONE: Final = object()
_SWITCHES: Final = (
    "required",
    "immutable",
    "required_with",
    "required_without",
    "forbidden_with",
    "forbidden_without",
)


class Mutant(Struct, frozen=True):
    """One change of one rule. `swaps` maps the ids of compiled parts to what takes their place.

    `key` is the condition it is about; None inside a value and for rules without an expression.
    """

    resource: str
    rule: str
    change: str
    at: Span
    swaps: Mapping[int, object]
    key: Key | None = None


def mutants_of(resource: CompiledResource) -> Iterator[Mutant]:
    """Yield every mutant of a rule file: its conditions, those inside values, rules without an expression."""
    conditions = conditions_of(resource)
    for condition in conditions:
        yield from _of_condition(condition)
    judged = {id(part) for one in conditions for part in (one.formula, *_formulas_of(one))}
    for formula in formulas_within(resource):
        if id(formula) not in judged:
            yield from _of_value(resource.name, formula)
    yield from _of_plain_rules(resource)


def _formulas_of(condition: Condition) -> Iterator[Formula]:
    for part in (condition.part, *condition.twins):
        yield from formulas_within(part)


def _of_condition(condition: Condition) -> Iterator[Mutant]:
    def mutant(change: str, node: cel.Node | None) -> Mutant:
        parts = (condition.part, *condition.twins) if node is None else tuple(_formulas_of(condition))
        gone = _GONE if condition.part is not condition.formula else None
        swaps = {id(part): gone if node is None else _with_node(part, node) for part in parts}
        return Mutant(
            condition.resource, condition.rule, change, condition.formula.span, swaps, condition.key
        )

    node, text = condition.formula.node, condition.formula.text
    yield mutant("deleted", None)
    if condition.keyword == "one_of":
        return
    yield mutant("negated", _negation(node))
    for what, changed in _changes(node, text):
        yield mutant(what, changed)


def _of_value(resource: str, formula: Formula) -> Iterator[Mutant]:
    """Yield the changes of the conditions inside a value: choices, chains, comparisons."""
    for what, changed in _changes(formula.node, formula.text):
        swaps = {id(formula): _with_node(formula, changed)}
        yield Mutant(resource, resource, f"in a value: {what}", formula.span, swaps)


def _changes(root: cel.Node, text: str) -> Iterator[tuple[str, cel.Node]]:
    """Yield each smaller change of an expression, with its name."""
    for node in cel.walk(root):
        match node:
            case Logic():
                for index, operand in enumerate(node.operands):
                    rest = (*node.operands[:index], *node.operands[index + 1 :])
                    kept = rest[0] if len(rest) == 1 else replace(node, operands=rest)
                    yield f"dropped: {_shown(text, operand)}", _exchanged(root, node, kept)
            case Call() if node.function in _SWAPS:
                other = replace(node, function=_SWAPS[node.function])
                sign = other.function.strip("_")
                yield f"{sign} in: {_shown(text, node)}", _exchanged(root, node, other)
            case Conditional():
                turned = replace(node, condition=_negation(node.condition))
                yield f"negated: {_shown(text, node.condition)} ? ...", _exchanged(root, node, turned)
            case _:
                pass


def _negation(node: cel.Node) -> cel.Node:
    return Call(start=node.start, end=node.end, function="!_", target=None, args=(node,))


def _exchanged(root: cel.Node, old: cel.Node, new: cel.Node) -> cel.Node:
    if root is old:
        return new
    return map_children(root, lambda child, _: _exchanged(child, old, new))


def _shown(text: str, node: cel.Node) -> str:
    return " ".join(text[node.start : node.end].split())


def _with_node(formula: object, node: cel.Node) -> Formula:
    assert isinstance(formula, Formula)
    return Formula(formula.text, node, cel.references(node), formula.span, formula.functions)


def formulas_within(part: object) -> Iterator[Formula]:
    """Yield every formula inside a compiled part."""
    if isinstance(part, Formula):
        yield part
    elif isinstance(part, Mapping):
        for value in part.values():
            yield from formulas_within(value)
    elif isinstance(part, tuple | list):
        for value in part:
            yield from formulas_within(value)
    elif _is_compiled(part):
        for name in part.__struct_fields__:
            yield from formulas_within(getattr(part, name))


def mutate(rules: CompiledRules, mutant: Mutant) -> CompiledRules:
    """Return the rules with the mutant's change, and nothing else changed."""
    changed = substitute(rules.resources[mutant.resource], mutant.swaps)
    return replace(rules, resources={**rules.resources, mutant.resource: changed})


def substitute(part: Any, swaps: Mapping[int, object]) -> Any:
    """Return a compiled part in which others take the place of some, known by their ids."""
    if id(part) in swaps:
        return swaps[id(part)]
    if isinstance(part, tuple):
        kept = tuple(substitute(one, swaps) for one in part)
        return tuple(one for one in kept if one is not _GONE) if _differ(kept, part) else part
    if isinstance(part, dict):
        entries = {name: substitute(one, swaps) for name, one in part.items()}
        return entries if _differ(entries.values(), part.values()) else part
    if not _is_compiled(part):
        return part
    values = {name: substitute(getattr(part, name), swaps) for name in part.__struct_fields__}
    same = not _differ(values.values(), [getattr(part, name) for name in values])
    return part if same else replace(part, **values)


def _differ(new: Any, old: Any) -> bool:
    return any(one is not other for one, other in zip(new, old, strict=True))


def _is_compiled(part: object) -> TypeGuard[Struct]:
    return isinstance(part, Struct) and type(part).__module__.startswith(_COMPILED)


def _of_plain_rules(resource: CompiledResource) -> Iterator[Mutant]:
    """Yield the mutants of conditions that are no expressions: `required: true`, `where`, `unique`, ...

    A field of an event is compiled once more; what is written once is spoilt in both.
    """
    merged: dict[tuple[str, str, Span], Mutant] = {}
    for mutant in _plain_mutants(resource):
        place = (mutant.rule, mutant.change, mutant.at)
        swaps = {**merged[place].swaps, **mutant.swaps} if place in merged else mutant.swaps
        merged[place] = replace(mutant, swaps=swaps)
    yield from merged.values()


def _plain_mutants(resource: CompiledResource) -> Iterator[Mutant]:
    for field in fields_of(resource):
        for keyword in _switches(resource, field):
            off: Any = () if isinstance(getattr(field.rule, keyword), tuple) else False
            changed = replace(field, rule=replace(field.rule, **{keyword: off}))
            yield _plain(resource, field, keyword, changed)
        if field.reference is not None:
            yield _plain(resource, field, "references", replace(field, reference=None))
            yield from _of_where(resource, field.reference.id, field.reference.where, field.reference.span)
        if field.unique is not None:
            yield _plain(resource, field, "unique", replace(field, unique=None))
            yield from _of_where(resource, field.unique.id, field.unique.where, field.unique.rule.span)
    yield from _of_where(resource, f"{resource.name}.scope", resource.scope, resource.file.span)
    for effect in resource.every_effect():
        yield from _of_where(resource, effect.id, effect.where, effect.rule.at.get("where", effect.rule.span))


def _switches(resource: CompiledResource, field: CompiledField) -> Iterator[str]:
    """The keywords that are switched on and can make a difference."""
    operations = [one.name for one in resource.file.operations]
    for keyword in _SWITCHES:
        # Nothing is changed for good where there is no update.
        if getattr(field.rule, keyword) and (
            keyword != "immutable" or not operations or "update" in operations
        ):
            yield keyword


def _plain(resource: CompiledResource, field: CompiledField, keyword: str, changed: CompiledField) -> Mutant:
    at = field.span_of(keyword)
    return Mutant(resource.name, f"{field.id}.{keyword}", "deleted", at, {id(field): changed})


def _of_where(resource: CompiledResource, rule: str, where: FormulaMap, at: Span) -> Iterator[Mutant]:
    for name in where.entries:
        kept = {other: one for other, one in where.entries.items() if other != name}
        changed = FormulaMap(kept, where.reads)
        yield Mutant(resource.name, rule, f"dropped from where: {name}", at, {id(where): changed})

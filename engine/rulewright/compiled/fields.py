"""Field -> CompiledField, with its conditions, its reference and its checks."""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.compiled.parts import CompiledCheck, CompiledField, CompiledReference, CompiledUnique, Concern
from rulewright.fieldtypes import FIELD_TYPES
from rulewright.formula import Formula, FormulaMap, compile_expression, compile_template
from rulewright.model import Check, Expression, Field, RuleSet, TemplateMap

EMPTY_MAP = FormulaMap({}, ())


def compile_optional(expression: Expression | None) -> Formula | None:
    """Compile an expression where there is one."""
    return compile_expression(expression) if expression is not None else None


def compile_map(template: TemplateMap | None) -> FormulaMap:
    """Compile a map of templates; none is an empty one."""
    if template is None:
        return EMPTY_MAP
    compiled = compile_template(template)
    assert isinstance(compiled, FormulaMap)
    return compiled


def compile_field(rule: Field, prefix: str, order: tuple[int, ...], rules: RuleSet) -> CompiledField:
    field_id = f"{prefix}.{rule.name}"
    children = tuple(
        compile_field(child, field_id, (*order, index), rules)
        for index, child in enumerate(rule.fields or ())
    )
    items = compile_field(rule.items, field_id, (*order, 0), rules) if rule.items is not None else None
    return CompiledField(
        rule=rule,
        id=field_id,
        type=FIELD_TYPES[rule.type],
        order=order,
        required_if=compile_optional(rule.required_if),
        required_unless=compile_optional(rule.required_unless),
        forbidden_if=compile_optional(rule.forbidden_if),
        excluded_if=compile_optional(rule.excluded_if),
        default_from=compile_template(rule.default_from) if rule.default_from is not None else None,
        compute=compile_template(rule.compute.value) if rule.compute is not None else None,
        one_of=compile_expression(rule.one_of) if isinstance(rule.one_of, Expression) else None,
        checks=compile_checks(rule.checks, field_id, order),
        reference=_compile_reference(rule, field_id, rules),
        unique=_compile_unique(rule, field_id),
        children=children,
        items=items,
        concerns=frozenset(_own_concerns(rule)).union(
            *(part.concerns for part in (*children, items) if part)
        ),
    )


def _own_concerns(rule: Field) -> Iterator[Concern]:
    if rule.excluded_if is not None:
        yield "excluded"
    conditions = (rule.required_if, rule.required_unless, rule.forbidden_if)
    siblings = (rule.required_with, rule.required_without, rule.forbidden_with, rule.forbidden_without)
    if rule.required or rule.immutable or any(siblings) or any(one is not None for one in conditions):
        yield "presence"
    if rule.references is not None or isinstance(rule.one_of, Expression):
        yield "values"
    if rule.checks:
        yield "checks"
    if rule.default or rule.default_from is not None or rule.compute or rule.generate:
        yield "supplied"


def _compile_reference(rule: Field, field_id: str, rules: RuleSet) -> CompiledReference | None:
    written = rule.references
    if written is None:
        return None
    return CompiledReference(
        resource=written.resource,
        by=written.by or rules.resources[written.resource].key,
        where=compile_map(written.where),
        bind=written.bind,
        id=f"{field_id}.references",
        span=written.span,
    )


def _compile_unique(rule: Field, field_id: str) -> CompiledUnique | None:
    if rule.unique is None:
        return None
    fields = (rule.name, *rule.unique.within)
    return CompiledUnique(rule.unique, fields, compile_map(rule.unique.where), f"{field_id}.unique")


def compile_checks(
    checks: tuple[Check, ...], prefix: str, order: tuple[int, ...]
) -> tuple[CompiledCheck, ...]:
    return tuple(
        CompiledCheck(check, f"{prefix}.{check.id}", compile_expression(check.check), (*order, index))
        for index, check in enumerate(checks)
    )

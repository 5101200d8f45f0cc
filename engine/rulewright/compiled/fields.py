"""Field -> CompiledField, with its conditions, its reference and its checks."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from rulewright.compiled.parts import CompiledCheck, CompiledField, CompiledReference, CompiledUnique, Concern
from rulewright.compiled.supplying import in_order_of_reading
from rulewright.formula import Formula, FormulaMap, Functions, Path, compile_expression, compile_template
from rulewright.model import Check, Expression, Field, RuleSet, TemplateMap
from rulewright.plugins import Registry

EMPTY_MAP = FormulaMap({}, ())


def compile_optional(expression: Expression | None, functions: Functions) -> Formula | None:
    """Compile an expression where there is one."""
    return compile_expression(expression, functions) if expression is not None else None


def compile_map(template: TemplateMap | None, functions: Functions) -> FormulaMap:
    """Compile a map of templates; none is an empty one."""
    if template is None:
        return EMPTY_MAP
    compiled = compile_template(template, functions)
    assert isinstance(compiled, FormulaMap)
    return compiled


def compile_field(
    rule: Field,
    prefix: str,
    order: tuple[int, ...],
    rules: RuleSet,
    registry: Registry,
    around: Path = ("record",),
) -> CompiledField:
    """Compile one field with everything nested in it. `around`: the path by which expressions read what
    holds it."""
    functions = registry.functions
    field_id = f"{prefix}.{rule.name}"
    path = (*around, rule.name)
    children = tuple(
        compile_field(child, field_id, (*order, index), rules, registry, path)
        for index, child in enumerate(rule.fields or ())
    )
    inner = rule.items
    items = None if inner is None else compile_field(inner, field_id, (*order, 0), rules, registry, ())
    return CompiledField(
        rule=rule,
        id=field_id,
        type=registry.types[rule.type],
        order=order,
        required_if=compile_optional(rule.required_if, functions),
        required_unless=compile_optional(rule.required_unless, functions),
        forbidden_if=compile_optional(rule.forbidden_if, functions),
        excluded_if=compile_optional(rule.excluded_if, functions),
        default_from=compile_template(rule.default_from, functions)
        if rule.default_from is not None
        else None,
        compute=compile_template(rule.compute.value, functions) if rule.compute is not None else None,
        one_of=compile_expression(rule.one_of, functions) if isinstance(rule.one_of, Expression) else None,
        checks=compile_checks(rule.checks, field_id, order, functions),
        reference=_compile_reference(rule, field_id, rules, functions),
        unique=_compile_unique(rule, field_id, functions),
        children=children,
        child_of=MappingProxyType({child.name: child for child in children}),
        supplied=in_order_of_reading(children, path if around else ("item",)),
        items=items,
        maker=registry.makers.get(rule.generate.kind) if rule.generate is not None else None,
        concerns=frozenset(_own_concerns(rule)).union(
            *(part.concerns for part in (*children, items) if part)
        ),
        hides=rule.sensitive or any(part.hides for part in (*children, items) if part),
    )


def _own_concerns(rule: Field) -> Iterator[Concern]:
    if rule.excluded_if is not None:
        yield "excluded"
    conditions = (rule.required_if, rule.required_unless, rule.forbidden_if)
    if rule.required or rule.immutable or rule.siblings or any(one is not None for one in conditions):
        yield "presence"
    if rule.references is not None or isinstance(rule.one_of, Expression):
        yield "values"
    if rule.checks:
        yield "checks"
    if rule.default or rule.default_from is not None or rule.compute or rule.generate:
        yield "supplied"


def _compile_reference(
    rule: Field, field_id: str, rules: RuleSet, functions: Functions
) -> CompiledReference | None:
    written = rule.references
    if written is None:
        return None
    return CompiledReference(
        resource=written.resource,
        by=written.by or rules.resources[written.resource].key,
        where=compile_map(written.where, functions),
        bind=written.bind,
        id=f"{field_id}.references",
        span=written.span,
    )


def _compile_unique(rule: Field, field_id: str, functions: Functions) -> CompiledUnique | None:
    if rule.unique is None:
        return None
    fields = (rule.name, *rule.unique.within)
    return CompiledUnique(
        rule.unique, fields, compile_map(rule.unique.where, functions), f"{field_id}.unique"
    )


def compile_checks(
    checks: tuple[Check, ...], prefix: str, order: tuple[int, ...], functions: Functions
) -> tuple[CompiledCheck, ...]:
    """Compile a list of conditions."""
    return tuple(
        CompiledCheck(
            check, f"{prefix}.{check.id}", compile_expression(check.check, functions), (*order, index)
        )
        for index, check in enumerate(checks)
    )

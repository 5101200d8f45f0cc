"""What is said inside a field's value: of its items, and of its parts, however deep."""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.compiled import CompiledField
from rulewright.formula import Formula, Path, Valued


def parts_within(field: CompiledField) -> list[CompiledField]:
    """Whatever stands in a field, however deep."""
    return [one for part in field.parts for one in part.with_nested()]


def may_keep_nulls(target: CompiledField, source: CompiledField) -> bool:
    """Whether a null in a part of a sent `source` stays in what a rule sets `target` to.

    It does where the target says nothing of what it holds; the stored form of `source` has lost it.
    """
    takes_all = any(one.type.column == "json" and not one.parts for one in target.with_nested())
    return takes_all and any(one.children for one in source.with_nested())


def formulas_within(field: CompiledField) -> Iterator[Valued]:
    """What rules inside a field's value say, but for how its parts are worked out."""
    for part in parts_within(field):
        yield from conditions_of(part)
        if part.reference is not None:
            yield part.reference.where


def makers_within(field: CompiledField) -> Iterator[Valued]:
    """How parts of a field's value are worked out."""
    for part in parts_within(field):
        yield from (one for one in (part.default_from, part.compute) if one is not None)


def reads_of(field: CompiledField) -> list[Path]:
    """What all expressions within a field read, and its own options."""
    own = (field.one_of,) if field.one_of is not None else ()
    said = (*own, *formulas_within(field), *makers_within(field))
    return [path for one in said for path in one.reads]


def conditions_of(part: CompiledField) -> Iterator[Formula]:
    """What says whether a part must be there, and what it may be."""
    said = part.required_if, part.required_unless, part.forbidden_if, part.excluded_if, part.one_of
    yield from (one for one in said if one is not None)
    yield from (check.condition for check in part.checks)

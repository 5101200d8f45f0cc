"""RuleFile -> Table: the shape in which a store keeps a resource's records, its constraints included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from rulewright import cel
from rulewright.compiled import CompiledField, CompiledResource, CompiledRules
from rulewright.evaluation import CLAIMS
from rulewright.history import DECISIONS
from rulewright.outbox import MESSAGES
from rulewright.ports import Column, ColumnType, ForeignKey, Table, UniqueConstraint
from rulewright.timeouts import ENTRIES, needs_entries


def tables_of(rules: CompiledRules, *, audit: bool = True) -> tuple[Table, ...]:
    """Return one table for each resource, in the order of their names, and those the engine needs."""
    wanted = _looked_up_fields(rules)
    own = [table_of(rules.resources[name], wanted.get(name, ())) for name in sorted(rules.resources)]
    if any(resource.idempotency is not None for resource in rules.resources.values()):
        own.append(CLAIMS)
    if needs_entries(rules):
        own.append(ENTRIES)
    # Any resource may be forwarded, also one whose rules send nothing.
    own.append(MESSAGES)
    if audit:
        own.append(DECISIONS)
    return tuple(own)


def table_of(resource: CompiledResource, looked_up: Iterable[tuple[str, ...]] = ()) -> Table:
    """Return the table of one resource. `looked_up` are the fields that look-ups find it by."""
    key = (resource.key,)
    return Table(
        resource=resource.name,
        key=resource.key,
        columns=tuple(Column(field.name, column_type(field)) for field in resource.fields.values()),
        uniques=tuple(_uniques(resource)),
        indexes=tuple(dict.fromkeys(fields for fields in looked_up if fields != key)),
        foreign_keys=tuple(_foreign_keys(resource)),
        hides_key=resource.fields[resource.key].hides,
    )


def column_type(field: CompiledField) -> ColumnType:
    """Return how a store keeps a field's values."""
    return field.type.column


def _uniques(resource: CompiledResource) -> Iterator[UniqueConstraint]:
    for field in resource.fields.values():
        if field.unique is None:
            continue
        try:
            where = field.unique.where.value({})
        except cel.CelError:
            # It depends on more than constants, which no database index can hold; the engine still does.
            continue
        yield UniqueConstraint(field.unique.fields, where)


def _foreign_keys(resource: CompiledResource) -> Iterator[ForeignKey]:
    for field in resource.fields.values():
        reference = field.reference
        # A list of references lies in one JSON column, which no foreign key can watch.
        if reference is not None and field.rule.type != "list":
            yield ForeignKey(field.name, reference.resource, reference.by)


def _looked_up_fields(rules: CompiledRules) -> dict[str, list[tuple[str, ...]]]:
    """The fields by which rules find records of each resource: look-ups, references, effects, reactions."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for resource in rules.resources.values():
        for lookup in resource.lookups.values():
            # A count of all records takes no index; the greatest of all is found by its own.
            of = (lookup.rule.of,) if lookup.rule.of is not None else ()
            if fields := tuple(lookup.by.entries) or of:
                found.setdefault(lookup.rule.resource, []).append(fields)
        for field in resource.fields.values():
            if field.reference is not None:
                found.setdefault(field.reference.resource, []).append((field.reference.by,))
        for effect in resource.every_effect():
            target = effect.rule.target
            if target is not None and target in rules.resources and effect.where.entries:
                found.setdefault(target, []).append(tuple(effect.where.entries))
    for reaction in chain.from_iterable(rules.reactions.values()):
        found.setdefault(reaction.rule.for_each.resource, []).append(tuple(reaction.by.entries))
    return found

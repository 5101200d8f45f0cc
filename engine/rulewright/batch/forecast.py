"""What the payloads of a chunk will look up, as far as the payloads themselves say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rulewright.cel.tree import Ident, Select
from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.evaluation import Inputs
from rulewright.formula import Formula, Valued
from rulewright.ports import Table

_OWN_ROOTS = ("payload", "record")


@dataclass(frozen=True, slots=True)
class Lookup:
    """Records of `resource` are found by `field`, at most one for each value: what a payload's field holds.

    `sent` is that field's name; None stands for the key that an operation names.
    """

    resource: str
    field: str
    sent: str | None


def lookups_of(rules: CompiledRules, resource: CompiledResource, tables: Mapping[str, Table]) -> list[Lookup]:
    """Return the look-ups of a resource's rules whose keys can be read off a payload."""
    found = [Lookup(resource.name, resource.key, None)]
    for other, field, sent in _direct(resource):
        if other in tables and sent in resource.fields and _is_single(tables[other], field):
            found.append(Lookup(other, field, sent))
    return list(dict.fromkeys(found))


def _direct(resource: CompiledResource) -> Iterator[tuple[str, str, str]]:
    """Yield (resource, its field, the payload's field) of what is looked up by a field as it was sent."""
    if resource.fields[resource.key].rule.generate is None:
        yield resource.name, resource.key, resource.key
    for field in resource.fields.values():
        if field.reference is not None:
            yield field.reference.resource, field.reference.by, field.name
        if field.unique is not None:
            yield resource.name, field.name, field.name
    for lookup in resource.lookups.values():
        yield from _sent_keys(lookup.rule.resource, lookup.by.entries)
    for effect in resource.effects:
        if effect.rule.target is not None:
            yield from _sent_keys(effect.rule.target, effect.where.entries)


def _sent_keys(other: str, entries: Mapping[str, Valued]) -> Iterator[tuple[str, str, str]]:
    for field, entry in entries.items():
        if (sent := _sent(entry)) is not None:
            yield other, field, sent


def _sent(entry: Valued) -> str | None:
    """The field that an expression names, if it is nothing but payload.field."""
    if not isinstance(entry, Formula) or not isinstance(entry.node, Select):
        return None
    root = entry.node.operand
    return entry.node.field if isinstance(root, Ident) and root.name in _OWN_ROOTS else None


def _is_single(table: Table, field: str) -> bool:
    """Whether no two records have the same value there: then no more is read than is looked up."""
    return table.key == field or any(one.fields == (field,) and not one.where for one in table.uniques)


def keys_of(lookup: Lookup, inputs: Sequence[Inputs]) -> list[str | int]:
    """Return what a chunk looks up, each key once."""
    keys: dict[str | int, None] = {}
    for one in inputs:
        if lookup.sent is None:
            value = one.key
        else:
            value = one.payload.get(lookup.sent) if isinstance(one.payload, Mapping) else None
        for key in value if isinstance(value, list) else (value,):
            if key.__class__ in (str, int):
                keys[key] = None
    return list(keys)

"""What the payloads of a chunk will look up, as far as they and what is stored say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from rulewright.cel.tree import Ident, Select
from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.formula import OWN_ROOTS, Formula, Valued
from rulewright.ports import Table


class Lookup(Struct, frozen=True):
    """Records of `resource` are found by `fields`: by what the payload has in the fields `sent`, in turn.

    Without `sent`, by the key that an operation names. What an update does not send is what is stored.
    """

    resource: str
    fields: tuple[str, ...]
    sent: tuple[str, ...]


def lookups_of(rules: CompiledRules, resource: CompiledResource, tables: Mapping[str, Table]) -> list[Lookup]:
    """Return the look-ups of a resource's rules whose keys can be read off a payload."""
    found = [Lookup(resource.name, (resource.key,), ())]
    for one in _direct(resource, tables):
        if one.resource in tables and one.sent and resource.fields.keys() >= set(one.sent):
            found.append(one)
    return list(dict.fromkeys(found))


def _direct(resource: CompiledResource, tables: Mapping[str, Table]) -> Iterator[Lookup]:
    """Yield what is looked up by fields as they were sent."""
    if resource.fields[resource.key].rule.generate is None:
        yield Lookup(resource.name, (resource.key,), (resource.key,))
    for field in resource.fields.values():
        reference = field.reference or (field.items.reference if field.items is not None else None)
        if reference is not None and not reference.where.entries:
            yield Lookup(reference.resource, (reference.by,), (field.name,))
        if field.unique is not None and not field.unique.where.entries:
            yield Lookup(resource.name, field.unique.fields, field.unique.fields)
    for lookup in resource.lookups.values():
        # `find` wants one record: where many match, they are not all to be read.
        other, by = lookup.rule.resource, lookup.by.entries
        if lookup.rule.kind == "find_all" or (other in tables and _is_single(tables[other], by)):
            yield from _sent_keys(other, by)
    for effect in resource.effects:
        if effect.rule.target is not None:
            yield from _sent_keys(effect.rule.target, effect.where.entries)


def _is_single(table: Table, by: Mapping[str, object]) -> bool:
    """Whether no two records have the same values in all these fields."""
    uniques = (one.fields for one in table.uniques if not one.where)
    return table.key in by or any(by.keys() >= set(fields) for fields in uniques)


def _sent_keys(other: str, entries: Mapping[str, Valued]) -> Iterator[Lookup]:
    sent = [name for entry in entries.values() if (name := _sent(entry)) is not None]
    if sent and len(sent) == len(entries):
        yield Lookup(other, tuple(entries), tuple(sent))


def _sent(entry: Valued) -> str | None:
    """The field that an expression names, if it is nothing but payload.field."""
    if not isinstance(entry, Formula) or not isinstance(entry.node, Select):
        return None
    root = entry.node.operand
    return entry.node.field if isinstance(root, Ident) and root.name in OWN_ROOTS else None

"""What the payloads of a chunk will look up, as far as they and what is stored say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from rulewright.batch.kept import PLAIN, keys_in
from rulewright.cel.tree import Ident, Select
from rulewright.compiled import CompiledResource
from rulewright.formula import OWN_ROOTS, Formula, Valued
from rulewright.ports import StoredRecord, Table, Where


class Lookup(Struct, frozen=True):
    """Records of `resource` are found by `fields`: by what the payload has in the fields `sent`, in turn.

    Without `sent`, by the key that an operation names. What an update does not send is what is stored.
    """

    resource: str
    fields: tuple[str, ...]
    sent: tuple[str, ...]


class Ahead(Protocol):
    """Where what a forecast says is read ahead."""

    def read_ahead(
        self, resource: str, fields: tuple[str, ...], keys: Sequence[tuple[str | int, ...]]
    ) -> None:
        """Read by one question what will be asked one by one: the records with these values in `fields`."""

    def find(self, resource: str, where: Where, limit: int | None = None) -> Sequence[StoredRecord]:
        """See Records.find."""


class Forecast:
    """What payloads of one resource will look up."""

    def __init__(self, resource: CompiledResource, tables: Mapping[str, Table]) -> None:
        self._resource = resource
        self._own, *self._others = _lookups_of(resource, tables)

    def read(self, asked: Sequence[tuple[object, object]], records: Ahead) -> None:
        """Read ahead for payloads, each with the key of the record that it is about (None: a new one)."""
        # The records that operations name come first: of an update much is looked up by what is stored.
        named = dict.fromkeys([key for key, _ in asked if key.__class__ in PLAIN])
        keys: list[tuple[Any, ...]] = [(key,) for key in named]
        records.read_ahead(self._own.resource, self._own.fields, keys)
        if not self._others:
            return
        payloads = [
            self._merged(key, payload, records) if named else payload
            for key, payload in asked
            if isinstance(payload, (dict, Mapping))
        ]
        for lookup in self._others:
            records.read_ahead(lookup.resource, lookup.fields, keys_in(payloads, lookup.sent))

    def _merged(self, key: object, sent: Mapping[str, object], records: Ahead) -> Mapping[str, object]:
        """What a payload may be looked up by: what was sent, and of an update what is stored beside."""
        if key.__class__ not in PLAIN:
            return sent
        (stored, *_) = records.find(self._resource.name, {self._resource.key: key}, 1) or [{}]
        return {**stored, **sent}


def _lookups_of(resource: CompiledResource, tables: Mapping[str, Table]) -> list[Lookup]:
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

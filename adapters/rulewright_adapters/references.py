"""References that a transaction may have broken, judged when it ends.

They are judged late because two records may name each other: a household its head case, the case
its household. Whichever is written first names one that is not there yet.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping

from rulewright.errors import ReferenceViolationError
from rulewright.ports import ForeignKey, Records, StoredRecord, Table
from rulewright_adapters.values import identity


class ReferenceLedger:
    """Notes what was written and finds out in the end whether every reference still holds."""

    def __init__(self, references: Mapping[str, Iterable[ForeignKey]]) -> None:
        """`references`: by resource, the foreign keys to judge."""
        self._outgoing = {resource: tuple(keys) for resource, keys in references.items()}
        self._incoming: dict[str, list[tuple[str, ForeignKey]]] = {}
        for resource, keys in self._outgoing.items():
            for key in keys:
                self._incoming.setdefault(key.other_resource, []).append((resource, key))
        self._pending: dict[Hashable, tuple[str, ForeignKey, object]] = {}

    def concerns(self, resource: str) -> bool:
        """Whether a write to `resource` can break a reference at all."""
        return bool(self._outgoing.get(resource)) or resource in self._incoming

    def note_new(self, resource: str, records: Iterable[StoredRecord]) -> None:
        """Note new records; it costs nothing where no reference is concerned."""
        if self.concerns(resource):
            for record in records:
                self.note(resource, {}, record)

    def note(self, resource: str, before: StoredRecord, after: StoredRecord) -> None:
        """Note a write: what its fields held before (nothing for a new record) and hold now."""
        for key in self._outgoing.get(resource, ()):
            if key.field in after and identity(before.get(key.field)) != identity(after[key.field]):
                self._expect(resource, key, after[key.field])
        for child, key in self._incoming.get(resource, ()):
            field = key.other_field
            if field in before and identity(before[field]) != identity(after.get(field)):
                self._expect(child, key, before[field])

    def _expect(self, resource: str, key: ForeignKey, value: object) -> None:
        if value is not None:
            self._pending[resource, key, identity(value)] = (resource, key, value)

    def verify(self, records: Records) -> None:
        """Raise ReferenceViolationError for the first reference that leads nowhere."""
        for resource, key, value in self._pending.values():
            # The record may have changed again since, or been undone with its savepoint.
            named = records.find(resource, {key.field: [value]}, limit=1)
            if named and not records.find(key.other_resource, {key.other_field: [value]}, limit=1):
                raise broken(resource, key)


def broken(resource: str, key: ForeignKey) -> ReferenceViolationError:
    """Return the error for a reference that leads nowhere. The value stays out: it may be sensitive."""
    return ReferenceViolationError(
        f"{resource}.{key.field} names a {key.other_resource} by its {key.other_field}, and there is none"
    )


def can_enforce(tables: Mapping[str, Table], key: ForeignKey) -> bool:
    """Whether a database can declare `key`: what it names is a key or unique without condition."""
    other = tables.get(key.other_resource)
    if other is None:
        return False
    uniques = (unique.fields for unique in other.uniques if not unique.where)
    return other.key == key.other_field or (key.other_field,) in set(uniques)


def undeclared(
    tables: Mapping[str, Table], is_declared: Callable[[Table, ForeignKey], bool]
) -> dict[str, tuple[ForeignKey, ...]]:
    """Return, by resource, the foreign keys that a database does not declare, and leaves for us to judge."""
    found = {
        resource: tuple(key for key in table.foreign_keys if not is_declared(table, key))
        for resource, table in tables.items()
    }
    return {resource: keys for resource, keys in found.items() if keys}


def lost(resource: str, key: ForeignKey) -> str:
    """Say which new foreign key some stored record breaks."""
    return (
        f"{resource}: the rules want {key.field} to name a {key.other_resource} by {key.other_field}, "
        "but some record names one that is not there."
    )

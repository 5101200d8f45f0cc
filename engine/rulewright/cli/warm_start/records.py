"""The records of --records for a warm start: as desk/records.py and memory.py read what has nothing wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rulewright.inputs.record_faults import faults_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rulewright.ports import Records, StoredRecord, Where


def make_records(given: dict[str, Any], parts: Iterable[tuple[Any, ...]]) -> Records | None:
    """Records of tables that hotpath/keeping/kept.py took apart; None where a record is wrong."""
    tables = {resource: _Table(resource, key, columns) for resource, key, columns, *_ in parts}
    known: Any = tables
    return None if any(faults_of(given, known)) else _GivenRecords(given, tables)


class _Column:
    """As ports.Column."""

    def __init__(self, name: str, type_: str) -> None:
        self.name, self.type = name, type_


class _Table:
    """As ports.Table, as far as readers need it."""

    def __init__(self, resource: str, key: str, columns: Iterable[tuple[str, str]]) -> None:
        self.resource, self.key = resource, key
        self.columns = [_Column(name, type_) for name, type_ in columns]
        self.types = {one.name: one.type for one in self.columns}


class _GivenRecords:
    """As memory.MemoryStore reads. What that refuses is a LookupError here: the whole command tells it."""

    def __init__(self, given: Mapping[str, Sequence[StoredRecord]], tables: Mapping[str, _Table]) -> None:
        self._given = given
        self._tables = tables
        self._sets: dict[str, Any] = {}

    def find(self, resource: str, where: Where, limit: int | None = None) -> Sequence[StoredRecord]:
        """See Records.find."""
        found: Sequence[StoredRecord] = self._set(resource, where).find(where, limit)
        return found

    def count(self, resource: str, where: Where) -> int:
        """See Records.count."""
        return len(self._set(resource, where).matching(where))

    def extreme(self, resource: str, where: Where, field: str, which: str) -> object:
        """See Records.extreme."""
        from rulewright_adapters.values import order  # noqa: PLC0415 - the engine needs no adapter

        if self._tables[resource].types[field] == "json":
            raise LookupError(field)
        values = self._set(resource, where).values(where, field)
        known = [value for value in values if value is not None]
        return (min if which == "min" else max)(known, key=order, default=None)

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        """See Records.last_in_sequence."""
        last: int = self._set(resource, (field,)).last_in_sequence(field, prefix)
        return last

    def _set(self, resource: str, fields: Iterable[str]) -> Any:
        table = self._tables[resource]
        for field in fields:
            if field not in table.types:
                raise LookupError(resource)
        found = self._sets.get(resource)
        return found if found is not None else self._sets.setdefault(resource, self._made(table))

    def _made(self, table: _Table) -> Any:
        from rulewright_adapters.memory_records import RecordSet  # noqa: PLC0415 - the engine needs no adapter

        made = RecordSet(self._given.get(table.resource, ()))
        made.key = table.key
        return made

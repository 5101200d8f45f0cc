"""The records of --records for a warm start: as records.py reads them, where nothing is wrong with them."""

from __future__ import annotations

from typing import Any

from rulewright.cli.record_faults import faults_of
from rulewright.ports import Column, ForeignKey, Records, Table, UniqueConstraint


def make_store(records: dict[str, Any], parts: tuple[Any, ...]) -> Records | None:
    """A store of these records, of tables that hotpath/kept.py took apart; None where a record is wrong."""
    from rulewright_adapters.memory import MemoryStore  # noqa: PLC0415 - the engine needs no adapter

    tables = tuple(map(_table, parts))
    if any(faults_of(records, {table.resource: table for table in tables})):
        return None
    return MemoryStore(records, tables)


def _table(parts: tuple[Any, ...]) -> Table:
    resource, key, columns, uniques, indexes, foreign_keys = parts
    return Table(
        resource,
        key,
        tuple(Column(*column) for column in columns),
        tuple(UniqueConstraint(*unique) for unique in uniques),
        indexes,
        tuple(ForeignKey(*one) for one in foreign_keys),
    )

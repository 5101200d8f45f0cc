"""Tables as text: how a database keeps, beside the records, which tables it was made for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rulewright.errors import AdapterError
from rulewright.ports import Column, ForeignKey, Table, UniqueConstraint
from rulewright_adapters.shapes import merged
from rulewright_adapters.values import canonical

FORMAT = 1


def text_of(table: Table) -> str:
    """Return the one JSON text of a table, whatever the order its constraints are named in."""
    return canonical(
        {
            "format": FORMAT,
            "key": table.key,
            "columns": {column.name: column.type for column in table.columns},
            "uniques": sorted(([list(u.fields), dict(u.where)] for u in table.uniques), key=canonical),
            "indexes": sorted(map(list, table.indexes)),
            "foreign_keys": sorted([k.field, k.other_resource, k.other_field] for k in table.foreign_keys),
        }
    )


def fits(stored: Mapping[str, Table], tables: Sequence[Table]) -> bool:
    """Whether a database made for `stored` needs no change: then opening it takes no lock."""
    return all(
        table.resource in stored
        and text_of(merged(stored[table.resource], table)) == text_of(stored[table.resource])
        for table in tables
    )


def table_of(resource: str, text: str) -> Table:
    """Return the table that `text_of` made the text of. Raises AdapterError."""
    try:
        kept = json.loads(text)
        if kept["format"] != FORMAT:
            raise AdapterError(f"{resource}: the store was made by another version of Rulewright")
        return Table(
            resource,
            kept["key"],
            tuple(Column(name, kind) for name, kind in kept["columns"].items()),
            tuple(UniqueConstraint(tuple(fields), where) for fields, where in kept["uniques"]),
            tuple(map(tuple, kept["indexes"])),
            tuple(ForeignKey(*key) for key in kept["foreign_keys"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise AdapterError(f"{resource}: what the store says of its own tables can't be read") from error

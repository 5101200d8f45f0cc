"""Make a SQLite file fit the rules' tables, or say why it can't. Schema work is sqlite-utils'.

What was made is kept in `_rulewright_tables` as JSON, because SQLite itself can't tell a boolean
from an integer nor a nested value from a text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rulewright.ports import ForeignKey, Table
from rulewright_adapters.references import can_enforce, lost
from rulewright_adapters.shapes import (
    clash,
    differences,
    extended,
    refuse_mismatches,
    refuse_shared_names,
    shape_of,
)
from rulewright_adapters.sqlite_statements import index_name, quoted, table_name, unique_condition
from rulewright_adapters.table_texts import table_of, text_of

if TYPE_CHECKING:
    from sqlite_utils import Database

PROGRESS = 'CREATE TABLE IF NOT EXISTS "_rulewright_progress" ("job" TEXT PRIMARY KEY, "position" INTEGER)'
_TABLES = 'CREATE TABLE IF NOT EXISTS "_rulewright_tables" ("resource" TEXT PRIMARY KEY, "shape" TEXT)'
_SQL_TYPES = {"text": str, "integer": int, "number": float, "boolean": int, "json": str}


def stored_tables(connection: sqlite3.Connection) -> dict[str, Table]:
    """Return the tables that the file was made for, by resource."""
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_rulewright_tables'").fetchone()
    if known is None:
        return {}
    rows = connection.execute('SELECT "resource", "shape" FROM "_rulewright_tables"').fetchall()
    return {resource: table_of(resource, shape) for resource, shape in rows}


def migrate(connection: sqlite3.Connection, tables: Sequence[Table], name: str) -> None:
    """Create what is missing. The caller holds the write lock, has foreign keys off and rolls back.

    Raises StoreMismatchError naming every difference that can't be mended.
    """
    from sqlite_utils import Database  # noqa: PLC0415  # takes 100 ms: only when there is work for it

    # Plug-ins of sqlite-utils stay out: a store must not depend on what else is installed.
    database = Database(connection, recursive_triggers=False, execute_plugins=False)
    connection.execute(_TABLES)
    connection.execute(PROGRESS)
    stored = stored_tables(connection)
    kept = extended(stored, tables)
    everything = {**stored, **{table.resource: table for table in kept}}
    refuse_shared_names({resource: table_name(resource) for resource in everything})
    refuse_mismatches(name, _mismatches(database, stored, tables))
    for table in kept:
        _create_or_extend(database, table)
    refuse_mismatches(name, (sentence for table in kept for sentence in _clashes(connection, table)))
    for table in kept:
        _make_indexes(database, table)
    for resource, table in everything.items():
        _make_references(database, table, everything, is_wanted=any(resource == one.resource for one in kept))
    refuse_mismatches(name, _lost_references(connection, everything))
    for table in kept:
        connection.execute(
            'INSERT OR REPLACE INTO "_rulewright_tables" VALUES (?, ?)', (table.resource, text_of(table))
        )


def broken_references(
    connection: sqlite3.Connection, tables: Mapping[str, Table]
) -> Iterator[tuple[str, ForeignKey]]:
    """Yield each resource and foreign key that some record of it breaks."""
    for resource, table in tables.items():
        name = quoted(table_name(resource))
        fields = {row[0]: row[3] for row in connection.execute(f"PRAGMA foreign_key_list({name})")}
        broken = {fields[row[3]] for row in connection.execute(f"PRAGMA foreign_key_check({name})")}
        yield from ((resource, key) for key in table.foreign_keys if key.field in broken)


def _mismatches(database: Database, stored: Mapping[str, Table], tables: Sequence[Table]) -> Iterator[str]:
    present = {name.lower() for name in (*database.table_names(), *database.view_names())}
    for table in tables:
        name = table_name(table.resource)
        if table.resource in stored:
            yield from differences(stored[table.resource], table)
            yield from _lost_columns(database, stored[table.resource])
        elif name.lower() in present:
            yield f"{table.resource}: the file has a table {name} that Rulewright did not make."


def _lost_columns(database: Database, stored: Table) -> Iterator[str]:
    """Name what somebody took out of the file by other means."""
    name = table_name(stored.resource)
    present = {column.name for column in database.table(name).columns}
    if not present:
        yield f"{stored.resource}: its table {name} is gone from the file."
        return
    for column in stored.columns:
        if column.name not in present:
            yield f"{stored.resource}.{column.name}: its column is gone from the file."


def _create_or_extend(database: Database, table: Table) -> None:
    made = database.table(table_name(table.resource))
    if not made.exists():
        columns = {column.name: _SQL_TYPES[column.type] for column in table.columns}
        # STRICT: no other tool can put a text into a column of numbers.
        made.create(columns, pk=table.key, not_null={table.key}, strict=True)
        return
    present = {column.name for column in made.columns}
    for column in table.columns:
        if column.name not in present:
            made.add_column(column.name, _SQL_TYPES[column.type])


def _clashes(connection: sqlite3.Connection, table: Table) -> Iterator[str]:
    shape, name, key = shape_of(table), quoted(table_name(table.resource)), quoted(table.key)
    for unique in table.uniques:
        fields = list(map(quoted, unique.fields))
        condition = unique_condition(shape, unique)
        tests = " AND ".join([f"{field} IS NOT NULL" for field in fields] + [condition] * bool(condition))
        pair = connection.execute(
            f"SELECT min({key}), max({key}) FROM {name} WHERE {tests}"  # noqa: S608  # checked names only
            f" GROUP BY {', '.join(fields)} HAVING count(*) > 1 LIMIT 1"
        ).fetchone()
        if pair:
            yield clash(table, unique, *pair)


def _make_indexes(database: Database, table: Table) -> None:
    shape, name = shape_of(table), table_name(table.resource)
    wanted: dict[str, str] = {}
    for unique in table.uniques:
        condition = unique_condition(shape, unique)
        index = index_name("rwu", name, unique.fields, condition)
        wanted[index] = _index_text("UNIQUE INDEX", index, name, unique.fields, condition)
    for fields in table.indexes:
        index = index_name("rwi", name, fields, "")
        wanted[index] = _index_text("INDEX", index, name, fields, "")
    present = {index.name for index in database.table(name).indexes}
    for index in present - wanted.keys():
        # Only our own: what an operator added for reports stays.
        if index.startswith(("rwu_", "rwi_")):
            database.table(name).drop_index(index)
    for index in wanted.keys() - present:
        # sqlite-utils makes no partial indexes, so all of them are made alike here.
        database.execute(wanted[index])


def _index_text(kind: str, index: str, table: str, fields: Sequence[str], condition: str) -> str:
    text = f"CREATE {kind} {quoted(index)} ON {quoted(table)} ({', '.join(map(quoted, fields))})"
    return f"{text} WHERE {condition}" if condition else text


def _make_references(
    database: Database, table: Table, everything: Mapping[str, Table], *, is_wanted: bool
) -> None:
    """Declare the references of a table that the rules name.

    One that they no longer name loses those that lead to no unique field by now: with them SQLite would
    refuse to write what they lead to. From then on they are judged by us.
    """
    made = database.table(table_name(table.resource))
    present = {(key.column, key.other_table, key.other_column) for key in made.foreign_keys}
    wanted = {
        (key.field, table_name(key.other_resource), key.other_field)
        for key in table.foreign_keys
        if can_enforce(everything, key)
    }
    if not is_wanted:
        wanted &= present
    if wanted != present:
        triggers = made.triggers
        made.transform(foreign_keys=sorted(wanted))
        for trigger in triggers:
            # An operator's: they go with the table that was rebuilt.
            database.execute(trigger.sql)


def _lost_references(connection: sqlite3.Connection, tables: Mapping[str, Table]) -> Iterator[str]:
    for resource, key in broken_references(connection, tables):
        yield lost(resource, key)

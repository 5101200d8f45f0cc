"""Make a PostgreSQL schema fit the rules' tables, or say why it can't.

What was made is kept in `_rulewright_tables` as JSON, as in every database of ours. All of it happens in
one transaction under the writers' lock: two processes that start at once make the tables once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rulewright.errors import AdapterError, ReferenceViolationError
from rulewright.ports import ForeignKey, Table
from rulewright_adapters.postgres_address import NAME_LENGTH, Address
from rulewright_adapters.postgres_driver import Connection, sql
from rulewright_adapters.postgres_statements import (
    TYPES,
    key_name,
    plain_index_name,
    qualified,
    reference_name,
    table_name,
    unique_condition,
    unique_name,
)
from rulewright_adapters.references import broken, can_enforce, lost
from rulewright_adapters.shapes import (
    clash,
    differences,
    extended,
    refuse_mismatches,
    refuse_shared_names,
    shape_of,
)
from rulewright_adapters.table_texts import table_of, text_of

TABLES, PROGRESS = "_rulewright_tables", "_rulewright_progress"
_OURS = ("rwu_", "rwi_")


def is_made(connection: Connection, schema: str) -> bool:
    """Whether the schema was ever prepared."""
    return _exists(connection, schema, TABLES)


def stored_tables(connection: Connection, schema: str) -> dict[str, Table]:
    """Return the tables that the schema was made for, by resource."""
    if not is_made(connection, schema):
        return {}
    text = sql.SQL("SELECT resource, shape FROM {}").format(qualified(schema, TABLES))
    return {
        str(resource): table_of(str(resource), str(shape)) for resource, shape in connection.execute(text)
    }


def migrate(connection: Connection, tables: Sequence[Table], address: Address) -> None:
    """Create what is missing, within the transaction that the caller holds.

    Raises StoreMismatchError naming every difference that can't be mended.
    """
    # Indexes on large tables take their time.
    connection.execute("SET LOCAL statement_timeout = 0")
    work = _Migration(connection, address.schema)
    work.make_bookkeeping()
    stored = stored_tables(connection, address.schema)
    kept = extended(stored, tables)
    everything = {**stored, **{table.resource: table for table in kept}}
    refuse_shared_names({resource: table_name(resource) for resource in everything})
    _refuse_long_names(everything)
    refuse_mismatches(address.name, work.mismatches(stored, tables))
    for table in kept:
        work.create_or_extend(table)
    refuse_mismatches(address.name, (sentence for table in kept for sentence in work.clashes(table)))
    for table in everything.values():
        # First, because a foreign key holds fast the index that it relies on; those of tables that the rules
        # no longer name, too. From then on they are judged by us.
        work.drop_references(table, everything)
    for table in kept:
        work.make_indexes(table)
    refuse_mismatches(address.name, (s for table in kept for s in work.lost_references(table, everything)))
    for table in kept:
        work.make_references(table, everything)
    work.keep(kept)


def declared(tables: Mapping[str, Table], table: Table, key: ForeignKey) -> bool:
    """Whether PostgreSQL can declare `key`; it declares none between columns of two types."""
    return can_enforce(tables, key) and _type(table, key.field) == _type(
        tables[key.other_resource], key.other_field
    )


def reference_errors(tables: Mapping[str, Table]) -> dict[str, ReferenceViolationError]:
    """Return what each foreign key's violation means, by its name in the database."""
    return {
        reference_name(table, key): broken(resource, key)
        for resource, table in tables.items()
        for key in table.foreign_keys
    }


def _type(table: Table, field: str) -> str:
    return next(column.type for column in table.columns if column.name == field)


def _refuse_long_names(tables: Mapping[str, Table]) -> None:
    for resource, table in tables.items():
        for column in table.columns:
            if len(column.name) > NAME_LENGTH:
                raise AdapterError(
                    f"{resource}.{column.name} can't be kept: "
                    f"PostgreSQL has no names of over {NAME_LENGTH} letters"
                )


def _exists(connection: Connection, schema: str, name: str) -> bool:
    # By the catalogue: to_regclass() would look on the search path as well.
    found = connection.execute(
        "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relname = %s",
        (schema, name),
    )
    return found.fetchone() is not None


class _Migration:
    """One transaction that changes a schema."""

    def __init__(self, connection: Connection, schema: str) -> None:
        self._connection = connection
        self._schema = schema

    def _do(self, text: str, **parts: sql.Composable) -> None:
        # Every text is a constant of this module: names and constants come in as composed parts.
        self._connection.execute(sql.SQL(text).format(**parts))

    def _ask(self, text: str, **parts: sql.Composable) -> tuple[object, ...] | None:
        return self._connection.execute(sql.SQL(text).format(**parts)).fetchone()

    def _named(self, table: Table) -> sql.Identifier:
        return qualified(self._schema, table_name(table.resource))

    def make_bookkeeping(self) -> None:
        """Create the schema and our own two tables."""
        if not self._connection.execute(
            "SELECT 1 FROM pg_namespace WHERE nspname = %s", (self._schema,)
        ).fetchone():
            self._do("CREATE SCHEMA IF NOT EXISTS {schema}", schema=sql.Identifier(self._schema))
        for name, columns in (
            (TABLES, sql.SQL("resource text PRIMARY KEY, shape text NOT NULL")),
            (PROGRESS, sql.SQL("job text PRIMARY KEY, position bigint NOT NULL")),
        ):
            table = qualified(self._schema, name)
            self._do("CREATE TABLE IF NOT EXISTS {table} ({columns})", table=table, columns=columns)

    def mismatches(self, stored: Mapping[str, Table], tables: Sequence[Table]) -> Iterator[str]:
        """Say what stands in the way."""
        for table in tables:
            name = table_name(table.resource)
            if table.resource in stored:
                yield from differences(stored[table.resource], table)
                yield from self._lost_columns(stored[table.resource])
            elif _exists(self._connection, self._schema, name):
                yield f"{table.resource}: the schema has a table {name} that Rulewright did not make."

    def _lost_columns(self, stored: Table) -> Iterator[str]:
        """Name what somebody took out of the schema by other means."""
        present = self._columns(stored)
        if not present:
            yield f"{stored.resource}: its table {table_name(stored.resource)} is gone from the schema."
            return
        for column in stored.columns:
            if column.name not in present:
                yield f"{stored.resource}.{column.name}: its column is gone from the schema."

    def _columns(self, table: Table) -> set[str]:
        rows = self._connection.execute(
            "SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped",
            (self._schema, table_name(table.resource)),
        )
        return {str(row[0]) for row in rows}

    def create_or_extend(self, table: Table) -> None:
        """Create a table, or add the columns that it lacks."""
        present = self._columns(table)
        missing = [column for column in table.columns if column.name not in present]
        columns = [
            sql.SQL("{} {}{}").format(
                sql.Identifier(column.name),
                TYPES[column.type],
                sql.SQL(' COLLATE "C"' if column.type == "text" else ""),
            )
            for column in missing
        ]
        if present:
            for column in columns:
                self._do("ALTER TABLE {table} ADD COLUMN {column}", table=self._named(table), column=column)
            return
        self._do(
            "CREATE TABLE {table} ({columns}, CONSTRAINT {name} PRIMARY KEY ({key}))",
            table=self._named(table),
            columns=sql.SQL(", ").join(columns),
            name=sql.Identifier(key_name(table)),
            key=sql.Identifier(table.key),
        )

    def clashes(self, table: Table) -> Iterator[str]:
        """Say which records break a unique constraint that is not there yet."""
        present, shape = self._indexes(table), shape_of(table)
        for unique in table.uniques:
            if unique_name(table, unique) in present:
                continue
            fields = list(map(sql.Identifier, unique.fields))
            condition = unique_condition(shape, unique)
            tests = [sql.SQL("{} IS NOT NULL").format(field) for field in fields]
            pair = self._ask(
                "SELECT (array_agg({key} ORDER BY {key}))[1], (array_agg({key} ORDER BY {key} DESC))[1]"
                " FROM {table} WHERE {tests} GROUP BY {fields} HAVING count(*) > 1 LIMIT 1",
                key=sql.Identifier(table.key),
                table=self._named(table),
                tests=sql.SQL(" AND ").join([*tests, condition] if condition else tests),
                fields=sql.SQL(", ").join(fields),
            )
            if pair:
                yield clash(table, unique, *pair)

    def _indexes(self, table: Table) -> set[str]:
        rows = self._connection.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = %s AND tablename = %s",
            (self._schema, table_name(table.resource)),
        )
        return {str(row[0]) for row in rows}

    def make_indexes(self, table: Table) -> None:
        """Create the indexes and unique constraints that are missing, drop ours that are no longer wanted."""
        shape = shape_of(table)
        wanted: dict[str, sql.Composed] = {}
        for unique in table.uniques:
            name, condition = unique_name(table, unique), unique_condition(shape, unique)
            wanted[name] = self._index("CREATE UNIQUE INDEX", name, table, unique.fields)
            if condition:
                wanted[name] += sql.SQL(" WHERE {}").format(condition)
        for fields in table.indexes:
            name = plain_index_name(table, fields)
            wanted[name] = self._index("CREATE INDEX", name, table, fields)
        present = self._indexes(table)
        for name in sorted(present - wanted.keys()):
            # Only our own: what an operator added for reports stays.
            if name.startswith(_OURS):
                self._do("DROP INDEX {name}", name=qualified(self._schema, name))
        for name in sorted(wanted.keys() - present):
            self._connection.execute(wanted[name])

    def _index(self, kind: str, name: str, table: Table, fields: Sequence[str]) -> sql.Composed:
        parts = {"name": sql.Identifier(name), "table": self._named(table)}
        columns = sql.SQL(", ").join(map(sql.Identifier, fields))
        return sql.SQL("{kind} {name} ON {table} ({columns})").format(
            kind=sql.SQL(kind),
            columns=columns,
            **parts,
        )

    def _references(self, table: Table) -> set[str]:
        rows = self._connection.execute(
            "SELECT o.conname FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE o.contype = 'f' AND n.nspname = %s AND c.relname = %s AND o.conname LIKE 'rwf\\_%%'",
            (self._schema, table_name(table.resource)),
        )
        return {str(row[0]) for row in rows}

    def drop_references(self, table: Table, everything: Mapping[str, Table]) -> None:
        """Drop the foreign keys of ours that the rules no longer want."""
        wanted = {
            reference_name(table, key) for key in table.foreign_keys if declared(everything, table, key)
        }
        for name in sorted(self._references(table) - wanted):
            self._do(
                "ALTER TABLE {table} DROP CONSTRAINT {name}",
                table=self._named(table),
                name=sql.Identifier(name),
            )

    def _missing(self, table: Table, everything: Mapping[str, Table]) -> list[tuple[str, ForeignKey]]:
        present = self._references(table)
        named = {reference_name(table, key): key for key in table.foreign_keys}
        return [
            (name, key)
            for name, key in named.items()
            if name not in present and declared(everything, table, key)
        ]

    def lost_references(self, table: Table, everything: Mapping[str, Table]) -> Iterator[str]:
        """Say which new foreign keys some record breaks."""
        for _, key in self._missing(table, everything):
            broken_by = self._ask(
                "SELECT 1 FROM {table} a WHERE a.{field} IS NOT NULL"
                " AND NOT EXISTS (SELECT 1 FROM {other} b WHERE b.{named} = a.{field}) LIMIT 1",
                table=self._named(table),
                field=sql.Identifier(key.field),
                other=self._named(everything[key.other_resource]),
                named=sql.Identifier(key.other_field),
            )
            if broken_by:
                yield lost(table.resource, key)

    def make_references(self, table: Table, everything: Mapping[str, Table]) -> None:
        """Declare the foreign keys that are missing, judged when a transaction ends."""
        for name, key in self._missing(table, everything):
            self._do(
                "ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({field})"
                " REFERENCES {other} ({named}) DEFERRABLE INITIALLY DEFERRED",
                table=self._named(table),
                name=sql.Identifier(name),
                field=sql.Identifier(key.field),
                other=self._named(everything[key.other_resource]),
                named=sql.Identifier(key.other_field),
            )

    def keep(self, tables: Iterable[Table]) -> None:
        """Keep what the schema is made for from now on."""
        text = sql.SQL(
            "INSERT INTO {} VALUES (%s, %s) ON CONFLICT (resource) DO UPDATE SET shape = excluded.shape"
        ).format(qualified(self._schema, TABLES))
        for table in tables:
            self._connection.execute(text, (table.resource, text_of(table)))

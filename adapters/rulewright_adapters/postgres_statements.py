"""The SQL of one resource. Names are composed as identifiers, values are always bound.

The text for one kind of question is built once: the driver finds its prepared statement by the text. All
values are bound as texts, which PostgreSQL reads as what the column holds: were numbers bound as numbers,
each pattern of nulls in a record would be another statement to prepare.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from rulewright.errors import AdapterError
from rulewright.ports import ColumnType, ForeignKey, Table, UniqueConstraint
from rulewright_adapters.postgres_address import NAME_LENGTH
from rulewright_adapters.postgres_driver import sql
from rulewright_adapters.questions import Asked, Questions, Test
from rulewright_adapters.rows import Encoders
from rulewright_adapters.shapes import Shape
from rulewright_adapters.values import MisfitError, canonical, fit

# "C" compares texts by code point, as every other store does.
TYPES: Mapping[ColumnType, sql.SQL] = MappingProxyType(
    {
        "text": sql.SQL("text"),
        "integer": sql.SQL("bigint"),
        "number": sql.SQL("double precision"),
        "boolean": sql.SQL("boolean"),
        "json": sql.SQL("jsonb"),
    }
)
_TESTS: Mapping[Test, sql.SQL] = MappingProxyType(
    {
        "equal": sql.SQL("{field} = %s::{type}"),
        "null": sql.SQL("{field} IS NULL"),
        # One text whatever the list's length, and no limit to it.
        "any": sql.SQL("{field} = ANY (%s::text[]::{type}[])"),
        "any or null": sql.SQL("({field} = ANY (%s::text[]::{type}[]) OR {field} IS NULL)"),
    }
)
# min() and max() know no booleans.
_EXTREMES = MappingProxyType(
    {
        ("boolean", "min"): sql.SQL("bool_and({})"),
        ("boolean", "max"): sql.SQL("bool_or({})"),
        "min": sql.SQL("min({})"),
        "max": sql.SQL("max({})"),
    }
)


class Statements(Questions):
    """The SQL text of one resource and how its values go in."""

    def __init__(self, shape: Shape, schema: str) -> None:
        super().__init__(shape, _ENCODERS)
        self._schema = schema
        self.table = qualified(schema, table_name(shape.table.resource))
        self.constraints = unique_names(shape.table)
        plain = {plain_index_name(shape.table, fields): fields for fields in shape.table.indexes}
        self.indexes = {**self.constraints, **plain}
        # An update of other fields can't break a unique constraint.
        self.guarded = frozenset(
            field for unique in shape.table.uniques for field in (*unique.fields, *unique.where)
        ) | {shape.table.key}
        self._texts: dict[tuple[object, ...], bytes] = {}
        self._sequences: dict[tuple[str, str], tuple[bytes, bytes]] = {}
        self._names = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        insertion = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            self.table, self._names, sql.SQL(", ").join([sql.Placeholder()] * len(self.columns))
        )
        self.insert_loudly = insertion.as_bytes()
        self.copy_text = sql.SQL("COPY {} ({}) FROM STDIN").format(self.table, self._names).as_bytes()
        # A refused record then leaves the transaction as it was, without a savepoint around every insert.
        self.insert_text = sql.SQL("{} ON CONFLICT DO NOTHING").format(insertion).as_bytes()

    def encode(self, kind: ColumnType, value: object) -> object:
        """See `encode`."""
        return encode(kind, value)

    def bound_list(self, held: list[object]) -> object:
        """Return a list as the driver binds an array."""
        return held

    def records(self, rows: Iterable[Sequence[object]]) -> list[dict[str, object]]:
        """Return the records that a `find` text read."""
        columns = self.columns
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def find(self, asked: Asked, limited: bool) -> bytes:
        """Return the text that reads the matching records by key."""
        known = self._texts.get((asked, limited))
        if known is None:
            text = sql.SQL("SELECT {} FROM {}{} ORDER BY {}{}").format(
                self._names,
                self.table,
                self._condition(asked),
                sql.Identifier(self.shape.table.key),
                sql.SQL(" LIMIT %s::bigint" if limited else ""),
            )
            known = self._texts[asked, limited] = text.as_bytes()
        return known

    def find_each(self, fields: tuple[str, ...]) -> bytes:
        """Return the text that reads the records with any of several keys, bound column by column."""
        known = self._texts.get(("each", fields))
        if known is None:
            names = [sql.Identifier(f"k{place}") for place in range(len(fields))]
            kinds = [TYPES[self.shape.types[field]] for field in fields]
            text = sql.SQL("SELECT {} FROM unnest({}) AS k({}) JOIN {} AS t ON {}").format(
                sql.SQL(", ").join(sql.Identifier("t", column) for column in self.columns),
                sql.SQL(", ").join(sql.SQL("%s::text[]::{}[]").format(kind) for kind in kinds),
                sql.SQL(", ").join(names),
                self.table,
                sql.SQL(" AND ").join(
                    sql.SQL("{} = k.{}").format(sql.Identifier("t", field), name)
                    for field, name in zip(fields, names, strict=True)
                ),
            )
            known = self._texts["each", fields] = text.as_bytes()
        return known

    def count(self, asked: Asked) -> bytes:
        """Return the text that counts the matching records."""
        return self._aggregate(asked, "count", sql.SQL("count(*)"))

    def extreme(self, asked: Asked, field: str, which: Literal["min", "max"]) -> bytes:
        """Return the text that finds the least or greatest value of `field`."""
        function = _EXTREMES.get((self.shape.types[field], which)) or _EXTREMES[which]
        return self._aggregate(asked, (which, field), function.format(sql.Identifier(field)))

    def _aggregate(self, asked: Asked, name: object, what: sql.Composable) -> bytes:
        known = self._texts.get((asked, name))
        if known is None:
            text = sql.SQL("SELECT {} FROM {}{}").format(what, self.table, self._condition(asked))
            known = self._texts[asked, name] = text.as_bytes()
        return known

    def update(self, fields: tuple[str, ...]) -> bytes:
        """Return the text that sets `fields` of the record with a key."""
        known = self._texts.get(("update", fields))
        if known is None:
            setting = [
                sql.SQL("{} = %s::{}").format(sql.Identifier(field), TYPES[self.shape.types[field]])
                for field in fields
            ]
            text = sql.SQL("UPDATE {} SET {} WHERE {}").format(
                self.table,
                sql.SQL(", ").join(setting),
                self._test(self.shape.table.key, "equal"),
            )
            known = self._texts["update", fields] = text.as_bytes()
        return known

    def delete(self, asked: Asked) -> bytes:
        """Return the text that removes the matching records."""
        known = self._texts.get((asked, "delete"))
        if known is None:
            text = sql.SQL("DELETE FROM {}{}").format(self.table, self._condition(asked))
            known = self._texts[asked, "delete"] = text.as_bytes()
        return known

    def sequence(self, field: str, prefix: str) -> tuple[bytes, bytes]:
        """Return the texts of a sequence: see `sequence_texts`."""
        known = self._sequences.get((field, prefix))
        if known is None:
            known = self._sequences[field, prefix] = sequence_texts(self.shape, self._schema, field, prefix)
        return known

    def _condition(self, asked: Asked) -> sql.Composable:
        if not asked:
            return sql.SQL("")
        return sql.SQL(" WHERE ") + sql.SQL(" AND ").join([self._test(*one) for one in asked])

    def _test(self, field: str, test: Test) -> sql.Composable:
        kind = TYPES[self.shape.types[field]]
        return _TESTS[test].format(field=sql.Identifier(field), type=kind)


def _truth(value: object) -> object:
    return "t" if value else "f"


# What is bound as another text than the value itself.
_ENCODERS: Encoders = MappingProxyType({"integer": str, "number": repr, "boolean": _truth, "json": canonical})


def encode(kind: ColumnType, value: object) -> object:
    """Return a fitted value as the text that PostgreSQL reads it from."""
    encoder = _ENCODERS.get(kind)
    return value if value is None or encoder is None else encoder(value)


def table_name(resource: str) -> str:
    """Return the name of a resource's table. Raises AdapterError for names that are ours or too long."""
    name = resource.replace("/", "_")
    if name.lower().startswith("_rulewright_"):
        raise AdapterError(f"{resource} can't be kept: tables named {name} are reserved")
    if len(name) > NAME_LENGTH:
        raise AdapterError(f"{resource} can't be kept: PostgreSQL has no names of over {NAME_LENGTH} letters")
    return name


def qualified(schema: str, name: str) -> sql.Identifier:
    """Return a table's name with its schema: the search path of a session plays no part."""
    return sql.Identifier(schema, name)


def literal(kind: ColumnType, value: object) -> sql.Composable:
    """Return a constant as SQL: an index's condition can't have bound values."""
    return sql.SQL("{}::{}").format(sql.Literal(encode(kind, fit(kind, value))), TYPES[kind])


def unique_condition(shape: Shape, unique: UniqueConstraint) -> sql.Composable | None:
    """Return the condition of a unique constraint, None where it has none."""
    tests = [_constant_test(shape, field, unique.where[field]) for field in sorted(unique.where)]
    return sql.SQL(" AND ").join(tests) if tests else None


def _constant_test(shape: Shape, field: str, value: object) -> sql.Composable:
    kind, name = shape.type_of(field), sql.Identifier(field)
    try:
        if value is None:
            return sql.SQL("{} IS NULL").format(name)
        if not isinstance(value, (list, tuple)):
            return sql.SQL("{} = {}").format(name, literal(kind, value))
        constants = [literal(kind, item) for item in value if item is not None]
        tests = [sql.SQL("{} IN ({})").format(name, sql.SQL(", ").join(constants))] if constants else []
        if None in value:
            tests.append(sql.SQL("{} IS NULL").format(name))
        return sql.SQL("({})").format(sql.SQL(" OR ").join(tests)) if tests else sql.SQL("false")
    except MisfitError as misfit:
        raise AdapterError(f"{shape.table.resource}.{field} in a unique constraint {misfit}") from None


def unique_names(table: Table) -> dict[str, tuple[str, ...]]:
    """Return the fields of every unique constraint by the name it has in the database."""
    named = {unique_name(table, unique): unique.fields for unique in table.uniques}
    return {key_name(table): (table.key,), **named}


def key_name(table: Table) -> str:
    """Return the name of a table's primary key."""
    return _constraint_name("rwk", table, (table.key,), "")


def unique_name(table: Table, unique: UniqueConstraint) -> str:
    """Return the name of a unique constraint."""
    return _constraint_name("rwu", table, unique.fields, canonical(dict(unique.where)))


def plain_index_name(table: Table, fields: Sequence[str]) -> str:
    """Return the name of an index."""
    return _constraint_name("rwi", table, fields, "")


def reference_name(table: Table, key: ForeignKey) -> str:
    """Return the name of a foreign key."""
    return _constraint_name("rwf", table, (key.field,), f"{key.other_resource}.{key.other_field}")


def _constraint_name(prefix: str, table: Table, fields: Sequence[str], more: str) -> str:
    """Return a name that differs for whatever differs, in 63 letters."""
    name = table_name(table.resource)
    digest = hashlib.sha256(repr((name, tuple(fields), more)).encode()).hexdigest()[:10]
    return "_".join((prefix, digest, name, *fields))[:NAME_LENGTH]


def sequence_texts(shape: Shape, schema: str, field: str, prefix: str) -> tuple[bytes, bytes]:
    """Return the text that reads a sequence's last number and the one that makes its index.

    Without the index every generated key would cost a look at every record. Raises AdapterError for a prefix
    that the database can't hold.
    """
    try:
        start = literal("text", prefix)
    except MisfitError as misfit:
        raise AdapterError(f"{shape.table.resource}.{field}: the prefix {misfit}") from None
    table = qualified(schema, table_name(shape.table.resource))
    places = {
        "field": sql.Identifier(field),
        "table": table,
        "index": sql.Identifier(_constraint_name("rws", shape.table, (field,), prefix)),
        "start": start,
        "size": sql.Literal(len(prefix)),
        "next": sql.Literal(len(prefix) + 1),
    }
    condition = sql.SQL(
        "left({field}, {size}) = {start} AND substr({field}, {next}) ~ '^[0-9]{{1,18}}$'"
    ).format(**places)
    # CASE, because a condition elsewhere does not keep PostgreSQL from reading the other texts as numbers.
    number = sql.SQL("CASE WHEN {} THEN substr({field}, {next})::bigint END").format(condition, **places)
    read = sql.SQL("SELECT max({}) FROM {table} WHERE {}").format(number, condition, **places)
    make = sql.SQL("CREATE INDEX IF NOT EXISTS {index} ON {table} (({})) WHERE {}").format(
        number, condition, **places
    )
    return read.as_bytes(), make.as_bytes()

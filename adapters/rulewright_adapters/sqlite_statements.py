"""The SQL of one resource. Names come from checked identifiers only, values are always bound.

The text for one kind of question is built once: the driver finds its prepared statement by the text.
"""

# ruff: noqa: S608 - names are checked identifiers, constants are quoted by literal(), the rest is bound

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from rulewright.errors import AdapterError
from rulewright.ports import ColumnType, UniqueConstraint
from rulewright_adapters.questions import Asked, Questions, Test
from rulewright_adapters.shapes import Shape
from rulewright_adapters.values import MisfitError, canonical, fit

_TESTS: dict[Test, str] = {
    "equal": "{field} = ?",
    "null": "{field} IS NULL",
    # One text whatever the list's length, and no limit to it.
    "any": "{field} IN (SELECT value FROM json_each(?))",
    "any or null": "({field} IN (SELECT value FROM json_each(?)) OR {field} IS NULL)",
}


class Statements(Questions):
    """The SQL text of one resource and how its values go in and come out."""

    def __init__(self, shape: Shape) -> None:
        # The driver binds true as 1 by itself.
        super().__init__(shape, {})
        self.table = quoted(table_name(shape.table.resource))
        self._coded = tuple(name for name, kind in shape.types.items() if kind in ("boolean", "json"))
        self._texts: dict[tuple[object, ...], str] = {}
        names = ", ".join(map(quoted, self.columns))
        # With its table: SQLite takes the quoted name of a column that is gone for a text.
        self._names = ", ".join(f"{self.table}.{quoted(name)}" for name in self.columns)
        self.insert_text = f"INSERT INTO {self.table} ({names}) VALUES ({', '.join('?' * len(self.columns))})"

    def encode(self, kind: ColumnType, value: object) -> object:
        """See `encode`."""
        return encode(kind, value)

    def bound_list(self, held: list[object]) -> object:
        """Return a list as JSON, which the test unpacks."""
        return json.dumps(held)

    def records(self, rows: Iterable[Sequence[object]]) -> list[dict[str, object]]:
        """Return the records that a `find` text read."""
        found = [dict(zip(self.columns, row, strict=True)) for row in rows]
        for name in self._coded:
            for record in found:
                record[name] = self.decoded(name, record[name])
        return found

    def find(self, asked: Asked, limited: bool) -> str:
        """Return the text that reads the matching records by key."""
        known = self._texts.get((asked, limited))
        if known is None:
            order = f"ORDER BY {quoted(self.shape.table.key)}{' LIMIT ?' if limited else ''}"
            known = f"SELECT {self._names} FROM {self.table}{_condition(asked)} {order}"
            self._texts[asked, limited] = known
        return known

    def find_each(self, fields: tuple[str, ...]) -> str:
        """Return the text that reads the records with any of several keys: JSON, an array of arrays.

        Of a single field, it is an array of values.
        """
        known = self._texts.get(("each", fields))
        if known is None:
            names = ", ".join(f"t.{quoted(name)}" for name in self.columns)
            values = [f"json_extract(k.value, '$[{place}]')" for place in range(len(fields))]
            tests = " AND ".join(
                f"t.{quoted(field)} = {value}"
                for field, value in zip(fields, values if len(fields) > 1 else ["k.value"], strict=True)
            )
            # CROSS JOIN keeps the order: each key is looked for by the index.
            known = f"SELECT {names} FROM json_each(?) AS k CROSS JOIN {self.table} AS t ON {tests}"
            self._texts["each", fields] = known
        return known

    def aggregate(self, asked: Asked, what: str) -> str:
        """Return the text that computes `what` over the matching records."""
        known = self._texts.get((asked, what))
        if known is None:
            known = f"SELECT {what} FROM {self.table}{_condition(asked)}"
            self._texts[asked, what] = known
        return known

    def update(self, fields: tuple[str, ...]) -> str:
        """Return the text that sets `fields` of the record with a key."""
        known = self._texts.get(("update", fields))
        if known is None:
            setting = ", ".join(f"{quoted(field)} = ?" for field in fields)
            known = f"UPDATE {self.table} SET {setting} WHERE {quoted(self.shape.table.key)} = ?"
            self._texts["update", fields] = known
        return known

    def delete(self, asked: Asked) -> str:
        """Return the text that removes the matching records."""
        known = self._texts.get((asked, "delete"))
        if known is None:
            known = self._texts[asked, "delete"] = f"DELETE FROM {self.table}{_condition(asked)}"
        return known

    def decoded(self, field: str, value: object) -> object:
        """Return what a column holds as a stored value. Raises AdapterError where somebody damaged it."""
        if value is None:
            return None
        kind = self.shape.types[field]
        if kind == "boolean":
            return bool(value)
        return self._json(field, str(value)) if kind == "json" else value

    def _json(self, field: str, text: str) -> object:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            # Not the text, nor the record's key: they may be somebody's secrets.
            column = quoted(field)
            raise AdapterError(
                f"{self.shape.table.resource}.{field} is damaged: a record's text can't be read as JSON; "
                f"SELECT * FROM {self.table} WHERE NOT json_valid({column}) may find it. Mend it, or restore "
                "it from a copy"
            ) from None


def _condition(asked: Asked) -> str:
    tests = " AND ".join(_TESTS[test].format(field=quoted(field)) for field, test in asked)
    return f" WHERE {tests}" if tests else ""


def encode(kind: ColumnType, value: object) -> object:
    """Return a fitted value as SQLite keeps it: true as 1, nested values as JSON text."""
    if value is None:
        return None
    if kind == "boolean":
        return int(bool(value))
    return canonical(value) if kind == "json" else value


def quoted(name: str) -> str:
    """Return a checked name as SQL."""
    return f'"{name}"'


def table_name(resource: str) -> str:
    """Return the name of a resource's table. Raises AdapterError for names that are SQLite's or ours."""
    name = resource.replace("/", "_")
    if name.lower().startswith(("sqlite_", "_rulewright_")):
        raise AdapterError(f"{resource} can't be kept: tables named {name} are reserved")
    return name


def literal(kind: ColumnType, value: object) -> str:
    """Return a constant as SQL: an index's condition can't have bound values."""
    held = encode(kind, fit(kind, value))
    if held is None:
        return "NULL"
    return "'" + held.replace("'", "''") + "'" if isinstance(held, str) else repr(held)


def unique_condition(shape: Shape, unique: UniqueConstraint) -> str:
    """Return the condition of a unique constraint as SQL, "" where it has none."""
    return " AND ".join(_constant_test(shape, field, unique.where[field]) for field in sorted(unique.where))


def _constant_test(shape: Shape, field: str, value: object) -> str:
    kind, name = shape.type_of(field), quoted(field)
    try:
        if value is None:
            return f"{name} IS NULL"
        if not isinstance(value, (list, tuple)):
            return f"{name} = {literal(kind, value)}"
        null = f" OR {name} IS NULL" if None in value else ""
        constants = ", ".join(literal(kind, item) for item in value if item is not None)
        return f"({name} IN ({constants}){null})"
    except MisfitError as misfit:
        raise AdapterError(f"{shape.table.resource}.{field} in a unique constraint {misfit}") from None


def index_name(prefix: str, table: str, fields: Sequence[str], condition: str) -> str:
    """Return an index's name, different for whatever differs in it: SQLite has one space of names."""
    from hashlib import sha256  # noqa: PLC0415 - OpenSSL takes its time, and only new indexes need it

    digest = sha256(repr((table, tuple(fields), condition)).encode()).hexdigest()[:8]
    return "_".join((prefix, table, *fields, digest))


def sequence_texts(shape: Shape, field: str, prefix: str) -> tuple[str, str]:
    """Return the text that reads a sequence's last number and the one that makes its index.

    Without the index every generated key would cost a look at every record. Raises AdapterError for a prefix
    that the database can't hold.
    """
    table, name = table_name(shape.table.resource), quoted(field)
    try:
        start = literal("text", prefix)
    except MisfitError as misfit:
        raise AdapterError(f"{shape.table.resource}.{field}: the prefix {misfit}") from None
    size = len(prefix)
    number = f"CAST(substr({name}, {size + 1}) AS INTEGER)"
    # The query must repeat the index's condition word for word, else SQLite does not use the index.
    condition = (
        f"substr({name}, 1, {size}) = {start} AND length({name}) BETWEEN {size + 1} AND {size + 18} "
        f"AND substr({name}, {size + 1}) NOT GLOB '*[^0-9]*'"
    )
    index = quoted(index_name("rws", table, [field], condition))
    read = f"SELECT max({number}) FROM {quoted(table)} WHERE {condition}"
    make = f"CREATE INDEX IF NOT EXISTS {index} ON {quoted(table)} ({number}) WHERE {condition}"
    return read, make

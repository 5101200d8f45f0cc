"""Tables as stores see them: checked before use, compared with those a store was made for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from rulewright.errors import AdapterError, StoreMismatchError
from rulewright.ports import Column, ColumnType, StoredRecord, Table, UniqueConstraint
from rulewright_adapters.values import FITTERS, Fitter, MisfitError, canonical, fit

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Shape:
    """A checked Table with its column types at hand."""

    table: Table
    types: Mapping[str, ColumnType]
    # Field -> what makes a value fit it; looked up here once and not for every value written.
    fitters: Mapping[str, Fitter]

    def type_of(self, field: str) -> ColumnType:
        """Return the type of `field`. Raises AdapterError if the resource has no such field."""
        kind = self.types.get(field)
        if kind is None:
            gained = "if the rules have gained it, the next apply (or store.prepare) adds it"
            raise AdapterError(f"{self.table.resource} has no field {field} in the store; {gained}")
        return kind

    def fitted(self, values: StoredRecord) -> dict[str, object]:
        """Return `values` as the store holds them. Raises AdapterError naming the field that can't be."""
        try:
            # The loop is the hot path; which field it was is found again only when one fails.
            fitters = self.fitters
            return {
                field: None if value is None and field in fitters else fitters[field](value)
                for field, value in values.items()
            }
        except (KeyError, MisfitError):
            for field, value in values.items():
                self._explain(field, value)
            raise

    def _explain(self, field: str, value: object) -> None:
        try:
            fit(self.type_of(field), value)
        except MisfitError as misfit:
            raise AdapterError(f"{self.table.resource}.{field} {misfit}") from None

    def lacking(self) -> AdapterError:
        """Return the error for an update of a missing record, without its key, which may be sensitive."""
        return AdapterError(f"{self.table.resource}: there is no record with the {self.table.key} to update")

    def keyed(self, record: StoredRecord) -> dict[str, object]:
        """Return a new record as the store holds it. Raises AdapterError where it can't."""
        fitted = self.fitted(record)
        if fitted.get(self.table.key) is None:
            raise AdapterError(f"{self.table.resource}: a record needs its key {self.table.key}")
        return fitted


def shapes_of(tables: Sequence[Table]) -> dict[str, Shape]:
    """Check `tables` and return their shapes by resource. Raises AdapterError."""
    for resource, times in Counter(table.resource for table in tables).items():
        if times > 1:
            raise AdapterError(f"two tables are given for {resource}")
    return {table.resource: shape_of(table) for table in tables}


def shape_of(table: Table) -> Shape:
    """Check one table. Raises AdapterError.

    The reader checked the names already; SQL is built from them, so they are checked again here.
    """
    api, _, name = table.resource.partition("/")
    for part in (api, name, *(column.name for column in table.columns)):
        if not _NAME.fullmatch(part):
            raise AdapterError(f"{table.resource}: {part!r} is no name for a table or a column")
    types = {column.name: column.type for column in table.columns}
    if len({field.lower() for field in types}) < len(table.columns):
        # SQL does not tell Name from name.
        raise AdapterError(f"{table.resource}: two fields have one name apart from capital letters")
    for field in _fields_used(table):
        if field not in types:
            raise AdapterError(f"{table.resource}: {field} is used as key or constraint but is no column")
    if any(not group for group in (*table.indexes, *(unique.fields for unique in table.uniques))):
        raise AdapterError(f"{table.resource}: an index or constraint names no field")
    if types[table.key] == "json":
        raise AdapterError(f"{table.resource}: nested values are no key, and {table.key} holds them")
    fitters = {field: FITTERS[kind] for field, kind in types.items()}
    return Shape(table, MappingProxyType(types), MappingProxyType(fitters))


def _fields_used(table: Table) -> Iterator[str]:
    yield table.key
    for unique in table.uniques:
        yield from unique.fields
        yield from unique.where
    for index in table.indexes:
        yield from index
    for foreign_key in table.foreign_keys:
        yield foreign_key.field


def differences(stored: Table, wanted: Table) -> Iterator[str]:
    """Say, a sentence each, why records kept for `stored` can't be taken for `wanted`."""
    if stored.key != wanted.key:
        yield f"{wanted.resource}: the key is {stored.key} in the store and {wanted.key} in the rules."
    held = {column.name.lower(): column for column in stored.columns}
    for column in wanted.columns:
        old = held.get(column.name.lower())
        if old is None:
            continue
        if old.name != column.name:
            yield f"{wanted.resource}.{column.name} is written {old.name} in the store."
        elif old.type != column.type:
            yield f"{wanted.resource}.{old.name} is {old.type} in the store and {column.type} in the rules."


def merged(stored: Table, wanted: Table) -> Table:
    """Return the table to keep: what the rules want, and the columns that they no longer name."""
    named = {column.name for column in wanted.columns}
    kept: Iterable[Column] = (column for column in stored.columns if column.name not in named)
    return replace(wanted, columns=(*wanted.columns, *kept))


def extended(stored: Mapping[str, Table], wanted: Iterable[Table]) -> list[Table]:
    """Return the tables to keep of those that the rules want: see `merged`."""
    return [merged(stored[one.resource], one) if one.resource in stored else one for one in wanted]


def refuse_shared_names(names: Mapping[str, str]) -> None:
    """Raise AdapterError where two resources would be kept in one table. `names`: resource -> its table.

    SQL does not tell Name from name.
    """
    owners: dict[str, str] = {}
    for resource, name in names.items():
        owner = owners.setdefault(name.lower(), resource)
        if owner != resource:
            raise AdapterError(f"{owner} and {resource} would share the table {name}; rename one of them")


def refuse_mismatches(name: str, sentences: Iterable[str]) -> None:
    """Raise StoreMismatchError where there are any: what keeps the store `name` from fitting the rules."""
    found = list(sentences)
    if found:
        raise StoreMismatchError(name, found)


def clash(table: Table, unique: UniqueConstraint, one: object, other: object) -> str:
    """Say which stored records forbid a new unique constraint."""
    where = " and ".join(f"{field} = {canonical(value)}" for field, value in unique.where.items())
    condition = f" where {where}" if where else ""
    fields = ", ".join(unique.fields)
    wish = f"{table.resource}: the rules want {fields} to be unique{condition}"
    if table.hides_key:
        return f"{wish}, but two records, whose keys are sensitive, have the same."
    return f"{wish}, but the records {_shown(one)} and {_shown(other)} have the same."


def _shown(key: object) -> str:
    """A key in a sentence; control characters would change how a terminal shows the rest."""
    text = str(key)
    return text if text.isprintable() else ascii(text)

"""What is wrong with records that were given as a file. Imports nothing slow: a warm start needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rulewright.pointers import escape_pointer

if TYPE_CHECKING:
    from rulewright.ports import Table

_FITTING: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "json": (object,),
}


def faults_of(records: object, tables: Mapping[str, Table]) -> Iterator[tuple[str, str]]:
    """What is wrong, as JSON Pointer and message."""
    if records is None:
        return
    if not isinstance(records, Mapping):
        yield "", "records must be a map from resource to a list of records"
        return
    for resource, listed in records.items():
        pointer = f"/{escape_pointer(resource)}"
        if resource not in tables:
            yield pointer, f"there is no rule file for {resource}{_hint(resource, tables)}"
        elif not isinstance(listed, list):
            yield pointer, f"{resource} must be a list of records"
        else:
            for number, record in enumerate(listed):
                yield from _record_faults(tables[resource], record, f"{pointer}/{number}")
            yield from _repeated_keys(tables[resource], listed, pointer)


def _record_faults(table: Table, record: object, pointer: str) -> Iterator[tuple[str, str]]:
    if not isinstance(record, Mapping):
        yield pointer, f"a record of {table.resource} must be an object"
        return
    types = {column.name: column.type for column in table.columns}
    for name, value in record.items():
        at = f"{pointer}/{escape_pointer(name)}"
        if name not in types:
            yield at, f"{table.resource} has no field {name}{_hint(name, types)}"
        elif value is not None and not _fits(types[name], value):
            yield at, f"{table.resource}.{name} is kept as {types[name]}, which this value is not"
    if record.get(table.key) is None:
        yield pointer, f"this record of {table.resource} has no {table.key}, which is its key"


def _repeated_keys(table: Table, listed: list[object], pointer: str) -> Iterator[tuple[str, str]]:
    """Records of one key: which of them counts would be left to chance."""
    seen: dict[object, int] = {}
    for number, record in enumerate(listed):
        key = record.get(table.key) if isinstance(record, Mapping) else None
        if not isinstance(key, str | int | float) or isinstance(key, bool):
            continue
        first = seen.setdefault(key, number)
        if first != number:
            at = f"{pointer}/{number}/{escape_pointer(table.key)}"
            yield at, f"record {first + 1} of {table.resource} has this {table.key} already"


def _fits(column: str, value: object) -> bool:
    if isinstance(value, bool):
        return column in ("boolean", "json")
    return isinstance(value, _FITTING[column])


def _hint(name: str, known: Mapping[str, object]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - for what is wrong only

    near = get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""

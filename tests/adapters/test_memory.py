"""The store in memory keeps the contract, and takes given records as they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rulewright.errors import AdapterError, UniqueViolationError
from rulewright.ports import Column, Store, UniqueConstraint
from rulewright.testing import CASE, TABLES, StoreContract
from rulewright_adapters import open_store
from rulewright_adapters.memory import MemoryStore


class TestContract(StoreContract):
    """Every store's contract."""

    def open_store(self) -> Store:
        """Open an empty store."""
        return open_store("memory://")


def test_given_records_are_taken_as_they_are() -> None:
    """No type, constraint or reference is judged on them."""
    given: list[dict[str, object]] = [
        {"id": 1, "is_head": True, "household": 9, "odd": "x"},
        {"id": "a"},
        {"id": 1},
        {},
    ]
    store = MemoryStore({CASE: given}, TABLES)

    assert store.count(CASE, {}) == 4
    assert store.find(CASE, {"id": "a"}) == [{"id": "a"}]


def test_given_records_can_be_updated_though_they_break_a_reference() -> None:
    """Only what is written is judged."""
    store = MemoryStore({CASE: [{"id": 1, "household": 9}]}, TABLES)
    with store.transaction() as transaction:
        transaction.update(CASE, 1, {"name": "Ann"})

    assert store.find(CASE, {"name": "Ann"}) == [{"id": 1, "household": 9, "name": "Ann"}]


def test_writes_are_judged_against_given_records() -> None:
    """A given record holds its place."""
    store = MemoryStore({CASE: [{"id": 1, "reference": "R1"}]}, TABLES)

    with pytest.raises(UniqueViolationError), store.transaction() as transaction:
        transaction.insert(CASE, {"id": 2, "reference": "R1"})


def test_without_tables_it_reads_any_field() -> None:
    """Look-ups on given records need no rules; a field nobody wrote is null."""
    given: list[dict[str, object]] = [{"a": 1}, {"a": [1, {"b": None}]}]
    store = MemoryStore({"any/thing": given})

    assert store.find("any/thing", {"a": 1, "never": None}) == [{"a": 1}]
    assert store.find("any/thing", {"a": [[1, {"b": None}]]}) == [{"a": [1, {"b": None}]}]


def test_what_was_read_before_there_were_tables_is_judged_with_them() -> None:
    """A field that was asked for before, and that no table has, is refused as any other."""
    store = MemoryStore({CASE: [{"id": 1, "odd": "x1"}]})
    assert store.find(CASE, {"odd": "x1"}) == [{"id": 1, "odd": "x1"}]
    assert store.last_in_sequence(CASE, "odd", "x") == 1

    store.prepare(TABLES)

    with pytest.raises(AdapterError, match="no field odd"):
        store.find(CASE, {"odd": "x1"})
    with pytest.raises(AdapterError, match="no field odd"):
        store.last_in_sequence(CASE, "odd", "x")


def test_it_has_no_name() -> None:
    """A path after memory:// is a mistake worth telling."""
    with pytest.raises(AdapterError, match="no name"):
        open_store("memory://x.db")


def test_a_new_unique_may_be_about_a_new_field() -> None:
    """A store that is prepared anew was refused: the field that the condition names was not there yet."""
    store = MemoryStore(tables=TABLES)
    case = next(table for table in TABLES if table.resource == CASE)
    with store.transaction() as transaction:
        transaction.insert_many(CASE, [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Ann"}])

    new = UniqueConstraint(("name",), {"open": True})
    store.prepare([replace(case, columns=(*case.columns, Column("open", "boolean")), uniques=(new,))])

    assert store.count(CASE, {"open": None}) == 2

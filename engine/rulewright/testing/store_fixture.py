"""What the suites for stores share: two resources that name each other, as in the CT/OI rules.

A household names its head case, a case its household.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rulewright.ports import Column, ForeignKey, Store, StoredRecord, Table, UniqueConstraint

HOUSEHOLD, CASE = "contract/household", "contract/case"
HOUSEHOLDS = Table(
    HOUSEHOLD,
    "id",
    (Column("id", "integer"), Column("head", "integer"), Column("slug", "text")),
    indexes=(("slug",),),
    foreign_keys=(ForeignKey("head", CASE, "id"),),
)
CASES = Table(
    CASE,
    "id",
    (
        Column("id", "integer"),
        Column("household", "integer"),
        Column("is_head", "boolean"),
        Column("name", "text"),
        Column("income", "number"),
        Column("address", "json"),
        Column("reference", "text"),
        # A reference by a field that is neither key nor unique.
        Column("near", "text"),
    ),
    uniques=(UniqueConstraint(("household",), {"is_head": True}), UniqueConstraint(("reference",), {})),
    indexes=(("household",), ("name", "is_head")),
    foreign_keys=(ForeignKey("household", HOUSEHOLD, "id"), ForeignKey("near", HOUSEHOLD, "slug")),
)
TABLES = (HOUSEHOLDS, CASES)


def plain(records: Iterable[StoredRecord]) -> list[dict[str, object]]:
    """Return records without their nulls, which a store may return or leave out."""
    return [{name: value for name, value in record.items() if value is not None} for record in records]


def write(store: Store, *records: Mapping[str, object], resource: str = CASE) -> None:
    """Insert records in one transaction."""
    with store.transaction() as transaction:
        for record in records:
            transaction.insert(resource, record)


class StoreSuite:
    """Opens the store under test. `open_store` is the one thing to provide."""

    def open_store(self) -> Store:
        """Return a store that is empty and shares nothing with those returned before."""
        raise NotImplementedError

    @contextmanager
    def opened(self, tables: Sequence[Table] = TABLES) -> Iterator[Store]:
        """Open a store, prepare it and close it in the end."""
        store = self.open_store()
        try:
            store.prepare(tables)
            yield store
        finally:
            store.close()

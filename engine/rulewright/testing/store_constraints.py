"""What every store refuses, and how it follows the rules."""

from __future__ import annotations

from dataclasses import replace

from rulewright.errors import AdapterError, ReferenceViolationError, StoreMismatchError, UniqueViolationError
from rulewright.ports import Column, Table, UniqueConstraint
from rulewright.testing.refusals import refused
from rulewright.testing.store_fixture import (
    CASE,
    CASES,
    HOUSEHOLD,
    HOUSEHOLDS,
    TABLES,
    StoreSuite,
    plain,
    write,
)


class ConstraintContract(StoreSuite):
    """Unique constraints, references, preparing for changed rules."""

    def test_the_key_is_unique(self) -> None:
        """A second record with the same key names the key."""
        with self.opened() as store:
            write(store, {"id": 1})
            with refused(UniqueViolationError) as violation:
                write(store, {"id": 1})

        assert (violation.error.resource, violation.error.fields) == (CASE, ("id",))

    def test_a_unique_constraint_holds_where_its_condition_does(self) -> None:
        """One head per household: on insert and on update, and null fields never collide."""
        with self.opened() as store:
            write(store, {"id": 1}, {"id": 2}, resource=HOUSEHOLD)
            write(
                store, {"id": 1, "household": 1, "is_head": True}, {"id": 2, "household": 1, "is_head": False}
            )
            write(store, {"id": 3, "is_head": True}, {"id": 4, "is_head": True})
            with refused(UniqueViolationError) as insertion:
                write(store, {"id": 5, "household": 1, "is_head": True})
            with refused(UniqueViolationError) as change, store.transaction() as transaction:
                transaction.update(CASE, 2, {"is_head": True})
            with store.transaction() as transaction:
                transaction.update(CASE, 1, {"is_head": False})
                transaction.update(CASE, 2, {"is_head": True})

            assert [r["id"] for r in store.find(CASE, {"household": 1, "is_head": True})] == [2]
        assert insertion.error.fields == change.error.fields == ("household",)

    def test_references_are_judged_at_the_end(self) -> None:
        """Two records may name each other, whichever is written first."""
        with self.opened() as store:
            with store.transaction() as transaction:
                transaction.insert(HOUSEHOLD, {"id": 1, "head": 2})
                transaction.insert(CASE, {"id": 2, "household": 1, "is_head": True})

            assert plain(store.find(HOUSEHOLD, {})) == [{"id": 1, "head": 2}]

    def test_a_reference_that_leads_nowhere_undoes_the_transaction(self) -> None:
        """The error names resource and field; nothing stays."""
        with self.opened() as store:
            with refused(ReferenceViolationError) as violation:
                write(store, {"id": 1}, {"id": 2, "household": 1})
            with refused(ReferenceViolationError) as by_slug:
                write(store, {"id": 1, "near": "nowhere"})

            assert store.count(CASE, {}) == 0
        assert f"{CASE}.household" in str(violation.error)
        assert f"{CASE}.near" in str(by_slug.error)

    def test_a_reference_that_is_mended_in_time_is_fine(self) -> None:
        """Only what stands at the end counts."""
        with self.opened() as store:
            with store.transaction() as transaction:
                transaction.insert(CASE, {"id": 1, "household": 9, "near": "north"})
                transaction.update(CASE, 1, {"household": None})
                transaction.insert(HOUSEHOLD, {"id": 1, "slug": "north"})
                with refused(KeyError), transaction.savepoint():
                    transaction.insert(CASE, {"id": 2, "household": 77, "near": "south"})
                    raise KeyError

            assert plain(store.find(CASE, {})) == [{"id": 1, "near": "north"}]

    def test_what_is_named_can_not_go_away(self) -> None:
        """Changing a key or field that others name is refused."""
        with self.opened() as store:
            write(store, {"id": 1, "slug": "north"}, {"id": 2, "slug": "south"}, resource=HOUSEHOLD)
            write(store, {"id": 1, "household": 1, "near": "north"})
            for change in ({"id": 5}, {"slug": "west"}):
                with refused(ReferenceViolationError), store.transaction() as transaction:
                    transaction.update(HOUSEHOLD, 1, change)
            with store.transaction() as transaction:
                transaction.update(HOUSEHOLD, 1, {"slug": "west"})
                transaction.update(HOUSEHOLD, 2, {"slug": "north", "id": 3})

            assert plain(store.find(HOUSEHOLD, {"id": 3})) == [{"id": 3, "slug": "north"}]

    def test_preparing_twice_changes_nothing(self) -> None:
        """The same tables fit again, in any order."""
        with self.opened() as store:
            write(store, {"id": 1})
            store.prepare(TABLES)
            store.prepare(TABLES[::-1])

            assert store.count(CASE, {}) == 1

    def test_a_new_field_is_added(self) -> None:
        """It is null in the records that were there."""
        wider = replace(CASES, columns=(*CASES.columns, Column("colour", "text")), indexes=(("colour",),))
        with self.opened() as store:
            write(store, {"id": 1})
            store.prepare((HOUSEHOLDS, wider))
            write(store, {"id": 2, "colour": "red"})

            assert [r["id"] for r in store.find(CASE, {"colour": None})] == [1]
            assert [r["id"] for r in store.find(CASE, {"colour": "red"})] == [2]

    def test_a_field_the_rules_no_longer_name_is_kept(self) -> None:
        """It is there again once they name it again."""
        kept = tuple(column for column in CASES.columns if column.name != "income")
        with self.opened() as store:
            write(store, {"id": 1, "income": 5.5})
            store.prepare((HOUSEHOLDS, replace(CASES, columns=kept)))
            write(store, {"id": 2})
            store.prepare(TABLES)

            assert plain(store.find(CASE, {})) == [{"id": 1, "income": 5.5}, {"id": 2}]

    def test_constraints_follow_the_rules(self) -> None:
        """A dropped unique constraint no longer holds, a new one does."""
        bare = replace(CASES, uniques=(UniqueConstraint(("name",), {"is_head": [True, None]}),))
        with self.opened() as store:
            store.prepare((HOUSEHOLDS, bare))
            write(store, {"id": 1, "reference": "same"}, {"id": 2, "reference": "same"})
            write(store, {"id": 3, "name": "x"}, {"id": 4, "name": "x", "is_head": False})
            with refused(UniqueViolationError) as violation:
                write(store, {"id": 5, "name": "x", "is_head": True})

        assert violation.error.fields == ("name",)

    def test_what_does_not_fit_is_said_all_at_once(self) -> None:
        """Changed types and another key, one sentence each; nothing is changed."""
        types = (Column("id", "integer"), Column("name", "integer"), Column("is_head", "text"))
        with self.opened() as store:
            write(store, {"id": 1, "name": "x"})
            with refused(StoreMismatchError) as mismatch:
                store.prepare((HOUSEHOLDS, Table(CASE, "name", types)))

            assert plain(store.find(CASE, {"name": "x"})) == [{"id": 1, "name": "x"}]
        assert len(mismatch.error.differences) == 3
        assert f"{CASE}.name is text" in str(mismatch.error)

    def test_a_new_constraint_that_records_break_is_a_mismatch(self) -> None:
        """The sentence names the fields and two of the records."""
        stricter = replace(CASES, uniques=(UniqueConstraint(("name", "is_head"), {"income": 1}),))
        with self.opened() as store:
            write(store, *({"id": key, "name": "x", "is_head": True, "income": 1} for key in (17, 23)))
            with refused(StoreMismatchError) as mismatch:
                store.prepare((HOUSEHOLDS, stricter))

        assert all(word in str(mismatch.error) for word in ("name, is_head", "17", "23"))

    def test_a_sensitive_key_is_told_to_nobody(self) -> None:
        """Where records break a new constraint, neither key stands in the sentence."""
        stricter = replace(CASES, uniques=(UniqueConstraint(("name",), {}),), hides_key=True)
        with self.opened() as store:
            write(store, *({"id": key, "name": "x"} for key in (17, 23)))
            with refused(StoreMismatchError) as mismatch:
                store.prepare((HOUSEHOLDS, stricter))

        assert not any(word in str(mismatch.error) for word in ("17", "23"))

    def test_a_resource_that_the_rules_lost_holds_up_no_other(self) -> None:
        """Its table stays, and what it names need not be unique any more."""
        unique = replace(HOUSEHOLDS, uniques=(UniqueConstraint(("slug",), {}),))
        with self.opened() as store:
            store.prepare((unique, CASES))
            write(store, {"id": 1, "slug": "x"}, resource=HOUSEHOLD)
            write(store, {"id": 1, "near": "x"})
            store.prepare((HOUSEHOLDS,))
            write(store, {"id": 2, "slug": "x"}, resource=HOUSEHOLD)
            store.prepare(TABLES)

            assert store.count(HOUSEHOLD, {"slug": "x"}) == 2
            assert store.count(CASE, {"near": "x"}) == 1

    def test_tables_that_make_no_sense_are_refused(self) -> None:
        """Bad names, names that differ in capitals only, keys and constraints without column."""
        column = Column("id", "integer")
        wrong = (
            Table('x/y"z', "id", (column,)),
            Table("x/y", "id", (column, Column("a b", "text"))),
            Table("x/y", "id", (column, Column("ID", "text"))),
            Table("x/y", "other", (column,)),
            Table("x/y", "id", (column,), uniques=(UniqueConstraint(("other",), {}),)),
            Table("x/y", "id", (column,), uniques=(UniqueConstraint((), {}),)),
        )
        with self.opened(()) as store:
            for table in wrong:
                with refused(AdapterError):
                    store.prepare((table,))

"""Writing many records by one call."""

from __future__ import annotations

from rulewright.errors import AdapterError, ReferenceViolationError, UniqueViolationError
from rulewright.ports import KeyedRecords
from rulewright.testing.refusals import refused
from rulewright.testing.store_fixture import CASE, HOUSEHOLD, StoreSuite, plain, write


class ManyContract(StoreSuite):
    """`insert_many` and `update_many`: as one after the other, but all or none."""

    def test_many_records_are_written_as_one_after_the_other(self) -> None:
        """Whatever they hold is read back alike, also where records name different fields."""
        records: list[dict[str, object]] = [
            {"id": 2**63 - 1, "name": "tab\t, line\n, \r, back\\slash, \\N and \\.", "income": -0.0},
            {
                "id": 3,
                "name": "",
                "is_head": False,
                "income": 5,
                "address": {"b": [1.0, "\u2028\\"], "a": None},
            },
            {"id": 2, "is_head": True, "income": 1e300, "address": [], "reference": "R1"},
            {"id": 1},
        ]
        with self.opened() as one, self.opened() as other:
            write(one, *records)
            with other.transaction() as transaction:
                transaction.insert_many(CASE, records)

                assert transaction.count(CASE, {"is_head": False}) == 1
            found = [plain(store.find(CASE, {})) for store in (one, other)]

        assert found[0] == found[1]
        assert [type(record.get("income")) for record in found[1]] == [
            type(record.get("income")) for record in found[0]
        ]

    def test_nothing_of_many_is_written_where_one_collides(self) -> None:
        """The violation names the constraint and the row; the transaction goes on."""
        with self.opened() as store:
            with store.transaction() as transaction:
                transaction.insert(CASE, {"id": 3, "reference": "R3"})
                with refused(UniqueViolationError) as by_key:
                    transaction.insert_many(CASE, [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}])
                with refused(UniqueViolationError) as by_field:
                    transaction.insert_many(CASE, [{"id": 1, "reference": "R3"}, {"id": 1}])
                with refused(UniqueViolationError) as among_them:
                    transaction.insert_many(CASE, [{"id": 1}, {"id": 1}])
                transaction.insert_many(CASE, [{"id": 5}, {"id": 6}])

            assert [record["id"] for record in store.find(CASE, {})] == [3, 5, 6]
        assert (by_key.error.resource, by_key.error.fields, by_key.error.row) == (CASE, ("id",), 2)
        assert (by_field.error.fields, by_field.error.row) == (("reference",), 0)
        assert (among_them.error.fields, among_them.error.row) == (("id",), 1)

    def test_nothing_of_many_is_written_where_one_does_not_fit(self) -> None:
        """The field is named; a record without its key and one with an unknown field do not fit either."""
        misfits: list[dict[str, object]] = [
            {"id": 2, "name": 7},
            {"id": 2, "household": 2**63},
            {"id": 2, "income": float("nan")},
            {"id": 2, "address": {"a": "\ud800"}},
            {"id": 2, "address": ["\0"]},
            {"id": 2, "is_head": 1},
            {"id": 2, "colour": "red"},
            {"name": "x"},
        ]
        with self.opened() as store:
            with store.transaction() as transaction:
                for misfit in misfits:
                    with refused(AdapterError) as misfitting:
                        transaction.insert_many(CASE, [{"id": 1}, misfit])
                    field = next((name for name in misfit if name != "id"), "id")
                    assert (field if "id" in misfit else "id") in str(misfitting.error)

            assert store.count(CASE, {}) == 0

    def test_many_keys_are_found_by_one_question(self) -> None:
        """Each combination is one key; what no record can have is not found, and what was just written is."""
        with self.opened() as store:
            write(store, {"id": 1, "name": "a", "income": 5}, {"id": 2, "name": "b"}, {"id": 3, "name": "a"})
            with store.transaction() as transaction:
                transaction.insert(CASE, {"id": 4, "name": "b", "address": {"x": [1]}, "is_head": True})
                keys: list[tuple[str | int, ...]] = [(1, "a"), (2, "a"), (4, "b"), (2**63, "a"), (3, "\0")]
                found = transaction.find_each(CASE, ("id", "name"), keys)
                single = transaction.find_each(CASE, ("name",), [("a",), ("z",)])
                transaction.update(CASE, 1, {"income": None})

                assert transaction.find_each(CASE, ("id",), []) == []
            # Of a store it is a faster way that it may have.
            if isinstance(store, KeyedRecords):
                again = store.find_each(CASE, ("name",), [("a",), ("z",)])
                assert sorted(str(record["id"]) for record in again) == ["1", "3"]
                assert store.find_each("acme/nothing", ("id",), [(1,)]) == []
            records = sorted(plain(found), key=str)

            assert sorted(record["id"] for record in single if isinstance(record["id"], int)) == [1, 3]
            assert records == [
                {"id": 1, "name": "a", "income": 5.0},
                {"id": 4, "name": "b", "address": {"x": [1]}, "is_head": True},
            ]

    def test_many_of_none_is_nothing(self) -> None:
        """An empty list is written by doing nothing."""
        with self.opened() as store:
            with store.transaction() as transaction:
                transaction.insert_many(CASE, [])
                transaction.update_many(CASE, [])

            assert store.count(CASE, {}) == 0

    def test_references_of_many_are_judged_at_the_end(self) -> None:
        """Two records may name each other; one that leads nowhere undoes the transaction."""
        with self.opened() as store:
            with store.transaction() as transaction:
                transaction.insert_many(HOUSEHOLD, [{"id": 1, "head": 2, "slug": "north"}, {"id": 2}])
                transaction.insert_many(CASE, [{"id": 2, "household": 1, "near": "north"}])
            with refused(ReferenceViolationError), store.transaction() as transaction:
                transaction.insert_many(CASE, [{"id": 3}, {"id": 4, "household": 9}])
            with refused(ReferenceViolationError), store.transaction() as transaction:
                transaction.insert_many(CASE, [{"id": 3}, {"id": 4, "near": "nowhere"}])

            assert [record["id"] for record in store.find(CASE, {})] == [2]

    def test_many_updates_are_carried_out_in_their_order(self) -> None:
        """A later one wins; records may have different fields set."""
        with self.opened() as store:
            write(store, {"id": 1, "name": "a"}, {"id": 2, "name": "b", "is_head": True})
            with store.transaction() as transaction:
                transaction.update_many(CASE, [(1, {"name": "x"}), (2, {"name": "y"}), (1, {"name": "z"})])
                transaction.update_many(CASE, [(1, {"income": 1.5}), (2, {"is_head": None, "address": [1]})])

            assert plain(store.find(CASE, {})) == [
                {"id": 1, "name": "z", "income": 1.5},
                {"id": 2, "name": "y", "address": [1]},
            ]

    def test_none_of_many_updates_stays_where_one_is_refused(self) -> None:
        """Whether its record is missing, a constraint breaks or a value does not fit."""
        with self.opened() as store:
            write(store, {"id": 1, "reference": "R1"}, {"id": 2, "reference": "R2"})
            with store.transaction() as transaction:
                for missing in (9, "1", None, True):
                    with refused(AdapterError):
                        transaction.update_many(CASE, [(1, {"name": "x"}), (missing, {"name": "x"})])
                with refused(UniqueViolationError) as violation:
                    transaction.update_many(CASE, [(1, {"reference": "R3"}), (2, {"reference": "R3"})])
                with refused(AdapterError):
                    transaction.update_many(CASE, [(1, {"name": "x"}), (2, {"name": 7})])
                transaction.update_many(CASE, [(2, {"name": "kept"})])

            assert plain(store.find(CASE, {})) == [
                {"id": 1, "reference": "R1"},
                {"id": 2, "name": "kept", "reference": "R2"},
            ]
        assert (violation.error.fields, violation.error.row) == (("reference",), 1)

"""What every store writes, all or nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from rulewright.errors import AdapterError, ReferenceViolationError, UniqueViolationError
from rulewright.ports import Store
from rulewright.testing.refusals import refused
from rulewright.testing.store_fixture import (
    CASE,
    HOUSEHOLD,
    StoreSuite,
    plain,
    write,
)


class WritingContract(StoreSuite):
    """Transactions, savepoints, progress, several users."""

    def test_a_transaction_is_all_or_nothing(self) -> None:
        """What was written before the failure is gone, progress too."""
        with self.opened() as store:
            write(store, {"id": 1, "name": "before"})
            with refused(KeyError), store.transaction() as transaction:
                transaction.insert(CASE, {"id": 2})
                transaction.update(CASE, 1, {"name": "after"})
                transaction.set_progress("job", 7)
                raise KeyError

            assert plain(store.find(CASE, {})) == [{"id": 1, "name": "before"}]
            assert store.count(CASE, {"name": "after"}) == 0
            assert store.progress("job") == 0

    def test_a_transaction_sees_its_own_writes(self) -> None:
        """Find, count, extreme and sequences read what the same transaction wrote."""
        with self.opened() as store, store.transaction() as transaction:
            transaction.insert(CASE, {"id": 3, "name": "Ann", "income": 1})
            transaction.update(CASE, 3, {"name": "Bob", "income": None})

            assert plain(transaction.find(CASE, {"name": "Bob"})) == [{"id": 3, "name": "Bob"}]
            assert transaction.count(CASE, {"name": "Ann"}) == 0
            assert transaction.extreme(CASE, {}, "id", "max") == 3
            assert transaction.last_in_sequence(CASE, "id", "") == 3

    def test_a_savepoint_undoes_only_its_block(self) -> None:
        """Savepoints nest; what stands outside the failed one stays."""
        with self.opened() as store:
            with store.transaction() as transaction:
                transaction.insert(CASE, {"id": 1})
                with transaction.savepoint():
                    transaction.insert(CASE, {"id": 2})
                    with refused(KeyError), transaction.savepoint():
                        transaction.insert(CASE, {"id": 3})
                        transaction.update(CASE, 1, {"name": "undone"})
                        raise KeyError
                transaction.insert(CASE, {"id": 4})

            assert plain(store.find(CASE, {})) == [{"id": 1}, {"id": 2}, {"id": 4}]

    def test_a_refused_write_leaves_the_transaction_usable(self) -> None:
        """Only the refused record is missing."""
        with self.opened() as store:
            with store.transaction() as transaction:
                transaction.insert(CASE, {"id": 1})
                with refused(UniqueViolationError):
                    transaction.insert(CASE, {"id": 1})
                transaction.insert(CASE, {"id": 2})

            assert store.count(CASE, {}) == 2

    def test_one_transaction_at_a_time(self) -> None:
        """A second one inside the first is refused, and a finished one can't be used."""
        with self.opened() as store:
            with store.transaction() as transaction, refused(AdapterError), store.transaction():
                pass
            with refused(AdapterError):
                transaction.insert(CASE, {"id": 1})
            with refused(AdapterError):
                transaction.find(CASE, {})

            assert store.count(CASE, {}) == 0

    def test_an_update_needs_its_record(self) -> None:
        """Updating a key that is not there is an error; updating nothing is none."""
        with self.opened() as store:
            write(store, {"id": 1, "name": "x", "address": {"a": 1}})
            for missing in (2, "1", None, True):
                with refused(AdapterError), store.transaction() as transaction:
                    transaction.update(CASE, missing, {"name": "y"})
            with store.transaction() as transaction:
                transaction.update(CASE, 1, {})
                transaction.update(CASE, 1, {"address": [False], "is_head": True, "name": None})

            assert plain(store.find(CASE, {})) == [{"id": 1, "address": [False], "is_head": True}]

    def test_a_deletion_removes_what_matches(self) -> None:
        """Each matching record and no other; how many is told."""
        with self.opened() as store:
            write(store, {"id": 1, "name": "x"}, {"id": 2, "name": "y"}, {"id": 3}, {"id": 4, "name": "x"})
            with store.transaction() as transaction:
                found = [
                    transaction.delete(CASE, {"name": "x", "id": [1, 2, 3]}),
                    transaction.delete(CASE, {"name": None}),
                    transaction.delete(CASE, {"id": ["2", None]}),
                    transaction.count(CASE, {}),
                ]
                transaction.insert(CASE, {"id": 1, "reference": "r"})

            assert found == [1, 1, 0, 2]
            assert [record["id"] for record in store.find(CASE, {})] == [1, 2, 4]

    def test_a_deletion_is_seen_by_the_next_question(self) -> None:
        """The least that is left, again and again: what expired is removed so."""
        with self.opened() as store:
            write(store, *({"id": n, "name": f"t{n // 2}"} for n in range(5)))
            with store.transaction() as transaction:
                removed = [
                    (
                        least := transaction.extreme(CASE, {}, "name", "min"),
                        transaction.delete(CASE, {"name": least}),
                    )
                    for _ in range(4)
                ]

            assert removed == [("t0", 2), ("t1", 2), ("t2", 1), (None, 0)]

    def test_a_deletion_can_be_undone(self) -> None:
        """With its savepoint, and with its transaction."""
        with self.opened() as store:
            write(store, {"id": 1, "name": "x", "reference": "r"}, {"id": 2})
            with refused(KeyError), store.transaction() as transaction:
                with refused(KeyError), transaction.savepoint():
                    transaction.delete(CASE, {"id": 1})
                    raise KeyError
                transaction.delete(CASE, {"id": 2})
                raise KeyError

            assert plain(store.find(CASE, {})) == [{"id": 1, "name": "x", "reference": "r"}, {"id": 2}]

    def test_a_record_that_others_name_can_not_be_deleted(self) -> None:
        """Judged when the transaction ends: what names it may go as well."""
        with self.opened() as store:
            write(store, {"id": 1, "slug": "s"}, {"id": 2, "slug": "t"}, resource=HOUSEHOLD)
            write(store, {"id": 1, "household": 1}, {"id": 2, "near": "t"})
            for number in (1, 2):
                with refused(ReferenceViolationError), store.transaction() as transaction:
                    transaction.delete(HOUSEHOLD, {"id": number})
            with store.transaction() as transaction:
                transaction.delete(HOUSEHOLD, {"id": 1})
                transaction.delete(CASE, {"household": 1})

            assert (store.count(HOUSEHOLD, {}), store.count(CASE, {})) == (1, 1)

    def test_a_record_needs_its_key(self) -> None:
        """A missing or null key is refused, on insert and on update."""
        with self.opened() as store:
            write(store, {"id": 1})
            with refused(AdapterError):
                write(store, {"name": "x"})
            with refused(AdapterError), store.transaction() as transaction:
                transaction.update(CASE, 1, {"id": None})

    def test_values_that_no_store_can_keep_are_refused(self) -> None:
        """Each is an AdapterError that names the field and hides the value."""
        deep: object = "secret"
        for _ in range(100_000):
            deep = [deep]
        misfits: Sequence[tuple[str, object]] = [
            ("household", 2**63),
            ("household", True),
            ("household", 1.0),
            ("household", "1"),
            ("name", 1),
            ("name", "half \ud800 a pair"),
            ("name", "nul \0 inside"),
            ("income", float("nan")),
            ("income", float("inf")),
            ("income", 10**400),
            ("income", "1"),
            ("is_head", 1),
            ("address", {"a": "\ud800"}),
            ("address", {"\0": 1}),
            ("address", [float("nan")]),
            ("address", [2**64]),
            ("address", {1: "key"}),
            ("address", {"a": object()}),
            ("address", deep),
        ]
        with self.opened() as store:
            for field, value in misfits:
                with refused(AdapterError) as insertion:
                    write(store, {"id": 1, field: value})
                assert f"{CASE}.{field} " in str(insertion.error)
                assert "secret" not in str(insertion.error)

            assert store.count(CASE, {}) == 0

    def test_progress_is_kept_per_job(self) -> None:
        """It is 0 at first and moves with its transaction."""
        with self.opened() as store:
            assert store.progress("job") == 0
            for position in (1000, 2000):
                with store.transaction() as transaction:
                    transaction.set_progress("job", position)

            assert (store.progress("job"), store.progress("other")) == (2000, 0)

    def test_threads_lose_nothing(self) -> None:
        """Four threads draw numbers from one sequence; none is lost or drawn twice."""
        failures: list[BaseException] = []

        def draw(store: Store) -> None:
            try:
                for _ in range(10):
                    with store.transaction() as transaction:
                        number = transaction.last_in_sequence(CASE, "id", "") + 1
                        transaction.insert(CASE, {"id": number})
                    store.find(CASE, {"id": number})
            except BaseException as error:
                failures.append(error)

        with self.opened() as store:
            threads = [threading.Thread(target=draw, args=(store,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

            assert failures == []
            assert [r["id"] for r in store.find(CASE, {})] == list(range(1, 41))

    def test_a_closed_store_says_so(self) -> None:
        """Closing twice is no error, using it afterwards is."""
        with self.opened() as store:
            store.close()
            store.close()
            with refused(AdapterError):
                store.find(CASE, {})
            with refused(AdapterError), store.transaction():
                pass

"""What every store finds."""

from __future__ import annotations

from collections.abc import Sequence

from rulewright.errors import AdapterError
from rulewright.ports import Store, Where
from rulewright.testing.refusals import refused
from rulewright.testing.store_fixture import (
    CASE,
    StoreSuite,
    plain,
    write,
)


class ReadingContract(StoreSuite):
    """Look-ups, counts, extremes and sequences."""

    def test_is_a_store(self) -> None:
        """The store has every method of the port."""
        with self.opened() as store:
            assert isinstance(store, Store)

    def test_gives_back_what_was_written(self) -> None:
        """Every type of value comes back as it was, and of its own type."""
        record = {
            "id": 2**63 - 1,
            "is_head": False,
            "name": "Zoë \U0001f600 'quoted\"",
            "income": 150.99,
            "address": {"lines": ["a", None, True, -1, 2.5, {}], "": ""},
        }
        with self.opened() as store:
            write(store, record)

            found = plain(store.find(CASE, {"id": 2**63 - 1}))

        assert found == [record]
        assert found[0]["is_head"] is False

    def test_finds_by_every_entry_ordered_by_key(self) -> None:
        """All entries of `where` must hold; the result is ordered by key and cut at the limit."""
        with self.opened() as store:
            write(store, *({"id": key, "name": "Ann", "is_head": key == 1} for key in (10, 9, 1)))

            assert [r["id"] for r in store.find(CASE, {"name": "Ann"})] == [1, 9, 10]
            assert [r["id"] for r in store.find(CASE, {"name": "Ann", "is_head": False})] == [9, 10]
            assert [r["id"] for r in store.find(CASE, {}, limit=2)] == [1, 9]
            assert plain(store.find(CASE, {}, limit=0)) == []

    def test_null_matches_null(self) -> None:
        """None finds the records whose field is null or was never written."""
        with self.opened() as store:
            write(store, {"id": 1, "name": None}, {"id": 2}, {"id": 3, "name": ""})

            assert [r["id"] for r in store.find(CASE, {"name": None})] == [1, 2]

    def test_a_list_means_any_of_its_items(self) -> None:
        """A list as value finds what any item finds; an empty one finds nothing, a long one is no matter."""
        with self.opened() as store:
            write(store, {"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3})

            assert [r["id"] for r in store.find(CASE, {"name": ["b", "a", "a"]})] == [1, 2]
            assert [r["id"] for r in store.find(CASE, {"name": ["a", None]})] == [1, 3]
            assert [r["id"] for r in store.find(CASE, {"name": [None]})] == [3]
            assert plain(store.find(CASE, {"name": []})) == []
            assert store.count(CASE, {"id": list(range(3, 40_000))}) == 1

    def test_types_are_never_mixed_up(self) -> None:
        """A text is no number and true is not 1; 5 and 5.0 are one number."""
        with self.opened() as store:
            write(store, {"id": 5, "name": "5", "is_head": True, "income": 5})

            different: Sequence[Where] = (
                {"id": "5"},
                {"name": 5},
                {"is_head": 1},
                {"id": True},
                {"income": "5"},
                {"id": 2**70},
                {"id": 5.5},
                {"name": "\ud800"},
                {"name": "\0"},
            )
            equal: Sequence[Where] = ({"id": 5.0}, {"income": 5}, {"income": [5.0]}, {"is_head": True})
            for where in different:
                assert store.count(CASE, where) == 0, where
            for where in equal:
                assert store.count(CASE, where) == 1, where

    def test_nested_values_are_equal_as_json(self) -> None:
        """The order of keys and the form of numbers do not matter, the order of items does."""
        with self.opened() as store:
            write(store, {"id": 1, "address": {"b": [1, 2.0], "a": None}}, {"id": 2, "address": [1]})

            assert store.count(CASE, {"address": {"a": None, "b": [1.0, 2]}}) == 1
            assert store.count(CASE, {"address": {"a": None, "b": [2, 1]}}) == 0
            assert store.count(CASE, {"address": {"b": [True, 2], "a": None}}) == 0
            assert [r["id"] for r in store.find(CASE, {"address": [[1]]})] == [2]

    def test_a_resource_nobody_prepared_is_empty(self) -> None:
        """Reading it finds nothing; writing it is refused."""
        with self.opened() as store:
            assert plain(store.find("contract/unknown", {"id": 1})) == []
            assert store.count("contract/unknown", {}) == 0
            assert store.extreme("contract/unknown", {}, "id", "max") is None
            assert store.last_in_sequence("contract/unknown", "id", "") == 0
            with refused(AdapterError):
                write(store, {"id": 1}, resource="contract/unknown")

    def test_a_field_that_is_no_column_is_refused(self) -> None:
        """Asking for it or writing it names the field."""
        with self.opened() as store:
            with refused(AdapterError) as asked:
                store.find(CASE, {"shoe_size": 1})
            with refused(AdapterError) as written:
                write(store, {"id": 1, "shoe_size": 1})

        assert "shoe_size" in str(asked.error)
        assert "shoe_size" in str(written.error)

    def test_least_and_greatest(self) -> None:
        """Nulls do not count, and no record means None."""
        with self.opened() as store:
            incomes = (None, 10.0, 9.5, -1)
            write(store, *({"id": n, "income": income, "name": "x"} for n, income in enumerate(incomes)))

            assert store.extreme(CASE, {"name": "x"}, "income", "min") == -1
            assert store.extreme(CASE, {"name": "x"}, "income", "max") == 10
            assert store.extreme(CASE, {"name": "y"}, "income", "max") is None
            assert store.extreme(CASE, {}, "reference", "min") is None
            with refused(AdapterError):
                store.extreme(CASE, {}, "address", "min")

    def test_least_and_greatest_text(self) -> None:
        """By code points, whatever the language of the server: instants as text are in order then."""
        texts = ("2025-01-01T00:00:00Z", "2024-12-31T23:59:59.5Z", "2025-01-01T00:00:00.5Z", "a", "B", "Z")
        with self.opened() as store:
            write(store, *({"id": n, "name": text} for n, text in enumerate(texts)))

            assert store.extreme(CASE, {}, "name", "min") == "2024-12-31T23:59:59.5Z"
            assert store.extreme(CASE, {"id": [0, 2]}, "name", "min") == "2025-01-01T00:00:00.5Z"
            assert store.extreme(CASE, {"id": [3, 4, 5]}, "name", "max") == "a"

    def test_last_in_a_sequence(self) -> None:
        """The largest number counts, not the largest text; other texts do not."""
        texts = (
            "SE0000000012",
            "SE9",
            "SE100",
            "SE",
            "SE12x",
            "SX999",
            "se500",
            "'",
            "SE-5",
            "SE٣",
            f"SE{'9' * 19}",
        )
        with self.opened() as store:
            assert store.last_in_sequence(CASE, "id", "") == 0
            assert store.last_in_sequence(CASE, "reference", "SE") == 0
            write(store, *({"id": n, "reference": text} for n, text in enumerate(texts)))

            assert store.last_in_sequence(CASE, "id", "") == len(texts) - 1
            assert store.last_in_sequence(CASE, "reference", "SE") == 100
            assert store.last_in_sequence(CASE, "reference", "'") == 0
            assert store.last_in_sequence(CASE, "reference", "") == 0

    def test_last_in_a_sequence_of_digits(self) -> None:
        """A text field may hold numbers without a prefix."""
        texts = ("0012", "9", "x100", "", "-50", "1.5", "٣", "0100")
        with self.opened() as store:
            write(store, *({"id": n, "reference": text} for n, text in enumerate(texts)))

            assert store.last_in_sequence(CASE, "reference", "") == 100

    def test_a_sequence_goes_on_inside_a_transaction(self) -> None:
        """Each number is seen as soon as it is written, and free again once it is undone."""
        with self.opened() as store, store.transaction() as transaction:
            for number in range(1, 4):
                assert transaction.last_in_sequence(CASE, "reference", "S'") == number - 1
                transaction.insert(CASE, {"id": number, "reference": f"S'{number:03}"})
            with refused(KeyError), transaction.savepoint():
                transaction.insert(CASE, {"id": 9, "reference": "S'009"})
                raise KeyError
            assert transaction.last_in_sequence(CASE, "reference", "S'") == 3
            transaction.update(CASE, 3, {"reference": "gone"})
            assert transaction.last_in_sequence(CASE, "reference", "S'") == 2

    def test_what_was_read_is_a_copy(self) -> None:
        """Changing what was read, or what was written, changes nothing that is stored."""
        address: dict[str, object] = {"lines": ["a"]}
        with self.opened() as store:
            write(store, {"id": 1, "address": address})
            address["lines"] = "changed"
            (found,) = store.find(CASE, {})
            nested = found["address"]
            assert isinstance(nested, dict)
            nested["lines"].append("b")

            assert plain(store.find(CASE, {})) == [{"id": 1, "address": {"lines": ["a"]}}]

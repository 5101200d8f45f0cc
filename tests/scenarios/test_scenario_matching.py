"""language.md "Scenario matching", rule by rule."""

from __future__ import annotations

import itertools

import pytest

from rulewright.scenarios.matching import differences, outcome_differences, same_value
from rulewright.scenarios.model import Expectation, ResponseExpectation
from rulewright.scenarios.pairing import pair

ERROR = {"path": "/a", "code": "required", "severity": "error", "rule": "x/y.a.required", "message": "a!"}
WARNING = {"path": "/b", "code": "check", "severity": "warning", "rule": "x/y.b.c", "message": "b?"}
INFO = {"path": "/c", "code": "overruled", "severity": "info", "rule": "x/y.c.compute", "message": "c."}
OUTCOME: dict[str, object] = {
    "verdict": "accepted",
    "problems": [],
    "record": {"a": 1, "b": None},
    "changes": [],
    "messages": [],
    "response": {"status": 200, "body": {"a": None, "l": [{"id": 1, "n": 2}]}},
    "replayed": False,
}


def fits(expect: Expectation, **parts: object) -> bool:
    return not list(outcome_differences(expect, {**OUTCOME, **parts}))


@pytest.mark.parametrize(
    ("expected", "actual", "matches"),
    [
        ({}, {"a": 1}, True),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "d": 3}, True),
        ({"a": {"b": 1}}, {"a": None}, False),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]}, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": []}, {"a": [1]}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 5}, {"a": 5.0}, True),
        ({"a": "5"}, {"a": 5}, False),
        ({}, None, False),
        (None, None, True),
    ],
)
def test_maps_match_by_the_keys_written_lists_item_by_item(
    expected: object, actual: object, matches: bool
) -> None:
    """Subset is recursive; lists must be of equal length; true is not 1."""
    assert matches is not any(differences(expected, actual, "x", absent_is_null=False))


def test_null_in_a_record_may_be_absent() -> None:
    """In `record` absent counts as null, but another value does not."""
    assert fits(Expectation(verdict="accepted", record={"b": None, "nothing": None}))
    assert not fits(Expectation(verdict="accepted", record={"a": None}))


def test_null_in_a_body_must_be_there() -> None:
    """In `response.body` null needs a present null."""
    assert fits(Expectation(verdict="accepted", response=ResponseExpectation(body={"a": None})))
    assert not fits(Expectation(verdict="accepted", response=ResponseExpectation(body={"b": None})))


def test_absent_names_what_must_not_be_in_the_body() -> None:
    """JSON Pointers, into lists too."""
    gone = ResponseExpectation(absent=("/b", "/l/1", "/l/0/x"))
    there = ResponseExpectation(absent=("/l/0/n",))

    assert fits(Expectation(verdict="accepted", response=gone))
    assert not fits(Expectation(verdict="accepted", response=there))


@pytest.mark.parametrize("name", ["changes", "messages"])
def test_an_empty_list_means_none(name: str) -> None:
    """`changes: []` and `messages: []` mean none; not named means anything."""
    some = {name: [{"op": "update", "resource": "x/y", "key": 1, "set": {"a": 1}, "before": {}}]}
    none_wanted = (
        Expectation(verdict="accepted", changes=())
        if name == "changes"
        else Expectation(verdict="accepted", messages=())
    )

    assert not fits(none_wanted, **some)
    assert fits(Expectation(verdict="accepted"), **some)


def test_an_update_writes_its_nulls() -> None:
    """`set: {a: null}` of an update needs the null there; `before` and creates are records."""
    wanted = Expectation(verdict="accepted", changes=({"set": {"a": None}},))

    assert not fits(wanted, changes=[{"op": "update", "resource": "x/y", "key": 1, "set": {}}])
    assert fits(wanted, changes=[{"op": "create", "resource": "x/y", "key": 1, "set": {}}])


@pytest.mark.parametrize(
    ("expected", "actual", "matches"),
    [
        ((), [], True),
        ((), [INFO], True),
        ((), [WARNING], False),
        (({"code": "required"},), [ERROR], True),
        (({"code": "required"},), [ERROR, WARNING], False),
        (({"code": "required"},), [ERROR, INFO], True),
        (({"code": "required"}, {"path": "/c", "severity": "info"}), [ERROR, INFO], True),
        (({"code": "overruled"},), [INFO], True),
        (({"path": "/c"},), [INFO], True),
        (({"code": "overruled"},), [INFO, {**INFO, "path": "/d"}], False),
        (({"code": "required"}, {"path": "/a"}), [ERROR], False),
        (({}, {"path": "/a"}), [ERROR, WARNING], True),
    ],
)
def test_problems_are_exact_among_errors_and_warnings(
    expected: tuple[dict[str, object], ...], actual: list[dict[str, object]], matches: bool
) -> None:
    """Infos count only if one is written; an entry matches on the keys it writes, whatever the order."""
    for order in itertools.permutations(actual):
        assert fits(Expectation(verdict="accepted", problems=expected), problems=list(order)) is matches


def test_pairing_finds_a_way_if_there_is_one() -> None:
    """An entry that fits several leaves to another entry the only one that this one fits."""
    assert pair([1, 2, 3], [3, 2, 1], lambda one, other: one >= other) == {0: 2, 1: 1, 2: 0}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": None}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1, 2], [1, 2], True),
        ([1], [1, 2], False),
        (False, 0, False),
        (None, None, True),
    ],
)
def test_where_compares_whole_values(one: object, other: object, same: bool) -> None:
    """In `store`, a nested value is not a subset: it is equal or not."""
    assert same_value(one, other) is same
    assert same_value(other, one) is same

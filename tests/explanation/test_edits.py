"""Edits follow RFC 6902 and leave the original as it was."""

from __future__ import annotations

import pytest

from rulewright.explanation.edits import MISSING, Edit, apply_edit, apply_edits, fold

PAYLOAD = {"a": {"b": [1, {"c": 2}]}, "x/y": 3}


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Edit("add", "/d", 4), {"a": {"b": [1, {"c": 2}]}, "x/y": 3, "d": 4}),
        (Edit("replace", "/a/b/1/c", 5), {"a": {"b": [1, {"c": 5}]}, "x/y": 3}),
        (Edit("remove", "/a/b/0"), {"a": {"b": [{"c": 2}]}, "x/y": 3}),
        (Edit("remove", "/x~1y"), {"a": {"b": [1, {"c": 2}]}}),
        (Edit("move", "/z", origin="/x~1y"), {"a": {"b": [1, {"c": 2}]}, "z": 3}),
    ],
)
def test_an_edit_changes_one_place(edit: Edit, expected: object) -> None:
    """The rest of the payload stays, and so does the payload that was given."""
    before = repr(PAYLOAD)

    assert apply_edit(PAYLOAD, edit) == expected
    assert repr(PAYLOAD) == before


@pytest.mark.parametrize(
    "edit",
    [
        Edit("remove", "/nope"),
        Edit("add", "/nope/below", 1),
        Edit("replace", "/a/b/7", 1),
        Edit("move", "/z", origin="/nope"),
    ],
)
def test_an_edit_that_does_not_fit_gives_nothing(edit: Edit) -> None:
    """A candidate for a place that is not there is no candidate."""
    assert apply_edit(PAYLOAD, edit) is MISSING


def test_what_is_put_into_something_added_is_part_of_it() -> None:
    """One operation adds the whole, and the result is the same."""
    edits = [
        Edit("add", "/p", {}),
        Edit("add", "/p/q", 1),
        Edit("remove", "/x~1y"),
        Edit("replace", "/p/q", 2),
    ]

    folded = fold(edits)

    assert [edit.operation() for edit in folded] == [
        {"op": "add", "path": "/p", "value": {"q": 2}},
        {"op": "remove", "path": "/x~1y"},
    ]
    assert apply_edits(PAYLOAD, folded) == apply_edits(PAYLOAD, edits)

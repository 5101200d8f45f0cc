"""A payload that is written as a line reads again as itself, or is no line."""

from __future__ import annotations

import json
import math
from datetime import date
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulewright.glance.written import line_of
from rulewright.inputs import parse_json

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(), max_size=5), st.dates()
)
VALUES = st.recursive(
    SCALARS,
    lambda parts: st.one_of(
        st.lists(parts, max_size=3),
        st.tuples(parts),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers()), parts, max_size=3),
    ),
    max_leaves=8,
)


def told_apart(value: Any) -> str:
    """A text that no other value has: 1, 1.0 and true, 0.0 and -0.0 are others."""
    return repr(value)


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4))
def test_a_line_reads_as_what_was_written(payload: dict[str, object]) -> None:
    """Whatever is in it; what JSON can't say, or says otherwise, is no line."""
    line = line_of(payload)

    assert not line or told_apart(parse_json(line.decode())) == told_apart(payload)


@given(st.dictionaries(st.text(max_size=4), st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1))))
def test_plain_payloads_are_lines(payload: dict[str, object]) -> None:
    """Else nothing would be gained."""
    assert json.loads(line_of(payload)) == payload


class _Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, "\ud800", date(2020, 1, 1), (1,), {1: 2}, b"x", _Colour.RED, [[math.nan]]],
)
def test_what_json_would_say_otherwise_is_no_line(value: object) -> None:
    """NaN would be null, a date a text, a key of a map another key."""
    assert line_of({"a": 1, "b": value}) == b""
    assert line_of({"a": 1, "b": {"c": [value]}}) == b""


@pytest.mark.parametrize("payload", [None, 5, [], [{}], "{}"])
def test_what_is_no_object_is_no_line(payload: object) -> None:
    """It is refused, with what it is."""
    assert line_of(payload) == b""


def test_what_is_nested_deeper_than_python_goes_is_no_line() -> None:
    """No reader gives it; whoever decides it tells that it is too deep."""
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    assert line_of({"a": deep}) == b""

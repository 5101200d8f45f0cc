"""Places in JSON text: exact for whatever json.dumps writes, and what json.loads reads is what we read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulewright.inputs import JsonFlaw, parse_json
from rulewright.inputs.json_places import find_values, item_starts
from rulewright.inputs.limits import MAX_DEPTH

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=5), below, max_size=4),
    max_leaves=12,
)


def pointers(value: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every value of a document, by its JSON Pointer."""
    yield prefix, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        escaped = str(name).replace("~", "~0").replace("/", "~1")
        yield from pointers(part, f"{prefix}/{escaped}")


# Objects of objects, in whose texts there are signs that mean something outside of them.
NAMES = st.sampled_from(
    ["a", "b", "c", "a:b", "{x", "x}", "a b", "é", "\t", "\\", "a\\", '"', '"a"', "\\u0062"]
)
FLAT = st.dictionaries(NAMES, st.integers() | NAMES, max_size=4)
NESTED = st.dictionaries(NAMES, st.integers() | NAMES | FLAT, max_size=5)


@given(VALUES | FLAT | NESTED, st.sampled_from([None, 0, 3]), st.booleans(), st.sampled_from(["", " \n"]))
def test_every_value_is_found(value: object, indent: int | None, ascii_only: bool, before: str) -> None:
    """Decoding from where a pointer's value is said to stand gives that value."""
    text = before + json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    wanted = dict(pointers(value))

    found = find_values(text, wanted.keys())

    assert {name: json.JSONDecoder().raw_decode(text, index)[0] for name, index in found.items()} == wanted


@given(st.text(alphabet='{}[]",:\\u0123 tnfaNe-.x', max_size=30))
def test_reads_no_more_than_json(text: str) -> None:
    """What we take, json.loads takes and gives the same; what we refuse, we refuse with its place."""
    try:
        value = parse_json(text)
    except JsonFlaw as flaw:
        assert 0 <= flaw.index <= len(text)  # noqa: PT017 - both ways are fine
    else:
        assert value == json.loads(text)


@pytest.mark.parametrize(("pointer", "place"), [("/a/7", 6), ("/x/y", 0), ("/a/0/b", 7), ("/c~1d", 21)])
def test_nearest_place(pointer: str, place: int) -> None:
    """What is not there is said to be missing from the nearest value that could hold it."""
    text = '{"a": [1, 2], "c/d": 5}'

    assert find_values(text, [pointer]) == {pointer: place}


def test_a_name_that_is_written_with_escapes() -> None:
    """It is found by what it means, and no other is found by how it is written."""
    text = '{"\\u0062": "\\u00e9", "c": 5}'

    found = find_values(text, ["/b", "/c", "/\\u0062"])

    assert found == {"/b": text.index('"\\u00e9"'), "/c": text.index("5}"), "/\\u0062": 0}
    assert find_values(text, ["/c"]) == {"/c": text.index("5}")}
    assert find_values(text, ["/\\u0062"]) == {"/\\u0062": 0}


@given(NESTED, st.lists(NAMES, max_size=3))
def test_what_is_not_there(value: dict[str, object], steps: list[str]) -> None:
    """It is missing from the same value, whether there are blanks before the text or none."""
    text, pointer = json.dumps(value), "".join(f"/{step}" for step in steps)

    assert find_values(f" {text}", [pointer]) == {pointer: find_values(text, [pointer])[pointer] + 1}


def test_many_places_in_linear_time() -> None:
    """Ten thousand places in one document are found in one pass."""
    text = json.dumps({"tags": ["x"] * 10_000})

    found = find_values(text, [f"/tags/{number}" for number in range(10_000)])

    assert found["/tags/9999"] == text.rindex('"x"')


def test_many_names_in_linear_time() -> None:
    """So are the values of ten thousand names of one object."""
    text = json.dumps({f"name_{number}": "x" * 40 for number in range(10_000)})
    begun = time.process_time()

    found = find_values(text, [f"/name_{number}" for number in range(10_000)])

    assert found["/name_9999"] == text.rindex('"x')
    assert time.process_time() - begun < 2


@given(st.lists(VALUES, max_size=6), st.sampled_from([None, 1]))
def test_items_start_where_their_values_are(items: list[object], indent: int | None) -> None:
    """However deep they are, and whatever their texts hold."""
    text = json.dumps(items, indent=indent, ensure_ascii=False)

    starts = item_starts(text)

    assert [json.JSONDecoder().raw_decode(text, start)[0] for start in starts] == items


@pytest.mark.parametrize("text", ['"[[["', '"\\"[["', '"]]"', "5"])
def test_depth_is_that_of_brackets_outside_texts(text: str) -> None:
    """One more than may be is refused at its place, one less is read, among many other brackets."""
    before = "[" + f'{{"a": [{text}]}}, ' * MAX_DEPTH
    deep = "[" * (MAX_DEPTH - 1)

    assert isinstance(parse_json(f"{before}{deep}{text}{']' * (MAX_DEPTH - 1)}]"), list)
    with pytest.raises(JsonFlaw, match="nested more than") as caught:
        parse_json(f"{before}{deep}[{text}{']' * MAX_DEPTH}]")
    assert caught.value.index == len(before) + len(deep)

"""Arrays of JSON: read item by item, each with its places, whatever stands between them."""

from __future__ import annotations

import io
import json
import os
import threading
import tracemalloc
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workplace import Run, Write

from rulewright.errors import PayloadError
from rulewright.inputs import Broken, Source, array_items, places_of, read_items
from rulewright.inputs.json_places import item_starts
from rulewright.source import SourceText

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(alphabet='ab"\\[]{},: \té€\u2028😀\n', max_size=6)
VALUES = st.recursive(
    SCALARS | TEXTS,
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(TEXTS, parts, max_size=3),
    max_leaves=12,
)
BLANKS = st.text(alphabet=" \t\r\n", max_size=3)
SIZES = [1, 7, 262_144]
DECIDE = ["--format", "jsonl", "--store", "memory://"]


@st.composite
def array_texts(draw: st.DrawFn) -> str:
    """Arrays as different programs write them."""
    indent = draw(st.sampled_from([None, 0, 2]))
    values = draw(st.lists(VALUES, min_size=1, max_size=8))
    written = [json.dumps(one, ensure_ascii=draw(st.booleans()), indent=indent) for one in values]
    joined = written[0] + "".join(f"{draw(BLANKS)},{draw(BLANKS)}{text}" for text in written[1:])
    return f"{draw(BLANKS)}[{draw(BLANKS)}{joined}{draw(BLANKS)}]{draw(BLANKS)}"


def read(data: bytes, size: int = SIZES[-1]) -> list[Any]:
    """The items of an array, of which so many bytes are read at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(array_items, "_BLOCK", size)
        return list(array_items.read_array("a.json", io.BytesIO(data)))


@pytest.mark.parametrize("size", SIZES)
@given(text=array_texts(), mark=st.sampled_from(["", "\ufeff"]))
def test_items_are_those_of_the_whole_array(size: int, text: str, mark: str) -> None:
    """Their values, and where they stand, are as of a text that is read at once."""
    source = SourceText(text, "a.json")

    items = read((mark + text).encode(), size)

    assert [one.value for one in items] == json.loads(text)
    assert [one.at for one in items] == [
        "a.json:{}:{}".format(*source.position(start)) for start in item_starts(text)
    ]


@pytest.mark.parametrize("size", SIZES)
def test_places_within_items(size: int) -> None:
    """A value deep in an item is named by its line and column in the file."""
    items = read('[{"é": "€"}, {"a":\r\n  [1, {"b": "x"}]},\n{"c": 2, "d": {}}]'.encode(), size)

    assert [places_of(one, ["/a/1/b", "/d"]) for one in items[1:]] == [
        {"/a/1/b": "a.json:2:13", "/d": "a.json:1:14"},
        {"/a/1/b": "a.json:3:1", "/d": "a.json:3:15"},
    ]


# The array -> where it can't be followed any more, and a word of why.
LOST = {
    "cut off in a text": (b'[{"a": 1}, {"b": "x', "1:18", "never closed"),
    "cut off in an object": (b'[{"a": 1}, {"b": 2', "1:19", "a comma or a closing bracket"),
    "cut off behind an item": (b'[{"a": 1}', "1:10", "a comma or a closing bracket"),
    "no comma": (b'[{"a": 1}\n {"b": 2}]', "2:2", "a comma or a closing bracket"),
    "goes on behind its end": (b'[{"a": 1}]\n {"b": 2}', "2:2", "ended before this"),
    "two commas": (b'[{"a": 1},\n, {"b": 2}]', "2:1", "a value is expected"),
    "no item": (b"[,]", "1:2", "a value is expected"),
    "a colon": (b'["a": 1]', "1:5", "a comma or a closing bracket"),
    "a stray bracket": (b'[{"a": "\xc3\xa9"}, }]', "1:12", "a comma must not stand before }"),
    "a comma behind the last item": (b'[{"a": 1} ,\n]', "1:11", "a comma must not stand before ]"),
    "a flaw before what is lost": (b'[{"a: "b"}, {"c": 2}, {}, {"d": "e"}]', "1:8", "a colon is expected"),
    "Latin-1 and cut off": (b'[{"a": "\xe9"}, {', "1:9", "Latin-1"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("what", LOST)
def test_what_is_no_array_is_refused_as_a_whole(what: str, size: int) -> None:
    """One Broken item holds all of it, and tells where it goes wrong."""
    data, place, words = LOST[what]

    (broken,) = read(data, size)

    assert isinstance(broken, Broken)
    assert (broken.at, broken.raw, broken.alone) == (f"a.json:{place}", data, True)
    assert words in broken.message


@pytest.mark.parametrize("where", ["from", "among"])
def test_an_item_that_is_too_large(where: str) -> None:
    """It is refused at its place with the array, of which only the start is kept; so is an endless one."""
    rest = b'"}, {"b": 2}]' if where == "among" else b""

    (broken,) = read(b'[{"a": 1},\n {"text": "' + b"x" * 11_000_000 + rest)

    assert (broken.code, broken.at, len(broken.raw)) == ("limit", "a.json:2:2", 1000)
    assert "larger than 10 MiB" in broken.message


@pytest.mark.parametrize("depth", [101, 1_000, 100_000])
def test_an_item_that_is_nested_too_deep(depth: int) -> None:
    """It is refused alone, however deep it is."""
    deep = b'{"b": ' + b"[" * depth + b"]" * depth + b"}"

    first, second, third = read(b'[{"a": 1}, ' + deep + b', {"c": 2}]')

    assert isinstance(second, Broken)
    assert (first.value, second.code, third.value) == ({"a": 1}, "limit", {"c": 2})


@pytest.mark.parametrize("written", [b"", b'[{"a": 1}', b'[{"a": 1}, {"b": "'])
def test_a_file_that_is_changed_while_it_is_read(written: bytes) -> None:
    """It was followed to its end, so it is no flaw of the payloads that it can't be followed again."""
    stream = io.BytesIO(b"[" + b'{"a": "b"},\n' * 50_000 + b"{}]")
    items = array_items.read_array("a.json", stream)
    next(items)
    stream.seek(0)
    stream.truncate()
    stream.write(written)

    with pytest.raises(PayloadError, match="this file was changed while it was read"):
        list(items)


@pytest.mark.parametrize("size", SIZES)
def test_the_place_of_what_is_wrong_far_behind(size: int) -> None:
    """Lines and characters are counted through everything that comes before it."""
    (broken,) = read(b'\xef\xbb\xbf[\r\n{"a": 1},\r\n\r{"\xc3\xa9\xe2\x82\xac": 2}, {"b": 3} {}]', size)

    assert broken.at == "a.json:4:21"


def test_a_broken_item_among_others(run: Run, write: Write) -> None:
    """What is wrong within an item is its own, as it is a line's; the others are decided."""
    items = [
        '{"title": "a"}',
        '{"title": "a",}',
        "{'title': 1}",
        '{"title": 1, "title": 2}',
        '{"title": "b"}',
    ]

    ran = run("validate", "desk/ticket", write("t.json", ("[" + ",\n".join(items) + "]").encode()), *DECIDE)

    assert [one["verdict"] for one in ran.outcomes] == ["accepted", *["rejected"] * 3, "accepted"]
    assert [one["problems"][0]["payload_at"] for one in ran.outcomes[1:4]] == [
        "t.json:2:14",
        "t.json:3:2",
        "t.json:4:14",
    ]


def test_of_an_array_that_is_cut_off_nothing_is_stored(run: Run, write: Write) -> None:
    """Not even the items that came before."""
    text = json.dumps([{"title": "a"}] * 3_000)[:-1].encode()

    ran = run("apply", "desk/ticket", write("t.json", text), "--store", "sqlite:///t.db", "--format", "jsonl")

    assert (ran.code, [one["verdict"] for one in ran.outcomes]) == (1, ["rejected"])
    assert (
        run("apply", "desk/ticket", write("one.json", {"title": "a"}), "--store", "sqlite:///t.db").code == 0
    )
    assert run("history", "desk/ticket", "1", "--store", "sqlite:///t.db").code == 0
    assert run("history", "desk/ticket", "2", "--store", "sqlite:///t.db").out == ""


@pytest.mark.parametrize("size", SIZES)
def test_a_second_bracket_behind_the_array(size: int) -> None:
    """It is met wherever what is read at a time ends."""
    (broken,) = read(b"[null]]", size)

    assert broken.at == "a.json:1:7"


def test_an_array_from_a_pipe(run: Run) -> None:
    """It is read as a file is, although it can't be read twice."""
    os.mkfifo("t.json")
    data = json.dumps([{"title": "a"}, {"title": 1}]).encode()
    writer = threading.Thread(target=Path("t.json").write_bytes, args=(data,))
    writer.start()

    ran = run("validate", "desk/ticket", "t.json", *DECIDE)
    writer.join()

    assert [one["verdict"] for one in ran.outcomes] == ["accepted", "rejected"]


def test_an_empty_array(run: Run, write: Write) -> None:
    """There is nothing to decide, and nothing wrong."""
    assert run("validate", "desk/ticket", write("t.json", b" [ \n ] "), *DECIDE).outcomes == []


def test_arrays_stream(tmp_path: Path) -> None:
    """Memory does not grow with the file."""

    def peak(count: int) -> int:
        path = tmp_path / f"{count}.json"
        path.write_text(json.dumps([{"title": "a", "text": "x" * 100}] * count, indent=1))
        tracemalloc.start()
        assert sum(1 for _ in read_items(Source(str(path), "t.json", "json"))) == count
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    small, large = map(partial(peak), (10_000, 100_000))

    assert large < small * 1.1

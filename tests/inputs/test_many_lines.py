"""Files of many lines are read by a quicker parser, which nobody can tell but by the time it takes."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulewright.inputs import Item, JsonFlaw, Payload, parse_json
from rulewright.inputs.decoding import decode_text
from rulewright.inputs.limits import MAX_PAYLOAD_BYTES
from rulewright.inputs.reading import read_line, read_lines
from rulewright.inputs.sure_lines import parse_surely

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=5), below, max_size=4),
    max_leaves=12,
)
# Pieces of JSON that may, put together, be an object, or nearly one.
WORDS = r"""{ } [ ] : , "a" "b" "a:" "\":" "\u0061" "{" 1 -0 1.5 1e2 1e400 NaN "\ud800" "\u0000" "é" " """
PIECES = st.lists(st.sampled_from([*WORDS.split(), " ", "\t", "\x0b", "9" * 30]), max_size=14)
ODD = (
    b'{"a": 1, "a": 2}',
    b'{"a": 1, "\\u0061": 2}',
    b'{"a": {"b": 1, "b": 1}}',
    b'{"a": [{"b": 1, "b": 1}]}',
    b'{"a": 1, "a" : 2}',
    b'{"a": 1, "a"\t:2}',
    b'{"a": "x:", "a" :1}',
    b'{"a": NaN}',
    b'{"a": 1e999}',
    b'{"a": "\\ud800"}',
    b'{"a": "\xff"}',
    b'{"a": ' + b"9" * 5000 + b"}",
    b'{"a": ' + b"[" * 120 + b"]" * 120 + b"}",
    b'{"a": 1}}',
    b"[1, 2]",
    b"12",
    b'\xef\xbb\xbf{"a": 1}',
    b'  {"a": 1}',
    b"{",
)


def taken(line: bytes) -> object:
    """What strict JSON makes of a line; its flaw where it refuses it."""
    text, flaw = decode_text(line)
    try:
        return parse_json(text) if flaw is None else flaw
    except JsonFlaw as wrong:
        return wrong


def shown(value: object) -> str:
    """A value as text that tells 1 from 1.0 and from true, and the order of keys."""
    return repr(value)


@given(
    st.dictionaries(st.text(max_size=6), VALUES, max_size=5),
    st.booleans(),
    st.sampled_from([None, (",", ":")]),
)
def test_reads_what_json_writes(value: object, ascii_only: bool, separators: tuple[str, str] | None) -> None:
    """Whatever it reads, strict JSON reads, and gives the same."""
    line = json.dumps(value, ensure_ascii=ascii_only, separators=separators).encode("utf-8", "surrogatepass")

    found = parse_surely(line)

    assert found is None or shown(found) == shown(taken(line))


@given(PIECES)
def test_reads_no_more_than_strict_json(pieces: list[str]) -> None:
    """What strict JSON refuses, a key given twice for one, is left to it."""
    line = "".join(["{", *pieces, "}"]).encode()

    found = parse_surely(line)

    assert found is None or shown(found) == shown(taken(line))


@pytest.mark.parametrize("value", [{}, {"a": 1}, {"a": "12:30"}, {"a": {"b": [{"c": 1.5}, {"c": None}]}}])
def test_common_lines_are_sure(value: object) -> None:
    """The lines of most files take the quick way."""
    assert parse_surely(json.dumps(value).encode() + b"\r\n") == value


def test_one_item_whatever_the_place_in_the_file() -> None:
    """A line deep in a file gives the item, and the places, that it gives alone."""
    lines = [*ODD, b'{"a": {"b": 1}, "c": "x"}', b'{"a": "12:30"}\r', b"", b"\t \r"] * 3

    items = list(read_lines("f", io.BytesIO(b"\n".join(lines))))

    alone = [read_line("f", number, line) for number, line in enumerate(lines, 1) if line.strip()]
    assert items == alone
    assert [places(item) for item in items] == [places(item) for item in alone]


def places(item: Item) -> object:
    """Where two values stand."""
    return item.locate(["/a/b", "/c"]) if isinstance(item, Payload) else item.at


def test_too_long_a_line_deep_in_a_file() -> None:
    """It is refused, blanks and all, and the next line is read."""
    long = b"{}" + b" " * MAX_PAYLOAD_BYTES + b"  \n"
    blank = b" " * (MAX_PAYLOAD_BYTES + 9) + b"\n"

    items = list(read_lines("f", io.BytesIO(b"{}\n" * 9 + long + blank + b'{"a": 1}\n')))

    assert [item.at for item in items[9:]] == ["f:10:1", "f:12:1"]
    assert not isinstance(items[9], Payload)
    assert isinstance(items[10], Payload)
    assert items[10].value == {"a": 1}

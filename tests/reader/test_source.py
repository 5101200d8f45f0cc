"""YAML text to nodes: strict typing, bounds, and places that are exact in every style."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulewright.source import MapNode, Node, Scalar, read_source, span_at, to_plain

FEW = settings(max_examples=200, deadline=None)


def scalar_of(text: str) -> Scalar:
    node, problems = read_source(text, "f.yaml")
    assert problems == ()
    assert isinstance(node, MapNode)
    found = node.get("a")
    assert isinstance(found, Scalar)
    return found


def codes(data: str | bytes) -> list[str]:
    return [problem.code for problem in read_source(data, "f.yaml")[1]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-15", -15),
        ("1.5", 1.5),
        ("-0.25", -0.25),
        ("1e3", 1000.0),
        ("12345678901234567890", 12345678901234567890),
    ],
)
def test_typed(text: str, value: object) -> None:
    """What is typed."""
    assert scalar_of(f"a: {text}").value == value
    assert type(scalar_of(f"a: {text}").value) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "no",
        "on",
        "off",
        "True",
        "NULL",
        "012",
        "0x1F",
        "0o17",
        "1_000",
        "5:30",
        "2025-01-31",
        ".inf",
        ".nan",
        "+5",
        ".5",
        "5.",
        "1e999",
        "0b1",
        "-",
    ],
)
def test_text(text: str) -> None:
    """What other YAML readers would type, and what stays text here."""
    assert scalar_of(f"a: '{text}'").value == text
    if text != "-":
        assert scalar_of(f"a: {text}").value == text


def test_words_as_keys() -> None:
    """`on`, `no` and `yes` are ordinary keys."""
    node, problems = read_source("on: 1\nno: 2\nyes: 3\n", "f.yaml")

    assert problems == ()
    assert node is not None
    assert to_plain(node) == {"on": 1, "no": 2, "yes": 3}


BOMBS = {
    "flow lists": "[" * 200_000,
    "flow maps": "{a: " * 200_000,
    "closed flow lists": "[" * 200_000 + "]" * 200_000,
    "block lists": "- " * 200_000,
    "block maps": "\n".join(" " * depth + "a:" for depth in range(2_000)),
    "complex keys": "? " * 200_000,
    "many anchors": "&a " * 100_000,
    "lists in lines": "a: [\n" * 100_000,
    "quotes": "'" * 1_000_000,
    "escapes": '"' + "\\" * 1_000_000,
    "long line": "a: " + "x" * 2_000_000,
    "many colons": "a: " * 100_000,
    "long whitespace": "a: x" + " " * 1_000_000 + "y",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_harmless(name: str) -> None:
    """Whatever is nested or long is refused or read at once, and kills nobody."""
    started = time.perf_counter()

    read_source(BOMBS[name], "f.yaml")

    assert time.perf_counter() - started < 2


def test_depth_is_bounded() -> None:
    """64 levels are read, 65 are not."""
    assert codes("[" * 64 + "]" * 64) == []
    assert codes("[" * 65 + "]" * 65) == ["too-deep"]


def test_billion_laughs() -> None:
    """Aliases count with what they unfold to."""
    lines = ["- &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"- &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]

    assert codes("\n".join(lines)) == ["too-large"]


def test_large_file() -> None:
    """Size is looked at before anything is decoded."""
    assert codes("a" * 4_000_001) == ["too-large"]


STYLES = [
    "a: payload.x == 1",
    "a: payload.x\n   == 1\n\n\n   && y",
    "a:\n  payload.x   &&\n    y  \n",
    "a: 'it''s  fine'''",
    "a: 'one\n   two\n\n   three '",
    'a: "\\x41\\u00e9\\U0001F600 \\t\\"q\\" \\/ \\e\\N\\_"',
    'a: "one\\\n     two \\\n\n   three\n   four\n\n\n   five"',
    "a: |\n  one\n   two\n\n  three\n",
    "a: |-\n  one\n  two",
    "a: |+\n  one\n\n\n",
    "a: |2\n    one\n   two\n",
    "a: |  # comment\n\n  \n  one\n",
    "a: >\n  one\n  two\n\n  three\n   more\n   still\n  end\n",
    "a: >-\n\n  one\n\n\n  two\n",
    "a: >+\n  one\n  two\n\n\n",
    "a: >1-\n   one\n  two\n two\n",
    "a: |\r\n  one\r\n  two\r\n",
    "a: &anchor  'text'",
    "a: &anchor |\n  text\n  more\n",
    "a: é payload.ü 😀 z",
    "b: [1, {c: d}]\na: >\n  x # no comment\n  y\n",
    "a: |\n  one\n  \tx\n",
]


@pytest.mark.parametrize("text", STYLES)
def test_locate_is_exact(text: str) -> None:
    """Each character of a value is found where it was written, or in its escape or folded break."""
    assert_exact(text, scalar_of(text))


def assert_exact(text: str, scalar: Scalar) -> None:
    starts = [0]
    for index, character in enumerate(text):
        if character == "\n":
            starts.append(index + 1)
    last = -1
    for offset, character in enumerate(scalar.text):
        span = scalar.locate(offset, offset + 1)
        start = starts[span.line - 1] + span.column - 1
        end = starts[span.end_line - 1] + span.end_column - 1
        raw = text[start:end]
        assert start > last
        last = start
        folded = character in " \n" and raw in {"\n", "\r\n"}
        assert raw == character or folded or raw.startswith("\\") or (raw, character) == ("''", "'")


def test_locate_beyond_the_end() -> None:
    """The end of the text is right behind its last character, as "ends too early" needs it."""
    scalar = scalar_of("a: 'x &&'")

    assert str(scalar.locate(4, 4)) == "f.yaml:1:9"
    assert str(scalar.locate(99, 120)) == "f.yaml:1:9"


VALUES = st.text(alphabet="ab 'é\"\\#:\n\t{}[]&|>😀", max_size=30)


@FEW
@given(VALUES)
def test_locate_double_quoted(value: str) -> None:
    """Any value, escaped."""
    shown = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    text = f'a: "{shown}"\n'
    scalar = scalar_of(text)

    assert scalar.text == value
    assert_exact(text, scalar)


@FEW
@given(st.text(alphabet="ab '\n", max_size=30))
def test_locate_single_quoted(value: str) -> None:
    """Any text between quotes, folded wherever it has breaks."""
    text = "a: '" + value.replace("'", "''").replace("\n", "\n  ") + "'\n"

    assert_exact(text, scalar_of(text))


@FEW
@given(st.text(alphabet="ab# \n", max_size=40), st.sampled_from(["|", ">"]), st.sampled_from(["", "-", "+"]))
def test_locate_block(value: str, style: str, chomping: str) -> None:
    """Any lines in a block, with an indentation indicator so that leading blanks are kept."""
    text = f"a: {style}2{chomping}\n" + "".join(f"  {line}\n" for line in value.split("\n"))

    assert_exact(text, scalar_of(text))


def test_comment_behind_a_plain_scalar() -> None:
    """Only a comment on the same line, only behind unquoted text."""
    assert str(scalar_of("a: x == 'b #c'").comment) == "f.yaml:1:12"
    assert scalar_of("a: 'x' # c").comment is None
    assert scalar_of("a: x\n# c").comment is None


def test_span_at() -> None:
    """A JSON Pointer leads to its value, or as far as there is one."""
    node, _ = read_source("a: [{'x/y': 1}, 2]\n", "f.yaml")
    assert node is not None

    assert str(span_at(node, "/a/0/x~1y")) == "f.yaml:1:13"
    assert str(span_at(node, "/a/1")) == "f.yaml:1:17"
    assert str(span_at(node, "/a/7/z")) == "f.yaml:1:4"


YAMLISH = st.text(alphabet="ab01 \n\t:-?[]{},&*!|>'\"%@`#.<~\\\r\x00\ufeff\u2028é\ud800", max_size=60)


@settings(max_examples=500, deadline=None)
@given(st.one_of(YAMLISH, st.binary(max_size=60)))
def test_any_text_is_read_or_refused(data: str | bytes) -> None:
    """No text at all raises: it gives a node or problems, each with a place in it."""
    node, problems = read_source(data, "f.yaml")

    assert node is not None or problems
    for scalar in scalars(node):
        scalar.locate(0, 1)


def scalars(node: Node | None) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    if isinstance(node, MapNode):
        return [
            scalar for entry in node.entries for part in (entry.key, entry.value) for scalar in scalars(part)
        ]
    return [] if node is None else [scalar for item in node.items for scalar in scalars(item)]

"""YAML that we write is read by us, and by others, as what it was."""

from __future__ import annotations

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rulewright.report.text import dump_yaml
from rulewright.source import read_source, to_plain
from rulewright.source.writing import write_yaml

# Words and numbers to one YAML or another.
ODD = st.sampled_from(
    ["1e3", "0o17", "0x1F", "+.5", "no", "on", "012", "1_000", "5:30", "2025-01-31", "~", "<<", "", " a "]
)
TEXTS = ODD | st.text("ab1.:#-é\n\"'{}[]&*!|> ", max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(VALUES)
def test_what_is_written_is_read(value: object) -> None:
    """Texts stay texts, whatever they look like."""
    node, problems = read_source(write_yaml({"x": value}).encode(), "x.yaml")

    assert problems == ()
    assert node is not None
    assert to_plain(node) == {"x": value}


def test_what_stands_twice_is_written_twice() -> None:
    """Anchors and aliases are not for readers."""
    part = {"b": [1]}

    assert write_yaml({"x": part, "a": part}) == "x:\n  b:\n  - 1\na:\n  b:\n  - 1\n"


def test_characters_that_could_steer_a_terminal_are_escaped() -> None:
    """They are read as what they were; other letters stay."""
    text = dump_yaml({"x": "a\u202eb"})

    assert text == 'x: "a\\u202Eb"\n'
    assert yaml.safe_load(text) == {"x": "a\u202eb"}
    assert dump_yaml({"x": "é"}) == "x: é\n"

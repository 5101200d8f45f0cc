"""Patterns that run on Python's own engine: the same matches as RE2, in linear time."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulewright.cel import EvaluationError
from rulewright.cel.compiler.linear import linear_pattern
from rulewright.cel.regex import matches

PIECES = [
    "a",
    "b",
    "[a-c]",
    "[^a]",
    "\\d",
    "\\w",
    "\\s",
    ".",
    "\\.",
    "-",
    "[0-9_]",
    "[\\d.]",
    " ",
    "x",
    "\\$",
    "/",
]
REPEATS = ["", "", "", "?", "*", "+", "{2}", "{1,2}", "{0,3}", "{2,}"]


@settings(max_examples=500, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(REPEATS)), max_size=5),
    st.booleans(),
    st.booleans(),
    st.lists(st.text("ab c01.-x$/_\n\t\v\x1c", max_size=8), min_size=4, max_size=4),
)
def test_the_same_texts_match(
    parts: list[tuple[str, str]], starts: bool, ends: bool, texts: list[str]
) -> None:
    """As RE2 has it, on ASCII texts."""
    pattern = ("^" if starts else "") + "".join(map("".join, parts)) + ("$" if ends else "")
    translated = linear_pattern(pattern)
    if translated is None:
        return
    search = re.compile(translated, re.ASCII).search
    for text in texts:
        assert (search(text) is not None) == matches(text, pattern), (pattern, translated, text)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.text("ab[]^$.*+?(){},|\\dws-0123", max_size=10))
def test_what_re2_refuses_is_not_taken(pattern: str) -> None:
    """Any text that is translated is a pattern of RE2's, with the same matches."""
    translated = linear_pattern(pattern)
    if translated is None:
        return
    for text in ("", "a", "ab", "a1-b", "b\n", "22"):
        assert (re.compile(translated, re.ASCII).search(text) is not None) == matches(text, pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a*)*b",
        "a|b",
        "^a*a*b",
        "^a*[ab]b",
        "a*b",
        "^\\w+\\d+$",
        "(?i)a",
        "\\bx",
        "^a{2000}",
        "[a",
        "^.*a",
        "a{65}",
        "^a?a",
        "é",
    ],
)
def test_the_rest_is_left_to_re2(pattern: str) -> None:
    """Groups, alternatives, more than one way to match, or a long row to be tried at every place."""
    assert linear_pattern(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "^[A-Z]{2}[0-9]{6}[A-Z]?$",
        "^[a-z]+[0-9]+$",
        "abc",
        "[0-9]{3}-[0-9]{4}$",
        "^\\d{4}-\\d{2}$",
        "^[^@]+@[^@]+$",
    ],
)
def test_what_people_write_is_taken(pattern: str) -> None:
    """And takes no time on a long text."""
    translated = linear_pattern(pattern)
    assert translated is not None
    search = re.compile(translated, re.ASCII).search
    began = time.perf_counter()
    for text in ("a" * 100_000, "A1" * 50_000, "a" * 50_000 + "1" * 50_000 + "!", "1-" * 50_000):
        search(text)

    assert time.perf_counter() - began < 1


def test_a_bad_pattern_is_an_error() -> None:
    """When it is met, as the tree-walker has it."""
    with pytest.raises(EvaluationError):
        matches("a", "a{2,1}")
    assert linear_pattern("a{2,1}") is None

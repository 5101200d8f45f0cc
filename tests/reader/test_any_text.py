"""Whatever a rule file holds, reading it gives rules or RuleFileError, and soon."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_cases import BASE, HERE, problems_of

from rulewright.source_text import render_problems

ORDER = (HERE / "good" / "shop" / "order.yaml").read_text()
WORDS = st.sampled_from(
    [
        "true",
        "null",
        "5",
        "-1.5",
        "[]",
        "{}",
        "''",
        "x y",
        "{a: b}",
        "[[1]]",
        "'*'",
        "!t x",
        "*a",
        "payload.x",
        "1e999",
    ]
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(BASE, name, dirs_exist_ok=True)
        yield Path(name)


def read(folder: Path, text: str) -> None:
    (folder / "shop" / "order.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
    # problems_of lets nothing but RuleFileError pass for a refusal.
    problems = problems_of(folder)
    assert render_problems(problems) or not problems


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=80))
def test_any_text(folder: Path, text: str) -> None:
    """Text at random."""
    read(folder, text)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_value_replaced(folder: Path, data: st.DataObject) -> None:
    """A good file in which one value is replaced by another kind of value."""
    lines = ORDER.split("\n")
    index = data.draw(st.integers(0, len(lines) - 1))
    colons = [at for at, character in enumerate(lines[index]) if lines[index][at : at + 2] == ": "]
    if colons:
        at = data.draw(st.sampled_from(colons))
        rest = lines[index][at + 2 :]
        end = min((rest.index(mark) for mark in ",}]" if mark in rest), default=len(rest))
        lines[index] = lines[index][: at + 2] + data.draw(WORDS) + rest[end:]

    read(folder, "\n".join(lines))


@settings(max_examples=40, deadline=None)
@given(start=st.integers(0, len(ORDER)), length=st.integers(0, 200), text=st.text(max_size=5))
def test_a_piece_cut_out(folder: Path, start: int, length: int, text: str) -> None:
    """A good file with a piece missing or overwritten."""
    read(folder, ORDER[:start] + text + ORDER[start + length :])

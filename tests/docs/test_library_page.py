"""docs/library.md: its programs run, one after the other in a folder of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from doc_blocks import DOCS, blocks_of, rows, section

import rulewright

PROGRAMS = [block.text for block in blocks_of(DOCS / "library.md") if block.kind == "python"]


def test_there_are_programs() -> None:
    """Of operations, a schema, a store that is filled, an outcome as JSON, messages, and documents."""
    assert len(PROGRAMS) == 6


def test_every_public_error_has_a_row() -> None:
    """With those that are errors of the stores behind AdapterError, of which they are a kind."""
    errors = [
        name
        for name in rulewright.__all__
        if isinstance(one := getattr(rulewright, name), type) and issubclass(one, BaseException)
    ]
    listed = [row[0].strip("`") for row in rows(section(DOCS / "library.md", "Errors"))[1:]]
    at = listed.index("AdapterError")

    assert sorted(listed) == sorted(errors)
    assert [issubclass(getattr(rulewright, one), rulewright.AdapterError) for one in listed[at:]] == [
        True
    ] * 6


@pytest.mark.parametrize("text", PROGRAMS)
def test_a_program_prints_what_its_comments_say(text: str, tmp_path: Path) -> None:
    """Each stands alone."""
    said = re.findall(r"^print\(.*\)  # (.*)$", text, re.MULTILINE)

    ran = subprocess.run(
        [sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert ran.stdout.splitlines() == said
    assert said

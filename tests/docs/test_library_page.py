"""docs/library.md: its programs run, one after the other in a folder of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from doc_blocks import DOCS, blocks_of

PROGRAMS = [block.text for block in blocks_of(DOCS / "library.md") if block.kind == "python"]


def test_there_are_programs() -> None:
    """The page shows how a store is filled, an outcome as JSON, and documents."""
    assert len(PROGRAMS) == 3


@pytest.mark.parametrize("text", PROGRAMS)
def test_a_program_prints_what_its_comments_say(text: str, tmp_path: Path) -> None:
    """Each stands alone."""
    said = re.findall(r"^print\(.*\)  # (.*)$", text, re.MULTILINE)

    ran = subprocess.run(
        [sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert ran.stdout.splitlines() == said
    assert said

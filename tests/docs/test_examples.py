"""The examples run as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

SHOWN = {
    "embed.py": ["rejected", "accepted", "in the store: household 1, headed by case 1"],
    "own_rules.py": ["rejected ['customers on account must give their purchase order']", "ORD-00001 2700"],
}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_example_runs(path: Path, tmp_path: Path) -> None:
    """Each example ends well from any folder and prints what it promises."""
    done = subprocess.run(
        [sys.executable, str(path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert done.returncode == 0
    for line in SHOWN[path.name]:
        assert line in done.stdout.splitlines()

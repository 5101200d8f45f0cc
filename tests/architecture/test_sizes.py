"""What has to be read at once is small: functions and files of the engine and of the adapters."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "engine").rglob("*.py"), *(ROOT / "adapters").rglob("*.py")])


def functions_of(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function with the number of its lines."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def test_no_file_is_over_400_lines() -> None:
    """A larger one has parts that would be easier to find in files of their own."""
    found = {path.name: lines for path in SOURCES if (lines := len(path.read_text().splitlines())) > 400}

    assert found == {}


def test_no_function_is_over_50_lines() -> None:
    """What one does can be seen without turning pages."""
    found = [(path.name, *one) for path in SOURCES for one in functions_of(path) if one[1] > 50]

    assert found == []


def test_nearly_all_functions_are_short() -> None:
    """Of a hundred, ninety-five have thirty lines at most."""
    lines = sorted(count for path in SOURCES for _, count in functions_of(path))

    assert lines[len(lines) * 95 // 100] <= 30

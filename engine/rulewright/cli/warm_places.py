"""Where the problems that a warm start tells stand in a JSON text: as inputs/documents.py says it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rulewright.inputs.json_places import find_values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rulewright.hotpath.retold import Told


def put_places(problems: Iterable[Told], file: str, text: str) -> None:
    """Note of each problem where its value stands."""
    found = find_values(text, {problem.path for problem in problems})
    # As source.SourceText has lines.
    starts = [0, *(one.end() for one in re.finditer(r"\r\n|\n|\r", text))]
    for problem in problems:
        index = found[problem.path]
        line = sum(start <= index for start in starts)
        problem.payload_at = f"{file}:{line}:{index - starts[line - 1] + 1}"

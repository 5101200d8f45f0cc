"""Reads the case files: `cases/*.yaml`, each a map of `bindings` and `cases`.

A case is an expression with `gives`, a CEL text of its value, or `error`, words of its message.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True, slots=True)
class CaseFromFile:
    """One case and the bindings of its file."""

    name: str
    expr: str
    bindings: dict[str, Any]
    gives: str | None
    error: str | None


def read_cases() -> list[CaseFromFile]:
    """Every case of every file."""
    found: list[CaseFromFile] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in document["cases"]:
            found.append(
                CaseFromFile(
                    f"{path.stem}: {case['expr']}",
                    case["expr"],
                    document.get("bindings", {}),
                    case.get("gives"),
                    case.get("error"),
                )
            )
    return found

"""The golden cases: wrong rule files beside the reports that an analyst should get."""

from __future__ import annotations

import shutil
from pathlib import Path

from rulewright.checks import load_rules
from rulewright.errors import RuleFileError
from rulewright.problem import SourceProblem

HERE = Path(__file__).parent
WRONG = HERE / "wrong"
BASE = HERE / "base"


def case_names() -> list[str]:
    """A case is a file (the order.yaml of the base) or a folder of its own files."""
    return sorted(path.stem for path in WRONG.iterdir() if path.is_dir() or path.suffix == ".yaml")


def lay_out(name: str, folder: Path) -> Path:
    """Put the files of a case where they are read from."""
    whole = WRONG / name
    if whole.is_dir():
        shutil.copytree(whole, folder, dirs_exist_ok=True)
    else:
        shutil.copytree(BASE, folder, dirs_exist_ok=True)
        shutil.copy(WRONG / f"{name}.yaml", folder / "shop" / "order.yaml")
    return folder


def problems_of(folder: Path) -> tuple[SourceProblem, ...]:
    """All problems of a folder, with their places below it."""
    try:
        return load_rules(folder, display_root="").warnings
    except RuleFileError as error:
        return error.problems

"""Where a command's rule files are, and how users are told so. Needs nothing of the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from rulewright.cli.here import from_here
from rulewright.shipped import shipped_folder

HOW_TO_NAME_YOURS: Final = "yours are named by --rules DIR or in rulewright.toml"


def rules_folder(rules: str | None) -> Path:
    """The folder of the rules, named from the current folder where it is below that."""
    return Path(from_here(shipped_folder() if rules is None else rules))


def warn_of_rules_here() -> None:
    """Say on stderr that this folder's rules were not read, but, for want of a choice, those that ship."""
    here = Path("rules")
    if any(here.glob("*/*.yaml")) and not here.samefile(shipped_folder()):
        said = f"warning: the rules that ship are read, not the folder {here} here; {HOW_TO_NAME_YOURS}"
        click.echo(said, err=True)

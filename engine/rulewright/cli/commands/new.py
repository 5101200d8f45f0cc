"""`rulewright new plugin NAME`"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Final

import click

from rulewright.cli.results import write

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
# What is made, and the template that it is made from; $name stands for the plug-in's name.
_FILES: Final = {
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "README.md.txt",
    "rulewright_${name}/__init__.py": "init.py.txt",
    "rulewright_${name}/py.typed": None,
    "tests/test_${name}.py": "test.py.txt",
}


@click.group("new")
def command() -> None:
    """Start something of your own."""


@command.command("plugin")
@click.argument("name")
@click.option("--folder", metavar="DIR", help="Where to put it (default: rulewright-NAME).")
def new_plugin(name: str, folder: str | None) -> None:
    """Write a plug-in package: a field type and a function to change into yours, with their tests.

    NAME is its name in the list of plug-ins: small letters, digits and _.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise click.UsageError(
            f"a plug-in's name is small letters, digits and _, and no word of Python's own, not {name!r}"
        )
    target = Path(folder if folder is not None else f"rulewright-{name.replace('_', '-')}")
    if target.exists():
        raise click.UsageError(f"{target} is there already; name another place with --folder")
    for file, text in _written(name):
        path = target / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    write(f"{target}: a plug-in that passes its own tests\n")
    write(f"next: cd {target}, pip install -e '.[test]', python -m pytest, rulewright plugins\n")


def _written(name: str) -> Iterator[tuple[str, str]]:
    names = {"name": name, "dashed": name.replace("_", "-")}
    templates = Path(__file__).parents[2] / "templates" / "plugin"
    for file, template in _FILES.items():
        text = (templates / template).read_text(encoding="utf-8") if template is not None else ""
        yield Template(file).substitute(names), Template(text).substitute(names)

"""Which scenario files a path stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rulewright.errors import ConfigurationError

ENDING = ".test.yaml"
_START = re.compile(rb"(#.*\n|\s)*rulewright:")


def find_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the scenario files of folders (all below that end in .test.yaml) and files, each once.

    Raises ConfigurationError for a path that does not exist or a folder without any.
    """
    found: dict[Path, None] = {}
    for path in paths:
        found.update(dict.fromkeys(_files(path)))
    return tuple(found)


def rules_beside(files: Iterable[Path]) -> Path | None:
    """Return the folder of rules that scenario files stand in, each beside its rule file; None: in none.

    Raises ConfigurationError where they stand in several.
    """
    roots = {file.resolve().parent.parent for file in files if _is_beside_its_rules(file)}
    if len(roots) > 1:
        named = ", ".join(sorted(map(str, roots)))
        raise ConfigurationError(
            f"these scenarios stand in several folders of rules ({named}): name one by --rules"
        )
    return roots.pop() if roots else None


def _is_beside_its_rules(file: Path) -> bool:
    """Is there a rule file of the scenario file's name, for the resource that folder and file name?"""
    name = file.name.removesuffix(ENDING)
    rules = file.with_name(f"{name}.yaml")
    if name == file.name or not rules.is_file():
        return False
    resource = re.escape(f"{file.resolve().parent.name}/{name}")
    text = rules.read_bytes().decode(errors="replace")
    return re.search(rf"^resource:\s*['\"]?{resource}\b", text, re.MULTILINE) is not None


def _is_rule_file(file: Path) -> bool:
    """Does it begin as rule files do? What can't be read is told of by whoever reads it."""
    try:
        with file.open("rb") as opened:
            return _START.match(opened.read(4096)) is not None
    except OSError:
        return False


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        if not path.name.endswith(ENDING) and _is_rule_file(path):
            hint = f"scenarios are in files that end in {ENDING}"
            raise ConfigurationError(f"{path}: this is a rule file, which rulewright check reads; {hint}")
        yield path
        return
    if not path.is_dir():
        raise ConfigurationError(f"{path}: there is no such file or folder")
    files = sorted(file for file in path.rglob(f"*{ENDING}") if file.is_file())
    if not files:
        raise ConfigurationError(f"{path}: there are no scenario files here (they end in {ENDING})")
    yield from files

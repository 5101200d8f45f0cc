"""Which scenario files a path stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rulewright.errors import ConfigurationError

ENDING = ".test.yaml"
_RESOURCE = re.compile(r"^resource:\s*['\"]?(\w+/\w+)\b", re.MULTILINE)
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
    """Is the rule file of the resource that the scenarios are about in their folder, which its API names?"""
    api, _, name = _resource_of(file).partition("/")
    rules = file.with_name(f"{name}.yaml")
    return api == file.resolve().parent.name and rules.is_file() and _resource_of(rules) == f"{api}/{name}"


def _resource_of(file: Path) -> str:
    """What a file says is its `resource`; "" where it says nothing that is one."""
    try:
        found = _RESOURCE.search(file.read_bytes().decode(errors="replace"))
    except OSError:
        return ""
    return found[1] if found is not None else ""


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

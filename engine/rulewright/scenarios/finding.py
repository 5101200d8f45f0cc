"""Which scenario files a path stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from rulewright.errors import ConfigurationError

ENDING = ".test.yaml"


def find_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the scenario files of folders (all below that end in .test.yaml) and files, each once.

    Raises ConfigurationError for a path that does not exist or a folder without any.
    """
    found: dict[Path, None] = {}
    for path in paths:
        found.update(dict.fromkeys(_files(path)))
    return tuple(found)


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise ConfigurationError(f"{path}: there is no such file or folder")
    files = sorted(file for file in path.rglob(f"*{ENDING}") if file.is_file())
    if not files:
        raise ConfigurationError(f"{path}: there are no scenario files here (they end in {ENDING})")
    yield from files

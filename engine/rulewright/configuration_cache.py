"""What configuration files said when they were last read: reading TOML takes as long as a short command.

Keyed by the path and the bytes of the file and by the code that reads it: never out of date, only unused.
"""

from __future__ import annotations

import marshal
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from rulewright.fingerprint import text_key
from rulewright.private_cache import cache_folder, is_kept, read_kept, write_kept

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypedDict

    class Kept(TypedDict):
        """The parts of a Configuration that a decision depends on."""

        options: dict[str, Any]
        settings: dict[str, dict[str, Any]]
        audit: bool
        # Whether it names plug-ins.
        plugins: bool


_ENDING: Final = ".configuration"
_KEPT: Final = 16
_CODE: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "configuration.py")


class UnknownError(Exception):
    """A configuration file must be read first."""


def kept_configuration(start: str) -> Kept:
    """As `find_configuration`, by what was kept. Raises UnknownError where that is not known."""
    for path in _candidates(start):
        found = _read(path)
        if found is not None:
            return found
    return {"options": {}, "settings": {}, "audit": True, "plugins": False}


def _candidates(start: str) -> Iterator[str]:
    """The configuration files from a folder upwards."""
    folder = start
    while True:
        for name in ("rulewright.toml", "pyproject.toml"):
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                yield path
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


def _read(path: str) -> Kept | None:
    """What a file says; None if it is no configuration of ours."""
    with open(path, "rb") as file:
        name = _name(path, file.read())
    folder = cache_folder()
    data = read_kept(folder, name) if folder is not None else None
    if data is None:
        raise UnknownError
    kept: Kept | None = marshal.loads(data)  # noqa: S302 - sealed: private_cache says by whom it was written
    return kept


def keep_configuration(path: str, data: bytes, said: Kept | None) -> None:
    """Keep what a file says, or that it says nothing about Rulewright."""
    folder = cache_folder()
    if folder is None:
        return
    # TOML has dates, which are not kept; a folder that can't be written keeps nothing.
    with suppress(ValueError, OSError):
        name = _name(path, data)
        if not is_kept(folder, name):
            write_kept(folder, name, marshal.dumps(cast(Any, said)), most=_KEPT)


def _name(path: str, data: bytes) -> str:
    state = os.stat(_CODE)
    code = f"{_CODE}\n{state.st_mtime_ns}\n{state.st_size}".encode("utf-8", "surrogateescape")
    return text_key(code, os.fsencode(path), data) + _ENDING

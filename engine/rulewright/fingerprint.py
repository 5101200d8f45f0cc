"""What tells one state of rule files, and of the code that works on them, from every other: a sha256."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from rulewright.misplaced import misplaced_files

if TYPE_CHECKING:
    from collections.abc import Iterator


def rules_key(path: str | os.PathLike[str], display_root: str | None, *more: str) -> str | None:
    """The digest of everything that reading and compiling depends on; None if it can't be told.

    That is the names and bytes of the rule files, the engine's code, the version of Python, and `more`.
    """
    digest = new_sha256()
    named = os.fspath(path)
    try:
        # Positions name the files as they were named here.
        digest.update(_text(repr((named, display_root, os.path.realpath(named), sys.version, more))))
        digest.update(_text(_code_state()))
        for file in _rule_files(named if os.path.isdir(named) else os.path.dirname(named) or "."):
            with open(file, "rb") as opened:
                data = opened.read()
            name = _text(file)
            digest.update(b"%d %d\n" % (len(name), len(data)) + name + data)
    except (OSError, ValueError):
        return None
    return str(digest.hexdigest())


def text_key(*parts: bytes) -> str:
    """The digest of some texts and of the version of Python."""
    digest = new_sha256()
    for part in (*parts, _text(sys.version)):
        digest.update(b"%d\n" % len(part) + part)
    return str(digest.hexdigest())


def new_sha256() -> Any:
    """As `hashlib.sha256`, which would load OpenSSL: that takes longer than all that is digested here."""
    for module in ("_sha2", "_sha256", "hashlib"):
        with suppress(ImportError):
            return import_module(module).sha256()
    raise ImportError("this Python has no sha256")


def _text(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _code_state() -> str:
    """Every module of the engine with the time of its last change and its size."""
    return "".join(_modules_below(os.path.dirname(os.path.abspath(__file__))))


def _modules_below(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.endswith(".py"):
                found = entry.stat()
                yield f"{entry.path}\n{found.st_mtime_ns}\n{found.st_size}\n"
            elif "." not in entry.name and entry.name not in ("__pycache__", "rules") and entry.is_dir():
                yield from _modules_below(entry.path)


def entry_points_state() -> str:
    """What is installed, and the lists of entry points with the time of their last change and their size.

    A plug-in that is installed or taken away changes it, and so does another version of any library.
    """
    return "".join(_entry_points())


def _entry_points() -> Iterator[str]:
    for place in dict.fromkeys(sys.path):
        with suppress(OSError), os.scandir(place or ".") as entries:
            found = sorted(one.path for one in entries if one.name.endswith((".dist-info", ".egg-info")))
            # Their names end with versions.
            yield from found
            for folder in found:
                with suppress(OSError):
                    state = os.stat(os.path.join(folder, "entry_points.txt"))
                    yield f"{folder}\n{state.st_mtime_ns}\n{state.st_size}\n"


def _rule_files(folder: str) -> Iterator[str]:
    """Every file that reading a folder may take in, or tell of: its YAML files, and those one level below."""
    yield from _files_of(folder)
    with os.scandir(folder) as entries:
        below = sorted(entry.path for entry in entries if entry.is_dir())
    for path in below:
        yield from _files_of(path)


def _files_of(folder: str) -> Iterator[str]:
    """The YAML files of a folder; if it has any, also the rule files below it, where none is read."""
    with os.scandir(folder) as entries:
        found = sorted(entry.path for entry in entries if _is_yaml(entry))
    yield from found
    if found:
        yield from (os.path.join(folder, path) for path in misplaced_files(folder))


def _is_yaml(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    return name.endswith((".yaml", ".yml")) and not name.endswith(".test.yaml") and entry.is_file()

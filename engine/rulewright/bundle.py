"""Rule files that were read and checked before, kept in the user's cache folder.

Reading and checking the rules is most of what a short command does, and gives the same every time. What
is kept is keyed by the bytes and names of the rule files, the code that reads and checks them, and the
version of Python; so it is never out of date, only unused. Rules with errors are never kept.

Kept as a pickle, which shares repeated parts and loads at C speed, but read by an unpickler that knows
no callable except the frozen data classes of the model: a forged file can at worst be wrong data. To
forge one takes the user's own rights: folder and file must belong to the user and be closed to others,
and a digest keeps torn files out. Writers put a whole file in place by rename.

RULEWRIGHT_CACHE names another folder, or is "off". Whatever goes wrong here, the rule files are read.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import is_dataclass
from pathlib import Path
from typing import Final

from rulewright.model import RuleSet

_VARIABLE: Final = "RULEWRIGHT_CACHE"
_ENDING: Final = ".rules"
# One for each state of the rules that was used of late; an edit makes a new one.
_KEPT: Final = 16
_LARGEST: Final = 64 * 1024 * 1024
# The code that the content of a file depends on.
_READING: Final = ("bundle", "cel", "checks", "errors", "fieldtypes", "model", "problem", "reader", "source")
_DATA: Final = ("rulewright.model", "rulewright.problem", "rulewright.source")


def load_rules_once(path: str | os.PathLike[str], *, display_root: str | None = None) -> RuleSet:
    """As `checks.load_rules`, but without reading and checking again what was sound before.

    Raises RuleFileError with all problems.
    """
    folder = cache_folder()
    key = _key_of(Path(path), display_root) if folder is not None else None
    if folder is not None and key is not None:
        kept = _read(folder, key)
        if kept is not None:
            return kept
    # Half of the start-up of a command is importing what reads and checks rules.
    from rulewright.checks import load_rules  # noqa: PLC0415

    rules = load_rules(Path(path), display_root=display_root).rules
    # Files may have changed while they were read.
    if folder is not None and key is not None and key == _key_of(Path(path), display_root):
        with suppress(OSError, pickle.PicklingError, RecursionError):
            _write(folder, key, rules)
    return rules


def cache_folder() -> Path | None:
    """The folder that rules are kept in; None if nothing is to be kept."""
    named = os.environ.get(_VARIABLE)
    if named is not None:
        return Path(named) if named not in ("", "off") else None
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "rulewright" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "rulewright"
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    # The standard: a path that is not absolute is to be ignored.
    return (Path(chosen) if os.path.isabs(chosen) else home / ".cache") / "rulewright"


def _key_of(path: Path, display_root: str | None) -> str | None:
    """The digest of everything that reading depends on; None if it can't be told."""
    try:
        # Positions name the files as they were named here.
        names = repr((os.fspath(path), display_root, os.path.realpath(path), sys.version))
        digest = hashlib.sha256(names.encode("utf-8", "surrogateescape"))
        for code in _code_files():
            found = code.stat()
            digest.update(
                f"{code}\n{found.st_mtime_ns}\n{found.st_size}\n".encode("utf-8", "surrogateescape")
            )
        for file in _rule_files(path if path.is_dir() else path.parent):
            data = file.read_bytes()
            name = os.fspath(file).encode("utf-8", "surrogateescape")
            digest.update(b"%d %d\n" % (len(name), len(data)) + name + data)
    except (OSError, ValueError):
        return None
    return digest.hexdigest()


def _code_files() -> Iterator[Path]:
    root = Path(__file__).parent
    for name in _READING:
        place = root / name
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]


def _rule_files(folder: Path) -> Iterator[Path]:
    """Every file that reading a folder may take in: its YAML files, and those one level below."""
    for place in (folder, *sorted(each for each in folder.iterdir() if each.is_dir())):
        for file in sorted(place.iterdir()):
            if file.suffix in (".yaml", ".yml") and not file.name.endswith(".test.yaml") and file.is_file():
                yield file


class _DataUnpickler(pickle.Unpickler):
    """Makes nothing but the model's own data."""

    def find_class(self, module: str, name: str) -> type:
        """The class of a part of a rule file; anything else is refused."""
        if module.startswith(_DATA) and "." not in name and module in sys.modules:
            found = getattr(sys.modules[module], name, None)
            is_data = is_dataclass(found) or name == "SourceText"
            if is_data and isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a rule file")


def _read(folder: Path, key: str) -> RuleSet | None:
    try:
        if not _is_private(os.stat(folder), stat.S_ISDIR):
            return None
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(folder / f"{key}{_ENDING}", flags | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not _is_private(found, stat.S_ISREG) or found.st_size > _LARGEST:
                return None
            data = file.read()
        if _sealed(key, data[32:]) != data:
            return None
        rules = _DataUnpickler(io.BytesIO(data[32:])).load()
    except Exception:  # a forged or foreign pickle may raise anything; the rule files are there to be read
        return None
    return rules if isinstance(rules, RuleSet) else None


def _is_private(found: os.stat_result, kind: Callable[[int], bool]) -> bool:
    """Whether a file is of this kind, belongs to the user, and nobody else may write or read it."""
    if not kind(found.st_mode):
        return False
    if not hasattr(os, "geteuid"):
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _sealed(key: str, body: bytes) -> bytes:
    return hashlib.sha256(key.encode() + body).digest() + body


def _write(folder: Path, key: str, rules: RuleSet) -> None:
    import tempfile  # noqa: PLC0415 - once for each change of the rules

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_private(os.stat(folder), stat.S_ISDIR):
        return
    # mkstemp makes it readable by nobody else.
    descriptor, made = tempfile.mkstemp(dir=folder, suffix=".new")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_sealed(key, pickle.dumps(rules, protocol=5)))
        os.replace(made, folder / f"{key}{_ENDING}")
    except BaseException:
        with suppress(OSError):
            os.unlink(made)
        raise
    _forget_old(folder)


def _forget_old(folder: Path) -> None:
    kept = sorted(folder.glob(f"*{_ENDING}"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in kept[_KEPT:]:
        with suppress(OSError):
            file.unlink()

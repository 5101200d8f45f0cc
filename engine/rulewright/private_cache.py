"""Files in the user's cache folder that nobody else could have written: read whole, or not at all.

Whoever may forge one has the user's own rights already: folder and file must belong to the user and be closed
to others, links are not followed, and each file is sealed with a secret of this folder, so that one that was
torn, altered, renamed or brought from elsewhere is not read. Writers put a whole file in place by rename.

RULEWRIGHT_CACHE names another folder, or is "off". Whatever goes wrong here, there is merely nothing kept.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_VARIABLE: Final = "RULEWRIGHT_CACHE"
_SECRET: Final = "secret"  # noqa: S105 - the name of a file
_SECRET_LENGTH: Final = 32
_SEAL_LENGTH: Final = 32
_LARGEST: Final = 64 * 1024 * 1024


def cache_folder() -> str | None:
    """The folder that files are kept in; None if nothing is to be kept."""
    named = os.environ.get(_VARIABLE)
    if named is not None:
        return named if named not in ("", "off") else None
    home = os.path.expanduser("~")
    if not os.path.isabs(home):
        return None
    if sys.platform == "win32":
        return os.path.join(
            os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local"), "rulewright", "Cache"
        )
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches", "rulewright")
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    # The standard: a path that is not absolute is to be ignored.
    return os.path.join(chosen if os.path.isabs(chosen) else os.path.join(home, ".cache"), "rulewright")


def is_guarded() -> bool:
    """Whether this system tells whose a file is. Only then is code kept, which whoever reads it runs."""
    return hasattr(os, "geteuid")


def is_kept(folder: str, name: str) -> bool:
    """Whether a file of this name is there, sound or not."""
    return os.path.lexists(os.path.join(folder, name))


def read_kept(folder: str, name: str) -> bytes | None:
    """What was written under `name`; None where nothing was, or where it might be another's work."""
    try:
        if not _is_private(os.stat(folder), stat.S_ISDIR):
            return None
        secret = _read_private(os.path.join(folder, _SECRET))
        data = _read_private(os.path.join(folder, name))
    except (OSError, ValueError):
        return None
    if secret is None or len(secret) != _SECRET_LENGTH or data is None:
        return None
    body = data[_SEAL_LENGTH:]
    # Compared as a whole and locally: nobody can time it from outside.
    return body if data[:_SEAL_LENGTH] == _seal(secret, name, body) else None


def write_kept(folder: str, name: str, body: bytes, *, most: int) -> None:
    """Keep `body` under `name`, and of the files with this ending only the `most` newest. Raises OSError."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if not _is_private(os.stat(folder), stat.S_ISDIR):
        return
    secret = _secret_of(folder)
    if secret is not None:
        _put(folder, name, _seal(secret, name, body) + body)
        _forget_old(folder, os.path.splitext(name)[1], most)


def _secret_of(folder: str) -> bytes | None:
    """The folder's secret, made by whoever comes first."""
    place = os.path.join(folder, _SECRET)
    if not os.path.lexists(place):
        made = _write_aside(folder, os.urandom(_SECRET_LENGTH))
        try:
            # Unlike a rename this leaves another's alone, who was quicker; both are whole files.
            with suppress(FileExistsError):
                os.link(made, place)
        finally:
            os.unlink(made)
    secret = _read_private(place)
    return secret if secret is not None and len(secret) == _SECRET_LENGTH else None


def _seal(secret: bytes, name: str, body: bytes) -> bytes:
    # hashlib would load OpenSSL, which takes longer than reading all that is kept.
    try:
        blake2b: Any = import_module("_blake2").blake2b
    except ImportError:
        blake2b = import_module("hashlib").blake2b
    named = name.encode("utf-8", "surrogateescape") + b"\0"
    sealed: bytes = blake2b(named + body, key=secret, digest_size=_SEAL_LENGTH).digest()
    return sealed


def _read_private(path: str) -> bytes | None:
    """A file of the user's own that is closed to others. Raises OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    # A named pipe that nobody writes to would keep a plain open waiting for ever.
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not _is_private(found, stat.S_ISREG) or found.st_size > _LARGEST:
            return None
        return file.read()


def _is_private(found: os.stat_result, kind: Callable[[int], bool]) -> bool:
    """Whether a file is of this kind, belongs to the user, and nobody else may write or read it."""
    if not kind(found.st_mode):
        return False
    if not is_guarded():
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _put(folder: str, name: str, data: bytes) -> None:
    made = _write_aside(folder, data)
    try:
        os.replace(made, os.path.join(folder, name))
    except BaseException:
        with suppress(OSError):
            os.unlink(made)
        raise


def _write_aside(folder: str, data: bytes) -> str:
    """Write a new file, which only the user may read; return its path."""
    import tempfile  # noqa: PLC0415 - once for each change of the rules

    descriptor, made = tempfile.mkstemp(dir=folder, suffix=".new")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except BaseException:
        with suppress(OSError):
            os.unlink(made)
        raise
    return made


def _forget_old(folder: str, ending: str, most: int) -> None:
    found: list[tuple[int, str]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(ending):
                with suppress(OSError):
                    found.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path))
    for _, path in sorted(found, reverse=True)[most:]:
        with suppress(OSError):
            os.unlink(path)

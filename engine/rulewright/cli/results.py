"""Results go to stdout as UTF-8, whatever the locale says; what plug-ins print does not.

Needs nothing that takes its time.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class _Aside(io.TextIOBase):
    """What `print` writes to while a command runs: stderr, which a plug-in can't close by it."""

    @property
    def buffer(self) -> io.BufferedIOBase:
        """Where bytes go."""
        return sys.stderr.buffer  # type: ignore[return-value]

    def write(self, text: str) -> int:
        """Write it to stderr."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Let stderr do it."""
        sys.stderr.flush()

    def isatty(self) -> bool:
        """Whether stderr is a terminal."""
        return sys.stderr.isatty()

    def close(self) -> None:
        """Nobody's to close."""


# What stdout was when the command began, while one runs.
_kept: list[TextIO] = []


@contextmanager
def keeping_results_apart() -> Iterator[None]:
    """Let what is printed in the block go to stderr, and results to stdout, whoever closes sys.stdout."""
    before = sys.stdout
    _kept.append(before)
    print_aside()
    try:
        yield
    finally:
        _kept.pop()
        sys.stdout = before


def print_aside() -> None:
    """Let what is printed go to stderr from now on."""
    sys.stdout = _Aside()


def stdout() -> TextIO:
    """Where results go."""
    return _kept[-1] if _kept else sys.stdout


def write(text: str) -> None:
    """Write all of it. Raises OSError.

    Where PYTHONUNBUFFERED is set, nobody else goes on after a part that was taken; that the disk is full, or
    the pipe was closed, only the next write says.
    """
    rest = memoryview(text.encode("utf-8", "backslashreplace"))
    while rest:
        taken = stdout().buffer.write(rest)
        if taken is None:
            raise BlockingIOError("stdout takes nothing at the moment")
        rest = rest[taken:]

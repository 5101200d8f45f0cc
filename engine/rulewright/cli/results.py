"""Results go to stdout as UTF-8, whatever the locale says. Needs nothing that takes its time."""

from __future__ import annotations

import sys


def write(text: str) -> None:
    """Write all of it. Raises OSError.

    Where PYTHONUNBUFFERED is set, nobody else goes on after a part that was taken; that the disk is full, or
    the pipe was closed, only the next write says.
    """
    rest = memoryview(text.encode("utf-8", "backslashreplace"))
    while rest:
        taken = sys.stdout.buffer.write(rest)
        if taken is None:
            raise BlockingIOError("stdout takes nothing at the moment")
        rest = rest[taken:]

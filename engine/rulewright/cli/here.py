"""How paths are named: from the folder that a command is called in. Needs nothing that takes its time."""

from __future__ import annotations

import os


def from_here(path: str) -> str:
    """A path from the current folder where it is below that, as a configuration file names it in full."""
    here = os.getcwd()
    if path == here:
        return "."
    start = os.path.join(here, "")
    # What is left of a path with two slashes would be another, absolute one.
    return (path.removeprefix(start).lstrip(os.sep) or ".") if path.startswith(start) else path


def place_of(path: str | os.PathLike[str]) -> str:
    """A file's absolute path as text that a store keeps: bytes of a name that are no UTF-8 are escaped."""
    return storable(os.path.realpath(path))


def storable(text: str) -> str:
    """A text from the command line as one that a store keeps."""
    return text.encode("utf-8", "backslashreplace").decode()

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

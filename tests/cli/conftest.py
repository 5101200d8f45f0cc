"""Each test works in a folder of its own, and runs the command there."""

from workplace import run, workplace, write

__all__ = ["run", "workplace", "write"]

"""Files are read by the command, too, in a folder of each test's own."""

from workplace import run, workplace, write

__all__ = ["run", "workplace", "write"]

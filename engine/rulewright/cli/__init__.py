"""The command `rulewright`. What it needs beyond click is imported when a command runs.

Nor is click imported here: a payload that earlier runs prepared for is decided without it (warm_start.py).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rulewright.cli.command_line import main

__all__ = ["main"]


def __getattr__(name: str) -> object:
    """Import the group of all commands when it is first asked for."""
    if name != "main":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from rulewright.cli.command_line import main  # noqa: PLC0415

    globals()["main"] = main
    return main

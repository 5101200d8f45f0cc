"""The command `rulewright`. What it needs beyond click is imported when a command runs."""

from rulewright.cli.command_line import main

__all__ = ["main"]

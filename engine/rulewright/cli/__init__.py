"""The command `rulewright`: what it takes from the command line, and how it writes what the engine says.

`command_line` is the group of all commands. Each command is a module of `commands`, which imports what it
needs beyond click when it runs; nor is click imported here, for a payload that earlier runs prepared for is
decided without it (`warm_start`). A module imports only from those that stand before it in this list:

  here, results, endings       paths as they are named, writing to stdout, and how a command ends
  configured, variables        what is configured, in a file and in the environment
  options                      the options that several commands share
  resource_name, ages          the argument RESOURCE, and ages as options take them
  output, folders              the chosen report, and where the rule files are
  desk                         what payloads are decided with: rules, caller, records
  splitting                    the files of --accepted and --rejected
  deciding                     `validate`, `plan`, `explain`
  applying                     `apply`, `fire`, `transitions`, `tick`
  rule_files                   `check`, `test`, `export rule-schema`
  outbox                       `outbox`, `forward`
  history                      `history`, `replay`, `prune`
  warm_start                   `validate` with what earlier runs kept
  commands                     one module for each command
  lazy_group, command_line     the group of all commands
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

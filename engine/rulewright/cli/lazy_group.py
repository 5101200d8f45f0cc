"""A click group whose commands are imported when they run, so that `--help` stays fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import click

from rulewright.cli.failures import failing_well

HELP_ASKED: Final = "rulewright.help_asked"


@dataclass(frozen=True, slots=True)
class Row:
    """One command: the module that holds it as `command`, and its line in the list of commands."""

    module: str
    summary: str


class LazyGroup(click.Group):
    """Knows its commands by name and summary; imports one only to run it."""

    def __init__(self, *args: Any, rows: Mapping[str, Row], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note whether help is all that is wanted: it must not fail over a configuration."""
        ctx.meta[HELP_ASKED] = any(word in ("-h", "--help") for word in args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands that are there, in the order of the table."""
        return [name for name, row in self.rows.items() if find_spec(row.module) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        row = self.rows.get(cmd_name)
        if row is None or find_spec(row.module) is None:
            return None
        command = import_module(row.module).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one may be a slip of the pen."""
        known = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in known:
            near = get_close_matches(args[0], known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            raise click.UsageError(f"there is no command {args[0]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.rows[name].summary) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; whatever goes wrong ends with a message and an exit status."""
        with failing_well(ctx):
            return super().invoke(ctx)

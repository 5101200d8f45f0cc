"""`rulewright test`: run scenario files."""

from __future__ import annotations

from pathlib import Path

import click

from rulewright.cli.options import VariableOption, format_option
from rulewright.cli.results import stdout
from rulewright.cli.rule_files.scenario_run import Wishes, run_once
from rulewright.cli.rule_files.watching import watch as watch_files


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option(
    "--rules",
    metavar="DIR",
    envvar="RULEWRIGHT_RULES",
    type=click.Path(path_type=Path),
    help="The rule files (default: those that ship).",
)
@click.option(
    "-k",
    "words",
    metavar="EXPR",
    help="Only scenarios whose file, resource or name has these words; and, or, not, ( ).",
)
@format_option()
@click.option(
    "--color",
    cls=VariableOption,
    envvar="RULEWRIGHT_COLOR",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
)
@click.option(
    "--coverage",
    is_flag=True,
    help="Say of each condition how often it was true, false, and read what was absent.",
)
@click.option(
    "--mutate",
    is_flag=True,
    help="Spoil each condition of the rules in turn; say which no scenario notices.",
)
@click.option(
    "--threshold",
    metavar="N",
    type=click.FloatRange(0, 100),
    help="Fail below N percent of coverage (of the score, with --mutate alone).",
)
@click.option("--watch", is_flag=True, help="Run again whenever a rule or scenario file changes.")
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[Path, ...],
    rules: Path | None,
    words: str | None,
    format: str | None,
    color: str,
    coverage: bool,
    mutate: bool,
    threshold: float | None,
    watch: bool,
) -> None:
    """Run scenario files, or all *.test.yaml of folders (default: those of the rules folder).

    Without --rules, scenarios that stand beside their rule file are run on the rules there.

    Exit status: 0 all passed; 1 some failed, or less than --threshold is proved; 2 wrong usage, or
    mistakes in rule or scenario files.
    """
    wishes = Wishes(
        paths=paths,
        rules=rules,
        words=words,
        form=format or ("pretty" if stdout().isatty() else "text"),
        color=color,
        coverage=coverage or (threshold is not None and not mutate),
        mutate=mutate,
        threshold=threshold,
    )
    if watch:
        context.exit(watch_files(lambda: run_once(wishes), lambda: wishes.watched))
    context.exit(run_once(wishes))

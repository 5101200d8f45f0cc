"""`rulewright test`: run scenario files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from rulewright.errors import ConfigurationError
from rulewright.program import Program, load, shipped_rules
from rulewright.report.source_text import render_problems
from rulewright.report.text import dump_json
from rulewright.scenarios import Report, Runner, Selection, find_files, parse_selection, read_file
from rulewright.scenarios.junit import render_junit
from rulewright.scenarios.plain import report_data, result_data
from rulewright.scenarios.pretty import render
from rulewright_adapters.memory import MemoryStore


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
@click.option(
    "--format",
    envvar="RULEWRIGHT_FORMAT",
    type=click.Choice(["pretty", "text", "json", "jsonl", "junit"]),
    help="Default: pretty on a terminal, else text.",
)
@click.option(
    "--color",
    envvar="RULEWRIGHT_COLOR",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
)
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[Path, ...],
    rules: Path | None,
    words: str | None,
    format: str | None,
    color: str,
) -> None:
    """Run scenario files, or all *.test.yaml of folders (default: those of the rules folder).

    Exit status: 0 all passed; 1 some failed; 2 wrong usage, or mistakes in rule or scenario files.
    """
    folder = _near(shipped_rules() if rules is None else rules)
    try:
        chosen = parse_selection(words) if words is not None else None
        files = find_files(paths or (folder.parent if folder.is_file() else folder,))
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from None
    report = run_files(load(folder), files, chosen)
    if chosen is not None and not report.results and report.sound:
        raise click.UsageError(f"no scenario matches -k {words!r}")
    _write(report, format or ("pretty" if sys.stdout.isatty() else "text"), color)
    context.exit(2 if not report.sound else 1 if report.failed else 0)


def run_files(program: Program, files: Iterable[Path], chosen: Selection | None = None) -> Report:
    """Read and run scenario files; `chosen` picks the scenarios, by default all."""
    read = [read_file(file, program.compiled) for file in files]
    scenarios = (one for file in read for one in file.scenarios)
    wanted = scenarios if chosen is None else filter(chosen, scenarios)
    return Report(
        results=tuple(Runner(program, MemoryStore).run_all(wanted)),
        problems=tuple(problem for file in read for problem in file.problems),
        not_run=sum(file.not_run for file in read),
    )


def _near(path: Path) -> Path:
    """A path as seen from here, where it is below: shorter to read, and to click on."""
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path


def _write(report: Report, form: str, color: str) -> None:
    """Results go to standard output; beside a format for machines, the summary goes to standard error."""
    automatic = form == "pretty" and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    coloured = color == "always" or (color == "auto" and automatic)
    for line in _lines(report, form, coloured=coloured):
        # `color`: click would take colours out again wherever standard output is no terminal.
        click.echo(line, color=coloured)
    if form == "jsonl":
        click.echo(render_problems(report.problems), err=True, nl=False)
    if form in ("json", "jsonl", "junit"):
        click.echo(report.summary, err=True)


def _lines(report: Report, form: str, *, coloured: bool) -> Iterator[str]:
    match form:
        case "json":
            yield dump_json(report_data(report))
        case "jsonl":
            yield from (dump_json(result_data(result)) for result in report.results)
        case "junit":
            yield render_junit(report)
        case _:
            yield from render(report, colour=coloured)

"""`rulewright test`: run scenario files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from rulewright.errors import ConfigurationError, RuleFileError
from rulewright.problem import SourceProblem
from rulewright.program import Program, load, shipped_rules
from rulewright.scenarios import Report, Runner, Selection, find_files, parse_selection, read_file
from rulewright.scenarios.junit import render_junit
from rulewright.scenarios.plain import report_data, result_data
from rulewright.scenarios.pretty import render, render_problems
from rulewright_adapters.memory import MemoryStore


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option(
    "--rules", type=click.Path(path_type=Path), help="The rules folder; default: the shipped rules."
)
@click.option(
    "-k",
    "selection",
    metavar="EXPR",
    help="Only scenarios whose file, resource or name has these words; and, or, not, ( ).",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["pretty", "json", "jsonl", "junit"]),
    default="pretty",
    show_default=True,
    help="How results are written to standard output.",
)
@click.pass_context
def command(
    context: click.Context, paths: tuple[Path, ...], rules: Path | None, selection: str | None, form: str
) -> None:
    """Run scenario files, or all *.test.yaml of folders; default: those of the rules folder.

    Exit code 0: all passed; 1: some failed; 2: wrong usage, or mistakes in rule or scenario files.
    """
    folder = shipped_rules() if rules is None else rules
    try:
        chosen = parse_selection(selection) if selection is not None else None
        files = find_files(paths or (_near(folder),))
        program = load(_near(folder))
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from None
    except RuleFileError as error:
        _write_problems(error.problems)
        context.exit(2)
    report = run_files(program, files, chosen)
    if selection is not None and not report.results and report.sound:
        raise click.UsageError(f"no scenario matches -k {selection!r}")
    _write(report, form)
    context.exit(2 if not report.sound else 1 if report.failed else 0)


def run_files(program: Program, files: Iterable[Path], chosen: Selection | None = None) -> Report:
    """Read and run scenario files; `chosen` picks the scenarios, default: all."""
    read = [read_file(file, program.compiled) for file in files]
    runner = Runner(program, MemoryStore)
    return Report(
        results=tuple(
            runner.run_all(one for file in read for one in file.scenarios if chosen is None or chosen(one))
        ),
        problems=tuple(problem for file in read for problem in file.problems),
        not_run=sum(file.not_run for file in read),
    )


def _near(path: Path) -> Path:
    """A path as seen from here, where it is below: shorter to read, and to click on."""
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path


def _write(report: Report, form: str) -> None:
    """Results go to standard output; beside a format for machines, the summary goes to standard error."""
    for line in _lines(report, form):
        click.echo(line)
    if form != "pretty":
        if form == "jsonl":
            _write_problems(report.problems)
        click.echo(report.summary, err=True)


def _lines(report: Report, form: str) -> Iterator[str]:
    match form:
        case "json":
            yield json.dumps(report_data(report), ensure_ascii=False, default=str)
        case "jsonl":
            for result in report.results:
                yield json.dumps(result_data(result), ensure_ascii=False, default=str)
        case "junit":
            yield render_junit(report)
        case _:
            yield from render(report, colour=_coloured(sys.stdout.isatty()))


def _write_problems(problems: Iterable[SourceProblem]) -> None:
    for line in render_problems(problems, colour=_coloured(sys.stderr.isatty())):
        click.echo(line, err=True)


def _coloured(is_terminal: bool) -> bool:
    return is_terminal and not os.environ.get("NO_COLOR")

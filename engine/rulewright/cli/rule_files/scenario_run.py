"""One run of `rulewright test`: scenarios, and on request how thoroughly they prove the rules."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import click
from msgspec import Struct

from rulewright.cli.configured import configuration_here
from rulewright.cli.folders import warn_of_rules_here
from rulewright.cli.options import OutputChoices
from rulewright.cli.output import in_color
from rulewright.cli.results import stdout, write
from rulewright.errors import ConfigurationError
from rulewright.program import Program, load, shipped_rules
from rulewright.report.github import github_line
from rulewright.report.sarif import sarif_document
from rulewright.report.text import dump_json
from rulewright.scenarios import (
    Report,
    Runner,
    Scenario,
    Selection,
    find_files,
    parse_selection,
    read_file,
    rules_beside,
)
from rulewright.scenarios.coverage import Coverage, Watch, measure_coverage
from rulewright.scenarios.findings import report_findings
from rulewright.scenarios.junit import render_junit
from rulewright.scenarios.mutation import MutationReport, run_mutation
from rulewright.scenarios.plain import report_data, result_data
from rulewright.scenarios.pretty import render
from rulewright.scenarios.thoroughness import (
    coverage_data,
    coverage_lines,
    mutation_data,
    mutation_lines,
    show_percent,
)
from rulewright.source_text import render_problems
from rulewright_adapters.memory import MemoryStore

# Beside these the summary goes to standard error.
_FOR_MACHINES: Final = ("json", "jsonl", "junit", "github", "sarif")


class Wishes(Struct, frozen=True, kw_only=True):
    """What was asked of `rulewright test`."""

    paths: tuple[Path, ...]
    rules: Path | None
    words: str | None
    form: str
    color: str
    coverage: bool = False
    mutate: bool = False
    threshold: float | None = None

    @property
    def folder(self) -> Path:
        """The folder (or file) of the rules: those named, those beside the scenarios, those that ship.

        Raises ConfigurationError for a path that isn't there, or scenarios beside several folders' rules.
        """
        beside = rules_beside(find_files(self.paths)) if self.rules is None else None
        return _near(self.rules or beside or shipped_rules())

    @property
    def scenario_files(self) -> Sequence[Path]:
        """The files to run. Raises ConfigurationError for a path that isn't there."""
        if self.paths:
            return find_files(self.paths)
        folder = self.folder
        return find_files((folder.parent if folder.is_file() else folder,))

    @property
    def watched(self) -> Sequence[Path]:
        """Where a change may matter to what comes out."""
        try:
            return (self.folder, *self.paths)
        except ConfigurationError:
            return self.paths

    @property
    def in_color(self) -> bool:
        """Colour is for people: without a wish, only the report that is theirs has it."""
        if self.color == "auto" and self.form != "pretty":
            return False
        return in_color(OutputChoices(format=self.form, color=self.color))


class Findings(Struct, frozen=True):
    """What a run came to; `coverage` and `mutation` where they were asked for."""

    report: Report
    coverage: Coverage | None = None
    mutation: MutationReport | None = None

    def status(self, threshold: float | None) -> int:
        """The exit status: 2 mistakes in files, 1 failures or less than `threshold` percent, else 0.

        The threshold is of the coverage, of the mutation score where that alone was asked for.
        """
        if not self.report.sound:
            return 2
        return 1 if self.report.failed or self.shortfall(threshold) else 0

    def shortfall(self, threshold: float | None) -> str | None:
        """How what was measured falls short of `threshold`, in words; None: it doesn't."""
        measured = self.coverage or self.mutation
        if threshold is None or measured is None or measured.percent >= threshold:
            return None
        kind = "coverage" if self.coverage is not None else "mutation"
        return f"{kind} {show_percent(measured.percent)} is less than --threshold {threshold:g}"


def run_once(wishes: Wishes) -> int:
    """Run, report and return the exit status. Raises UsageError, RuleFileError."""
    try:
        chosen = parse_selection(wishes.words) if wishes.words is not None else None
        folder, files = wishes.folder, wishes.scenario_files
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from None
    if wishes.rules is None and folder == _near(shipped_rules()):
        warn_of_rules_here()
    said = configuration_here()
    found = examine(
        load(folder, plugins=said.plugins, installed=said.installed),
        files,
        chosen,
        coverage=wishes.coverage,
        mutate=wishes.mutate,
        whole=chosen is None and not wishes.paths,
    )
    if chosen is not None and not found.report.results and found.report.sound:
        raise click.UsageError(f"no scenario matches -k {wishes.words!r}")
    _write(found, wishes)
    return found.status(wishes.threshold)


def examine(
    program: Program,
    files: Iterable[Path],
    chosen: Selection | None = None,
    *,
    coverage: bool = False,
    mutate: bool = False,
    whole: bool = True,
) -> Findings:
    """Read and run scenario files; `chosen` picks the scenarios, by default all.

    Coverage and mutation are of the `whole` program, else of the resources that the scenarios are about.
    """
    read = [read_file(file, program.compiled) for file in files]
    scenarios = [one for file in read for one in file.scenarios if chosen is None or chosen(one)]
    watch = Watch() if coverage else None
    report = Report(
        results=tuple(Runner(program, MemoryStore, tracer=watch).run_all(scenarios)),
        problems=tuple(problem for file in read for problem in file.problems),
        not_run=sum(file.not_run for file in read),
    )
    resources = program.resources if whole else _resources_of(scenarios)
    covered = measure_coverage(program.compiled, resources, watch) if watch is not None else None
    mutation = None
    if mutate and report.sound and not report.failed:
        mutation = run_mutation(program, scenarios, resources, MemoryStore, _progress)
        _progress(None)
    return Findings(report, covered, mutation)


def _resources_of(scenarios: Iterable[Scenario]) -> Collection[str]:
    return {step.resource for one in scenarios for step in one.steps}


def _progress(done: int | None) -> None:
    """Say on a terminal how far a mutation run got; None: it is over."""
    if sys.stderr.isatty():
        click.echo("\r\033[K" if done is None else f"\r{done} mutants", nl=False, err=True)


def _near(path: Path) -> Path:
    """A path as seen from here, where it is below: shorter to read, and to click on."""
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path


def _write(found: Findings, wishes: Wishes) -> None:
    """Results go to standard output; beside a format for machines, the summary goes to standard error."""
    for line in _lines(found, wishes.form, coloured=wishes.in_color):
        write(f"{line}\n")
    # --watch goes on, and what is told on standard error comes after it.
    stdout().flush()
    if wishes.form == "jsonl":
        click.echo(render_problems(found.report.problems), err=True, nl=False)
    if wishes.form in _FOR_MACHINES:
        for line in _measures(found, coloured=False):
            click.echo(line, err=True)
        click.echo(found.report.summary, err=True)
    if wishes.mutate and found.mutation is None:
        click.echo("--mutate spoils conditions of rules whose scenarios pass; nothing was spoilt", err=True)
    short = found.shortfall(wishes.threshold)
    if short is not None and found.report.sound:
        click.echo(short, err=True)


def _lines(found: Findings, form: str, *, coloured: bool) -> Iterator[str]:
    match form:
        case "json":
            yield dump_json(_data(found))
        case "jsonl":
            yield from (dump_json(result_data(result)) for result in found.report.results)
        case "junit":
            yield render_junit(found.report)
        case "github":
            yield from (github_line(one).rstrip("\n") for one in report_findings(found.report))
        case "sarif":
            yield sarif_document(report_findings(found.report)).rstrip("\n")
        case _:
            *most, summary = render(found.report, colour=coloured)
            yield from most
            yield from _measures(found, coloured=coloured)
            yield summary


def _measures(found: Findings, *, coloured: bool) -> Iterator[str]:
    if found.coverage is not None:
        yield from coverage_lines(found.coverage, colour=coloured)
    if found.mutation is not None:
        yield from mutation_lines(found.mutation, colour=coloured)


def _data(found: Findings) -> dict[str, object]:
    data = report_data(found.report)
    if found.coverage is not None:
        data["coverage"] = coverage_data(found.coverage)
    if found.mutation is not None:
        data["mutation"] = mutation_data(found.mutation)
    return data

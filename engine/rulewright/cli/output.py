"""Where results go: the chosen report, written as UTF-8, in colour only where that is wanted."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from rulewright.cli.configured import configured_registry
from rulewright.cli.options import OutputChoices
from rulewright.cli.results import stdout, write
from rulewright.errors import ENDINGS, PluginError, RulewrightError, in_words
from rulewright.report.tally import Tally

if TYPE_CHECKING:
    # `check`, which writes no decisions, needs none of the engine.
    from rulewright.report.entry import Entry
    from rulewright.report.pretty import Paint

    Report = Callable[[Iterable[Entry]], Iterator[str]]

# Module and function of each; one is imported when it is chosen.
_REPORTS: Final = {
    "text": ("compact", "report_compact"),
    "json": ("outcomes", "report_json"),
    "jsonl": ("outcomes", "report_jsonl"),
    "github": ("github", "report_github"),
    "junit": ("junit", "report_junit"),
    "sarif": ("sarif", "report_sarif"),
    "pretty": ("pretty", "report_pretty"),
}
_COLORS: Final = {
    "accepted": "green",
    "rejected": "red",
    "undecided": "yellow",
    "error": "red",
    "warning": "yellow",
    "info": "blue",
}
# Seconds before a progress line appears, and between its updates.
_PATIENCE: Final = 1.0
_PACE: Final = 0.2


def counted(number: int, what: str) -> str:
    """A count of things whose plural ends with s: "1 decision", "2,000 decisions"."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def show(entries: Iterable[Entry], output: OutputChoices, progress: Progress | None = None) -> Tally:
    """Write a report of decisions as they come; say on stderr how it went. Return the counts.

    `progress` is that of somebody who counts payloads with nothing to tell.
    """
    progress = progress if progress is not None else Progress(Tally())
    tally = progress.tally
    followed = progress.following(tally.counting(entries))
    chosen = chosen_format(output)
    is_silent = True
    for text in _report(chosen, output)(followed):
        write(text)
        is_silent = is_silent and not text
    write_summary(tally, chosen, is_silent=is_silent)
    return tally


def write_summary(tally: Tally, chosen: str, *, is_silent: bool = False) -> None:
    """Say on stderr how a batch went, unless the report does; of one payload, where nothing was said.

    Raises OSError where stdout does not take the results: a sum of what nobody got is not told.
    """
    stdout().flush()
    if chosen != "pretty" and (tally.read != 1 or is_silent):
        from rulewright.report.pretty import summary  # noqa: PLC0415 - for batches

        click.echo("\n".join(summary(tally)).strip("\n"), err=True)


def _report(chosen: str, output: OutputChoices) -> Report:
    if chosen not in _REPORTS:
        return partial(_foreign, chosen)
    module, name = _REPORTS[chosen]
    report: Any = getattr(import_module(f"rulewright.report.{module}"), name)
    return partial(report, paint=paint(output)) if chosen == "pretty" else report


def _foreign(chosen: str, entries: Iterable[Entry]) -> Iterator[str]:
    """A plug-in's report. Raises PluginError where it fails."""
    try:
        yield from configured_registry().formats[chosen].write(entries)
    except (RulewrightError, *ENDINGS):
        raise
    except BaseException as error:
        raise PluginError(f"the format {chosen} of a plug-in fails: {in_words(error)}") from error


def chosen_format(output: OutputChoices) -> str:
    """The format that was asked for, else pretty for people and text for programs."""
    return output.format or ("pretty" if stdout().isatty() else "text")


def is_json(output: OutputChoices) -> bool:
    """Whether a program is to read what is told."""
    return chosen_format(output) in ("json", "jsonl")


def write_list(data: Iterable[object], lines: Iterable[str], output: OutputChoices) -> None:
    """Write a list of what is no decision: as JSON data, or as lines in words."""
    match chosen_format(output):
        case "jsonl":
            write("".join(f"{json.dumps(one)}\n" for one in data))
        case "json":
            write(json.dumps([*data], indent=2) + "\n")
        case _:
            write("".join(f"{line}\n" for line in lines))


def paint(output: OutputChoices) -> Paint:
    """How texts get their colours, if they do."""
    if not in_color(output):
        return lambda text, look: text
    return lambda text, look: click.style(text, fg=_COLORS.get(look), dim=look == "quiet" or None)


def in_color(output: OutputChoices) -> bool:
    """Colour is for terminals, and for those who do not refuse it (no-color.org)."""
    if output.color == "auto":
        return stdout().isatty() and not os.environ.get("NO_COLOR")
    return output.color == "always"


class Progress:
    """Shows on a terminal how far long work has got, unless the results themselves show it."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._shown = sys.stderr.isatty() and not stdout().isatty()
        self._due = time.monotonic() + _PATIENCE

    def following(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Let decisions through."""
        for entry in entries:
            yield entry
            self.update()
        self.clear()

    def update(self) -> None:
        """Say how far it is, if it is time."""
        if self._shown and time.monotonic() >= self._due:
            click.echo(f"\r{self.tally.in_words()} ", nl=False, err=True)
            self._due = time.monotonic() + _PACE

    def clear(self) -> None:
        """Take what was shown away."""
        if self._shown:
            click.echo("\r\033[K", nl=False, err=True)

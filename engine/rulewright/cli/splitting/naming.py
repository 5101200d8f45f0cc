"""What --accepted and --rejected may name: no file that is read, or that something else is written to."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import click

from rulewright.cli.options import SplitChoices
from rulewright.inputs import Source
from rulewright.report.text import show_text

# What spreadsheet programs open as tables, by its name.
_TABLES: Final = frozenset({".csv", ".tsv", ".xlsx", ".xls", ".ods"})


def judge_names(split: SplitChoices, sources: Iterable[Source]) -> None:
    """Refuse to write to a file that is read, that the results go to, or to one file twice.

    Of a name that is a table's it is said that the file is none.
    """
    named = [Path(name) for name in (split.accepted, split.rejected) if name is not None]
    _refuse_overwriting(named, sources)
    for path in named:
        if path.suffix.lower() in _TABLES:
            click.echo(
                f"warning: {show_text(str(path))} gets lines of JSON, not a table: call it .jsonl, or a "
                "spreadsheet program may take parts of payloads for formulas",
                err=True,
            )


def _refuse_overwriting(named: Sequence[Path], sources: Iterable[Source]) -> None:
    if Path("-") in named:
        raise click.UsageError("--accepted and --rejected need a file: what is decided is told on stdout")
    taken = [Path(source.path) for source in sources if not source.is_stdin]
    for index, path in enumerate(named):
        if _is_output(path):
            raise click.UsageError(f"{path} is where the results go; it would be overwritten")
        for other in (*taken, *_named_by_options(), *named[:index]):
            if _is_same(path, other):
                raise click.UsageError(f"{path} is named twice; it would be overwritten")


def _named_by_options() -> Iterator[Path]:
    """The files that the command's other options name: the store, the caller, the records, the plan."""
    context = click.get_current_context(silent=True)
    for option in ("store", "actor", "records", "plan"):
        value = context.params.get(option) if context is not None else None
        if isinstance(value, str) and "\0" not in value:
            path = value.removeprefix("sqlite:///")
            # Beside a database SQLite keeps what is on its way into it.
            yield from (Path(f"{path}{ending}") for ending in ("", "-wal", "-shm", "-journal"))


def _is_output(path: Path) -> bool:
    """Whether a path is the file that stdout or stderr is written to; a pipe takes both."""
    for descriptor in (1, 2):
        with suppress(OSError):
            there = os.fstat(descriptor)
            if stat.S_ISREG(there.st_mode) and os.path.samestat(path.stat(), there):
                return True
    return False


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths are one file, by whatever names or links."""
    try:
        return one.samefile(other)
    except OSError:
        return one.resolve() == other.resolve()

"""`rulewright test --watch`: run again whenever a rule or scenario file has changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import click

from rulewright.errors import ConfigurationError, RuleFileError
from rulewright.source_text import render_problems

# Seconds between two looks at the files.
_PACE: Final = 0.5
_ENDINGS: Final = ("*.yaml", "*.yml")
Snapshot = Mapping[Path, tuple[int, int]]


def watch(run: Callable[[], int], places: Callable[[], Iterable[Path]]) -> int:
    """Call `run` now and after each change below `places`, until Ctrl-C; return its last result."""
    status = 0
    try:
        while True:
            before = snapshot(places())
            status = _attempt(run)
            click.echo(f"watching {len(before)} files; Ctrl-C ends", err=True)
            while snapshot(places()) == before:
                time.sleep(_PACE)
            click.echo("", err=True)
    except KeyboardInterrupt:
        click.echo("", err=True)
        return status


def _attempt(run: Callable[[], int]) -> int:
    """A file that is wrong for a moment must not end the watch."""
    try:
        return run()
    except RuleFileError as error:
        click.echo(render_problems(error.problems), err=True, nl=False)
    except (click.UsageError, ConfigurationError, OSError) as error:
        shown = error.message if isinstance(error, click.UsageError) else str(error)
        click.echo(f"error: {shown}", err=True)
    return 2


def snapshot(places: Iterable[Path]) -> Snapshot:
    """When each YAML file below the places was changed, and its size; a file that vanishes is left out."""
    found: dict[Path, tuple[int, int]] = {}
    for place in places:
        for path in _files(place):
            try:
                seen = path.stat()
            except OSError:
                continue
            found[path] = (seen.st_mtime_ns, seen.st_size)
    return found


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    return [path for ending in _ENDINGS for path in place.rglob(ending)]

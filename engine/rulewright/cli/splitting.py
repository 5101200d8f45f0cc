"""The options --accepted, --rejected and --max-errors: what becomes of the payloads of a batch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import click

from rulewright.cli.options import SplitChoices
from rulewright.inputs import Item, Source
from rulewright.outcome import Outcome

Decided = tuple[Item, Outcome]


def split_batch(
    decided: Iterable[Decided], split: SplitChoices, sources: Iterable[Source], *, append: bool = False
) -> Iterator[Decided]:
    """Let decisions through, copy each payload to the file of its kind, and give up after too many errors."""
    named = [Path(name) for name in (split.accepted, split.rejected) if name is not None]
    _refuse_overwriting(named, sources)
    refused = 0
    with ExitStack() as stack:
        accepted, rejected = (
            stack.enter_context(_open(name, append=append)) if name is not None else None
            for name in (split.accepted, split.rejected)
        )
        for item, outcome in decided:
            _copy(item, accepted if outcome.accepted else rejected)
            refused += not outcome.accepted
            yield item, outcome
            if split.max_errors is not None and refused >= split.max_errors:
                click.echo(f"stopped after {refused} payloads that were not accepted", err=True)
                return


def item_line(item: Item) -> bytes:
    """A payload as one line of JSON: as it was written if it was a line, else made from its value."""
    if item.raw is not None:
        return item.raw.replace(b"\n", b" ")
    return json.dumps(getattr(item, "value", None), sort_keys=True).encode()


def _open(name: str, *, append: bool) -> IO[bytes]:
    return Path(name).open("ab" if append else "wb")


def _copy(item: Item, file: IO[bytes] | None) -> None:
    if file is not None:
        file.write(item_line(item) + b"\n")


def _refuse_overwriting(named: list[Path], sources: Iterable[Source]) -> None:
    taken = [Path(source.path) for source in sources if not source.is_stdin]
    for index, path in enumerate(named):
        for other in (*taken, *named[:index]):
            if path.resolve() == other.resolve():
                raise click.UsageError(f"{path} is named twice; it would be overwritten")

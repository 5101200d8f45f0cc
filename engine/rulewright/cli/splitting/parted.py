"""The files of --accepted and --rejected of a batch that stores nothing, and --max-errors."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedWriter, FileIO
from typing import IO, TYPE_CHECKING

import click

from rulewright.cli.desk.desk import Decided
from rulewright.cli.options import SplitChoices
from rulewright.cli.splitting.lines import lines_of
from rulewright.cli.splitting.naming import judge_names
from rulewright.inputs import Item, Source
from rulewright.outcome import Outcome

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def split_batch(
    decided: Iterable[Decided], split: SplitChoices, sources: Iterable[Source]
) -> Iterator[Decided]:
    """Let decisions through, copy each payload to the file of its kind, and give up after too many errors."""
    refused = 0
    with open_parted(split, sources) as parted:
        for item, outcome in decided:
            parted.add(item, outcome)
            refused += not outcome.accepted
            yield item, outcome
            if is_enough(refused, split):
                return


class Parted:
    """The files of --accepted and --rejected, where they are wanted.

    What they held goes when the first payload has been decided: a run that can't read its inputs leaves it.
    """

    def __init__(self, accepted: IO[bytes] | None, rejected: IO[bytes] | None) -> None:
        self._accepted, self._rejected = accepted, rejected
        self._old = [file for file in (accepted, rejected) if file is not None]

    @property
    def keeps_accepted(self) -> bool:
        """Whether accepted payloads are copied."""
        return self._accepted is not None

    @property
    def keeps_rejected(self) -> bool:
        """Whether the others are copied."""
        return self._rejected is not None

    def begin(self) -> None:
        """From now on the files are those of this run. Call it when a payload has been decided."""
        while self._old:
            file = self._old.pop()
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                file.truncate(0)

    def add(self, item: Item, outcome: Outcome) -> None:
        """Copy a payload to the file of its kind."""
        self.begin()
        file = self._accepted if outcome.accepted else self._rejected
        if file is not None:
            file.write(lines_of([(item, outcome)], outcome.accepted))

    def add_lines(self, accepted: Iterable[bytes], rejected: Iterable[bytes] = ()) -> None:
        """Copy whole lines."""
        for file, lines in ((self._accepted, accepted), (self._rejected, rejected)):
            if file is not None:
                file.writelines(lines)


class _NamedFile(FileIO):
    """A file whose errors name it: else they would be taken for those of stdout."""

    def write(self, data: ReadableBuffer, /) -> int:
        """See FileIO.write."""
        try:
            return super().write(data)
        except OSError as error:
            error.filename = self.name
            raise


@contextmanager
def open_parted(split: SplitChoices, sources: Iterable[Source]) -> Iterator[Parted]:
    """Open the files of --accepted and --rejected, and leave what they hold until something was decided."""
    judge_names(split, sources)
    with ExitStack() as stack:
        accepted, rejected = (
            stack.enter_context(BufferedWriter(_NamedFile(name, "ab"))) if name is not None else None
            for name in (split.accepted, split.rejected)
        )
        yield Parted(accepted, rejected)


def is_enough(refused: int, split: SplitChoices) -> bool:
    """Whether to give up, which is said."""
    if split.max_errors is None or refused < split.max_errors:
        return False
    what = "payload that was" if refused == 1 else "payloads that were"
    click.echo(f"stopped after {refused:,} {what} not accepted", err=True)
    return True

"""Deciding a JSONL file whose accepted lines need no telling: most are found to be acceptable at a glance.

What a glance doesn't settle is decided and told as always, in its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Final

from rulewright.cli.desk import Desk
from rulewright.cli.options import SplitChoices
from rulewright.cli.output import Progress
from rulewright.cli.remembered import RememberedRecords
from rulewright.cli.splitting import Decided, is_enough, open_copies, write_copy
from rulewright.errors import PayloadError
from rulewright.hotpath.unit import NotGenerated
from rulewright.hotpath.verdicts import Scan, Verdicts, make_verdicts
from rulewright.inputs import Source, read_line
from rulewright.inputs.lines import LineReader

# Lines that are read at a time: how often the clock is looked at.
_CHUNK: Final = 4_096
# Lines that are decided in full before the resource's function is made: making it takes as long as some.
_WARM_UP: Final = 64
# Seconds for which what was read of a live store, or at a moment, is relied on.
_FRESH: Final = 1.0


@dataclass(slots=True)
class Skimmer:
    """Decides the lines of files for one desk. `is_live`: others may write to the records meanwhile."""

    desk: Desk
    records: RememberedRecords | None
    is_live: bool
    # The number of payloads so far, and how many of them were not accepted.
    read: int = 0
    refused: int = 0
    _verdicts: Verdicts | None = None
    _is_made: bool = False
    _since: float = field(default_factory=time.monotonic)

    def decide_lines(
        self, name: str, reader: LineReader, keep: Callable[[Iterable[bytes]], None] | None, first: int = 1
    ) -> Iterator[tuple[int, Decided | None]]:
        """Yield how many lines were surely accepted, then what was decided in full, and so on.

        `keep` takes the lines that were surely accepted. `first` is the number of the first line.
        """
        number = first
        scan = self._scan()
        while True:
            chunk: Iterable[bytes] = reader.lines(_CHUNK if scan is not _look_at_all else _WARM_UP)
            if keep is not None:
                chunk = list(chunk)
            done = count = 0
            for index, line in scan(chunk):
                sure = index - done
                if keep is not None and isinstance(chunk, list):
                    keep(chunk[done:index])
                self.read += sure
                done, count = index + 1, index
                if line is None:
                    yield sure, None
                    break
                whole = reader.rest_of(line) if reader.is_cut(line) else line
                yield sure, self._decide(name, number + index, whole)
            if count == 0:
                return
            number += count
            scan = self._scan()

    def _decide(self, name: str, number: int, line: bytes) -> Decided | None:
        if not line.strip():
            return None
        item = read_line(name, number, line)
        outcome = self.desk.decide(item, self.read, self.records)
        self.read += 1
        if not outcome.accepted:
            self.refused += 1
        elif self._verdicts is not None and not outcome.problems:
            self._verdicts.learn(line)
        return item, outcome

    def _scan(self) -> Scan:
        """How to look at the next lines: with what was learnt, while that can be relied on."""
        if time.monotonic() - self._since > _FRESH:
            self._forget()
        if self._verdicts is None:
            if self.read < _WARM_UP or self._is_made:
                return _look_at_all
            self._is_made = True
            self._verdicts = verdicts_of(self.desk, self.records)
            if self._verdicts is None:
                return _look_at_all
        return self._verdicts.scan

    def _forget(self) -> None:
        """Records may be others by now, and the moment is another."""
        if self.is_live and self.records is not None:
            self.records.forget()
        if self._verdicts is not None and (
            self.is_live or (self._verdicts.reads_clock and self.desk.as_of is None)
        ):
            try:
                self._verdicts.forget()
            except NotGenerated:
                # There are more records by now than are kept in mind.
                self._verdicts = None
        self._since = time.monotonic()


def verdicts_of(desk: Desk, records: RememberedRecords | None) -> Verdicts | None:
    """The function of the desk's resource, with nothing learnt."""
    rules = desk.program.compiled
    asked = records.records if records is not None else None
    return make_verdicts(rules, rules.resources[desk.resource], desk.request, asked)


def _look_at_all(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes | None]]:
    count = 0
    for line in lines:
        yield count, line
        count += 1
    yield count, None


def skim(
    skimmer: Skimmer, sources: Sequence[Source], split: SplitChoices, progress: Progress
) -> Iterator[Decided]:
    """Decide all lines; yield what a glance did not settle. The others are counted, and copied."""
    with open_copies(split, sources) as (accepted, rejected):
        keep = None if accepted is None else _copying(accepted)
        for source in sources:
            begun = skimmer.read
            with source.open() as stream:
                for sure, decided in _reading(
                    source, skimmer.decide_lines(source.name, LineReader(stream), keep)
                ):
                    progress.tally.add_accepted(sure)
                    progress.update()
                    if decided is None:
                        continue
                    write_copy(decided[0], accepted if decided[1].accepted else rejected)
                    yield decided
                    if is_enough(skimmer.refused, split):
                        return
            if skimmer.read == begun:
                raise PayloadError("the file is empty: there is no payload in it", f"{source.name}:1:1")


_Found = tuple[int, Decided | None]


def _reading(source: Source, found: Iterator[_Found]) -> Iterator[_Found]:
    try:
        yield from found
    except OSError as error:
        raise PayloadError(f"can't be read: {error.strerror}", source.name) from None


def _copying(file: IO[bytes]) -> Callable[[Iterable[bytes]], None]:
    def keep(lines: Iterable[bytes]) -> None:
        file.writelines(line.rstrip(b"\r\n") + b"\n" for line in lines if line.strip())

    return keep

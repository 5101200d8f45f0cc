"""Deciding a batch whose accepted payloads need no telling: most are found to be acceptable at a glance.

What a glance doesn't settle is decided and told as always, in its place. Lines of JSONL are looked at before
they are read, payloads from anything else are written as lines to be looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from rulewright.batch.forecast import Forecast
from rulewright.cli.deciding.groups import GROUP, forecast_of, foresee, grouped
from rulewright.cli.deciding.remembered import RememberedRecords
from rulewright.cli.desk.desk import Decided, Desk
from rulewright.cli.options import SplitChoices
from rulewright.cli.output import Progress
from rulewright.cli.splitting.lines import item_line
from rulewright.cli.splitting.parted import Parted, is_enough, open_parted
from rulewright.errors import PayloadError
from rulewright.evaluation import Inputs, with_payload
from rulewright.glance.written import line_of
from rulewright.hotpath.deciding import decide, quick_for
from rulewright.inputs import Broken, Item, Payload, Source, read_line
from rulewright.inputs.lines import LineReader
from rulewright.inputs.sure_lines import read_surely
from rulewright.outcome import Outcome

if TYPE_CHECKING:
    from rulewright.glance.verdicts import Scan, Verdicts
    from rulewright.hotpath.telling import Teller

# The most lines that are read at a time: how often the clock is looked at.
_CHUNK: Final = 4_096
# Lines that are decided in full before the resource's function is made: making it takes as long as some.
_WARM_UP: Final = 64
# More are read at a time while less than one line in so many has to be decided in full.
_RARE: Final = 4
# What an accepted line weighs against refused ones, and how much is kept in mind. Telling first takes four
# times as long for what is accepted as accepting first does, which takes little longer for the others.
_WEIGHT: Final = 3
_MOST_LEANING: Final = 6
# Seconds for which what was read of a live store, or at a moment, is relied on.
_FRESH: Final = 1.0
# How many payloads are surely accepted, and what was decided in full after them.
_Found = tuple[int, Decided | None]
# Takes the lines of what is surely accepted.
_Keep = Callable[[Iterable[bytes]], None]


class Skimmer(Struct):
    """Decides the lines of files, or payloads from elsewhere, for one desk.

    `is_live`: others may write to the records meanwhile.
    """

    desk: Desk
    records: RememberedRecords | None
    is_live: bool
    # The number of payloads so far, and how many of them were not accepted.
    read: int = 0
    refused: int = 0
    _verdicts: Verdicts | None = None
    _teller: Teller | None = None
    _forecast: Forecast | None = None
    _is_made: bool = False
    # Above 0 the next line that no glance settles is expected to be refused.
    _leaning: int = 0
    _since: float = field(default_factory=time.monotonic)

    def decide_lines(
        self, name: str, reader: LineReader, keep: _Keep | None, first: int = 1
    ) -> Iterator[_Found]:
        """Yield how many lines were surely accepted, then what was decided in full, and so on.

        `keep` takes the lines that were surely accepted. `first` is the number of the first line.
        """
        number, most = first, _WARM_UP
        while True:
            scan = self._scan()
            chunk: Iterable[bytes] = reader.lines(most)
            if keep is not None:
                chunk = list(chunk)
            *unsure, (count, _) = scan(chunk)
            done = 0
            for index, decided in self._decide_all(name, number, unsure, reader):
                if keep is not None and isinstance(chunk, list):
                    keep(chunk[done:index])
                yield self._told(index - done, decided)
                done = index + 1
            if keep is not None and isinstance(chunk, list):
                keep(chunk[done:count])
            self.read += count - done
            yield count - done, None
            if count == 0:
                return
            number += count
            if len(unsure) * _RARE < count:
                most = min(2 * most, _CHUNK)

    def decide_items(self, items: Iterable[Item], keep: _Keep | None) -> Iterator[_Found]:
        """As `decide_lines`, for payloads that are no lines: each as the line that it might have been."""
        for group in grouped(items):
            *unsure, (count, _) = self._scan()(lines := [_line_of(item) for item in group])
            found: list[tuple[int, Decided | None]] = []
            shared = self.desk.inputs(None, 0)
            settled = self._foresee([lines[at] for at, _ in unsure], [group[at] for at, _ in unsure])
            done = 0
            for at, (index, _) in enumerate(unsure):
                if at in settled:
                    continue
                self.read += index - done
                found.append((index, self._decide(group[index], lines[index], shared)))
                done = index + 1
            self.read += count - done
            done = 0
            for index, decided in [*found, (count, None)]:
                if keep is not None:
                    keep(map(item_line, group[done:index]))
                yield self._told(index - done, decided)
                done = index + 1

    def _told(self, sure: int, decided: Decided | None) -> _Found:
        if decided is not None and not decided[1].accepted:
            self.refused += 1
        return sure, decided

    def _decide_all(
        self, name: str, number: int, unsure: Sequence[tuple[int, bytes | None]], reader: LineReader
    ) -> Iterator[tuple[int, Decided | None]]:
        """Decide lines in full, some at a time: what takes turns with other work takes twice as long."""
        done = 0
        for start in range(0, len(unsure), GROUP):
            items: list[tuple[int, bytes, Item | None]] = []
            for index, line in unsure[start : start + GROUP]:
                assert line is not None
                whole = reader.rest_of(line) if reader.is_cut(line) else line
                items.append((index, whole, _read(name, number + index, whole)))
            found: list[tuple[int, Decided | None]] = []
            # Of a line that is cut no glance settles the beginning, which is all that copies would get.
            lines = [line or b"" for _, line in unsure[start : start + GROUP]]
            settled = self._foresee(lines, [item for _, _, item in items])
            shared = self.desk.inputs(None, 0)
            for at, (index, line, item) in enumerate(items):
                if at in settled:
                    continue
                self.read += index - done
                found.append((index, None if item is None else self._decide(item, line, shared)))
                done = index + 1
            yield from found

    def _foresee(self, lines: Iterable[bytes], items: Sequence[Item | None]) -> Container[int]:
        """Read what some payloads will look up; return which of their lines a glance settles by that."""
        if self.records is None or not self.records.reads_ahead:
            return ()
        if self._forecast is None:
            self._forecast = forecast_of(self.desk)
        foresee(self.desk, items, self._forecast, self.records)
        if self._verdicts is None or not self._verdicts.looks_up:
            return ()
        unsure = [at for at, line in self._verdicts.scan(lines) if line is not None]
        return {*range(len(items))}.difference(unsure)

    def _decide(self, item: Item, line: bytes, shared: Inputs) -> Decided:
        if isinstance(item, Payload):
            outcome = self._judge(with_payload(shared, item.value, shared.seed + self.read))
        else:
            outcome = self.desk.refuse(item)
        self.read += 1
        if not outcome.accepted:
            self._leaning = min(self._leaning + 1, _MOST_LEANING)
            return item, outcome
        self._leaning = max(self._leaning - _WEIGHT, -_MOST_LEANING)
        if self._verdicts is not None and not outcome.problems:
            self._verdicts.learn(line)
        return item, outcome

    def _judge(self, inputs: Inputs) -> Outcome:
        """Decide; after refusals what tells them is asked first, without trying to accept the payload.

        Of lines that no glance settles most are refused, once enough was learnt.
        """
        if self._leaning > 0 and self._teller is not None:
            told = self._teller.tell(inputs, self.records)
            if told is not None:
                return told
        return decide(self.desk.program.compiled, self.desk.resource, inputs, self.records)

    def _scan(self) -> Scan:
        """How to look at the next lines: with what was learnt, while that can be relied on."""
        if time.monotonic() - self._since > _FRESH:
            self._forget()
        if self._verdicts is None:
            if self.read < _WARM_UP or self._is_made:
                return _look_at_all
            self._is_made = True
            self._teller = _teller_of(self.desk, has_store=self.records is not None)
            self._verdicts = verdicts_of(self.desk, self.records)
            if self._verdicts is None:
                return _look_at_all
        return self._verdicts.scan

    def _forget(self) -> None:
        """Records may be others by now, and the moment is another."""
        if self.is_live and self.records is not None:
            self.records.forget()
        known = self._verdicts
        is_old = known is not None and (self.is_live or (known.reads_clock and self.desk.as_of is None))
        if known is not None and is_old and not known.forget():
            # There are more records by now than are kept in mind.
            self._verdicts = None
        self._since = time.monotonic()


def _line_of(item: Item) -> bytes:
    """The line that an item is, or might have been."""
    if isinstance(item, Broken) or item.alone:
        return b""
    return item.raw or line_of(item.value)


def _read(name: str, number: int, line: bytes) -> Item | None:
    """The payload of a line; None where it is blank."""
    return read_surely(name, number, line) or (read_line(name, number, line) if line.strip() else None)


def verdicts_of(desk: Desk, records: RememberedRecords | None) -> Verdicts | None:
    """The function of the desk's resource, with nothing learnt."""
    from rulewright.glance.verdicts import make_verdicts  # noqa: PLC0415 - one payload needs no glance

    rules = desk.program.compiled
    resource = rules.resources[desk.resource]
    if records is None:
        return make_verdicts(rules, resource, desk.request, None)
    # What is read ahead is not asked for one by one.
    find = records.find_known if records.reads_ahead else records.records.find
    return make_verdicts(rules, resource, desk.request, records.records, find)


def _teller_of(desk: Desk, *, has_store: bool) -> Teller | None:
    rules = desk.program.compiled
    quick = quick_for(rules, rules.resources[desk.resource], has_store=has_store)
    return None if quick is None else quick.teller


def _look_at_all(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes | None]]:
    count = 0
    for line in lines:
        yield count, line
        count += 1
    yield count, None


def skim(
    skimmer: Skimmer, sources: Sequence[Source], split: SplitChoices, progress: Progress
) -> Iterator[Decided]:
    """Decide all payloads; yield what a glance did not settle. The others are counted, and copied."""
    with open_parted(split, sources) as parted:
        keep = _copying(parted) if parted.keeps_accepted else None
        for source in sources:
            for sure, decided in _decided(skimmer, source, keep, is_only=len(sources) == 1):
                progress.tally.add_accepted(sure)
                progress.update()
                if sure:
                    parted.begin()
                if decided is None:
                    continue
                parted.add(*decided)
                yield decided
                if is_enough(skimmer.refused, split):
                    return


def _decided(skimmer: Skimmer, source: Source, keep: _Keep | None, *, is_only: bool) -> Iterator[_Found]:
    if source.kind != "jsonl":
        yield from skimmer.decide_items(skimmer.desk.read(source, is_only=is_only), keep)
        return
    begun = skimmer.read
    with source.open() as stream:
        try:
            yield from skimmer.decide_lines(source.name, LineReader(stream), keep)
        except OSError as error:
            raise PayloadError(f"can't be read: {error.strerror}", source.name) from None
    if skimmer.read == begun:
        raise PayloadError("the file is empty: there is no payload in it", f"{source.name}:1:1")


def _copying(parted: Parted) -> _Keep:
    def keep(lines: Iterable[bytes]) -> None:
        whole = [line.rstrip(b"\r\n") + b"\n" for line in lines if line.strip()]
        if whole:
            parted.begin()
            parted.add_lines(whole)

    return keep

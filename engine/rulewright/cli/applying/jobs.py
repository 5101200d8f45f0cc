"""How far a batch got, kept in the store by the very transactions that store its records.

A job is one file applied to one resource. Beside the number of payloads that are done, a digest of them
is kept: so a file that was changed in what is done already is refused, and one that has grown is not.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from rulewright.cli.desk.desk import Desk
from rulewright.cli.here import place_of, storable
from rulewright.cli.splitting.lines import item_line
from rulewright.errors import AdapterError, PayloadError
from rulewright.inputs import Item, Source
from rulewright.outcome import Outcome
from rulewright.ports import Store, Transaction

_DONE: Final = "payloads"
_DIGEST: Final = "digest"
_FINISHED: Final = "finished"
# Which run writes: the one that began last.
_RUN: Final = "run"
_RULES: Final = "rules"
# How many of the payloads that are done had each verdict.
_VERDICTS: Final = ("accepted", "rejected", "undecided")


class Marked(Struct, frozen=True):
    """An item, its number in the file (from 0), and a 63-bit digest of everything up to and with it."""

    item: Item
    number: int
    digest: int


def mark(items: Iterable[Item]) -> Iterator[Marked]:
    """Number items and digest them as they pass."""
    digest = hashlib.sha256()
    for number, item in enumerate(items):
        line = item_line(item)
        digest.update(b"%d\n" % len(line) + line)
        # Stores keep progress as a signed 64-bit integer.
        yield Marked(item, number, int.from_bytes(digest.digest()[:8]) >> 1)


class Job(Struct, frozen=True):
    """One file on its way into a store."""

    name: str
    source: Source

    def keep(self, last: Marked, outcomes: Sequence[Outcome], store: Store, transaction: Transaction) -> None:
        """Keep that everything up to and with `last` is done, which `outcomes` were the end of.

        Call it inside the transaction that writes them, once.
        """
        for verdict, count in Counter(outcome.verdict for outcome in outcomes).items():
            name = f"{self.name} {verdict}"
            transaction.set_progress(name, store.progress(name) + count)
        transaction.set_progress(f"{self.name} {_DONE}", last.number + 1)
        transaction.set_progress(f"{self.name} {_DIGEST}", last.digest)
        transaction.set_progress(f"{self.name} {_FINISHED}", 0)

    def take(self, run: int, ruleset: str, transaction: Transaction) -> None:
        """Keep that a run writes from now on; what others are about to write is refused."""
        transaction.set_progress(f"{self.name} {_RUN}", run)
        transaction.set_progress(f"{self.name} {_RULES}", _number_of(ruleset))

    def was_begun_by(self, ruleset: str, store: Store) -> bool:
        """Whether the last run went by these rules."""
        return store.progress(f"{self.name} {_RULES}") == _number_of(ruleset)

    def require_turn(self, first: Marked, run: int, store: Store) -> None:
        """Refuse to write what another process has written meanwhile. Call it inside the transaction.

        Raises AdapterError: two processes that apply one file would store its payloads twice.
        """
        done = self.done(store)
        if done != first.number or store.progress(f"{self.name} {_RUN}") != run:
            raise AdapterError(
                f"{self.source.name}: another process applies it too; {done:,} of its payloads are done"
            )

    def forget(self, transaction: Transaction) -> None:
        """Keep that nothing is done: it is begun anew."""
        for what in (_DONE, _DIGEST, _FINISHED, *_VERDICTS):
            transaction.set_progress(f"{self.name} {what}", 0)

    def finish(self, store: Store) -> None:
        """Keep that the file came to its end."""
        with store.transaction() as transaction:
            transaction.set_progress(f"{self.name} {_FINISHED}", 1)

    def done(self, store: Store) -> int:
        """How many payloads are done."""
        return store.progress(f"{self.name} {_DONE}")

    def verdicts(self, store: Store) -> dict[str, int]:
        """How many of those that are done had each verdict; nothing where a version without counts began."""
        counts = {verdict: store.progress(f"{self.name} {verdict}") for verdict in _VERDICTS}
        return counts if sum(counts.values()) == self.done(store) else {}

    def is_unfinished(self, store: Store) -> bool:
        """Whether the file was begun and not brought to its end."""
        return self.done(store) > 0 and not store.progress(f"{self.name} {_FINISHED}")

    def rest(self, items: Iterator[Marked], store: Store) -> Iterator[Marked]:
        """Pass over what is done. Raises PayloadError if that is not what the file holds now."""
        done = self.done(store)
        last = None
        for last in items:
            if last.number + 1 >= done:
                break
        if done and (last is None or last.number + 1 < done):
            raise PayloadError(f"{done:,} of its payloads were applied; now it has fewer", self.source.name)
        if last is not None and last.digest != store.progress(f"{self.name} {_DIGEST}"):
            message = f"the first {done:,} payloads are not those that were applied; --restart begins anew"
            raise PayloadError(message, self.source.name)
        yield from items


def _number_of(ruleset: str) -> int:
    """A rule set's digest as stores keep progress."""
    return int(ruleset.removeprefix("sha256:")[:15], 16)


def job_of(desk: Desk, source: Source) -> Job | None:
    """The job of an input; stdin and pipes have none, for they can't be read again."""
    if source.is_stdin or not Path(source.path).is_file():
        return None
    key = f" {desk.key_field or desk.key}" if desk.key_field or desk.key is not None else ""
    # The same file may be applied once below each of several parents.
    path = "".join(f" {name}={value}" for name, value in sorted(desk.request.path.items()))
    sheet = f":{source.sheet}" if source.sheet is not None else ""
    name = f"apply {desk.resource} {desk.operation}{key}{path} {place_of(source.path)}{sheet}"
    return Job(storable(name), source)

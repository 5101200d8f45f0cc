"""The options --accepted, --rejected and --max-errors: what becomes of the payloads of a batch."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from rulewright.cli.options import SplitChoices
from rulewright.inputs import Broken, Item, Source
from rulewright.outcome import Outcome
from rulewright.ports import Store, Transaction
from rulewright.problem import Problem
from rulewright.report.entry import problems_entry
from rulewright.report.outcome_json import problem_json
from rulewright.report.text import dump_json

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Decided = tuple[Item, Outcome]


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
    refuse_overwriting(split, sources)
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
    click.echo(f"stopped after {refused} payloads that were not accepted", err=True)
    return True


def item_line(item: Item) -> bytes:
    """A payload as one line of JSON: as it was written if it was a line, else made from its value."""
    if item.raw is not None:
        return item.raw.replace(b"\n", b" ")
    return json.dumps(getattr(item, "value", None), sort_keys=True).encode()


def refuse_overwriting(split: SplitChoices, sources: Iterable[Source]) -> None:
    """Refuse to write to a file that is read, that the results go to, or to one file twice."""
    named = [Path(name) for name in (split.accepted, split.rejected) if name is not None]
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


class Copies:
    """The files of --accepted and --rejected beside a store: as exact as the store, whenever it is killed.

    The lines of a chunk are on the disk before the store commits the chunk, and the same commit keeps how
    long the files are. So what a file holds beyond that was never stored, and is cut off.
    """

    def __init__(self, split: SplitChoices) -> None:
        self._by_kind = [
            (accepted, _Copy(Path(name)))
            for accepted, name in ((True, split.accepted), (False, split.rejected))
            if name is not None
        ]
        self._uncommitted = False

    def __bool__(self) -> bool:
        return bool(self._by_kind)

    def find(self, store: Store) -> None:
        """Go on where the last commit left the files. Raises UsageError where they can't be what it left."""
        for _, copy in self._by_kind:
            copy.find(store)

    def open(self) -> None:
        """Open the files, and leave what they hold as it is."""
        for _, copy in self._by_kind:
            copy.open()

    def begin(self, transaction: Transaction) -> None:
        """Keep where the files start, before anything is cut off."""
        for _, copy in self._by_kind:
            copy.keep(transaction)

    def cut(self) -> None:
        """Cut off what was never stored."""
        for _, copy in self._by_kind:
            copy.cut()

    def write(self, decided: Sequence[Decided], transaction: Transaction) -> None:
        """Bring the lines of a chunk to the disk, just before it is committed."""
        self._uncommitted = bool(self)
        for accepted, copy in self._by_kind:
            if copy.is_regular and (lines := lines_of(decided, accepted)):
                copy.write(lines)
                copy.keep(transaction)

    def pass_on(self, decided: Sequence[Decided]) -> None:
        """After the commit: write to pipes and devices, which take nothing back."""
        self._uncommitted = False
        for accepted, copy in self._by_kind:
            if not copy.is_regular:
                copy.write(lines_of(decided, accepted))

    def take_back(self, store: Store) -> None:
        """After a failure: only the store knows whether it committed what was written."""
        if not self._uncommitted:
            return
        # Inside a transaction no other process is between its writing and its commit.
        with store.transaction():
            for _, copy in self._by_kind:
                copy.length = max(store.progress(copy.job) - 1, 0)
                copy.cut()
        self._uncommitted = False

    def close(self) -> None:
        """Close the files."""
        for _, copy in self._by_kind:
            copy.close()


def refused_line(item: Item, outcome: Outcome) -> bytes:
    """A payload that was not accepted, and why, as one line of JSON.

    `{"payload": ..., "at": ..., "verdict": ..., "problems": [...]}`, the problems as in an Outcome's JSON but
    for what rules read. What is no payload has its text under `text` instead.
    """
    entry = problems_entry(outcome, item, with_rules=True)
    problems = [_told(problem) for problem in entry.outcome.problems]
    told = dump_json({"at": item.at, "verdict": outcome.verdict, "problems": problems}).encode()
    if isinstance(item, Broken):
        text = item.raw.decode("utf-8", "surrogateescape")
        held = b'"text": ' + json.dumps(text).encode()
    else:
        held = b'"payload": ' + item_line(item)
    return b"{" + held + b", " + told[1:]


def _told(problem: Problem) -> dict[str, object]:
    told = problem_json(problem)
    del told["because"]
    if problem.fix is None:
        # Only `validate --fix` looks for one.
        del told["fix"]
    return told


def lines_of(decided: Iterable[Decided], accepted: bool) -> bytes:
    """The payloads that were accepted, or those that were not with their problems, as lines of JSON."""
    return b"".join(
        (item_line(item) if accepted else refused_line(item, outcome)) + b"\n"
        for item, outcome in decided
        if outcome.accepted is accepted
    )


class _Copy:
    """One file that payloads are copied to. `length` is how much of it is stored, or about to be."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: FileIO | None = None
        self.job = f"copy {path.resolve()}"
        self.is_regular = path.is_file() or not path.exists()
        self.length = 0

    def find(self, store: Store) -> None:
        """Take the length that is kept. Raises UsageError where the file can't be what was left."""
        if not self.is_regular:
            return
        there = self._path.stat().st_size if self._path.exists() else 0
        # One more than the length, for 0 says that no commit ever concerned the file.
        kept = store.progress(self.job)
        if there and not kept:
            raise click.UsageError(
                f"{self._path} holds {there:,} bytes, and none of them from the run that is to be resumed: "
                "name another file for the rest, or the one that the run wrote to"
            )
        self.length = max(kept - 1, 0)
        if there < self.length:
            raise click.UsageError(
                f"{self._path} holds {there:,} bytes, and held {self.length:,} when the run that is to be "
                "resumed stored its last payloads: lines are missing; name another file for the rest, or "
                "--restart applies all of them anew"
            )

    def open(self) -> None:
        # Without a buffer nothing is left that would be written after all when it is closed.
        self._file = FileIO(self._path, "ab")

    def keep(self, transaction: Transaction) -> None:
        if self.is_regular:
            transaction.set_progress(self.job, self.length + 1)

    def cut(self) -> None:
        if self.is_regular and self._file is not None:
            self._file.truncate(self.length)

    def write(self, lines: bytes) -> None:
        """Write, and for a file wait until it is on the disk. Raises OSError."""
        assert self._file is not None, "it is opened first"
        rest = memoryview(lines)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
            if self.is_regular:
                os.fsync(self._file.fileno())
                self.length += len(lines)
        except OSError as error:
            error.filename = str(self._path)
            raise

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

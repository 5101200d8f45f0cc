"""The files of --accepted and --rejected beside a store that is written chunk by chunk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import FileIO
from pathlib import Path

import click

from rulewright.cli.desk.desk import Decided
from rulewright.cli.here import place_of
from rulewright.cli.options import SplitChoices
from rulewright.cli.splitting.lines import lines_of
from rulewright.ports import Store, Transaction


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


class _Copy:
    """One file that payloads are copied to. `length` is how much of it is stored, or about to be."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: FileIO | None = None
        self.job = f"copy {place_of(path)}"
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

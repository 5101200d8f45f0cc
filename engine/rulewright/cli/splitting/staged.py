"""The files of --accepted and --rejected beside what is stored as a whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from rulewright.cli.desk.desk import Decided
from rulewright.cli.options import SplitChoices
from rulewright.cli.splitting.lines import lines_of


class Staged:
    """What the files are to hold. It is written beside them before the commit: if that fails, none is made.

    After the commit it is put in place, so that the files never tell of what was not stored.
    """

    def __init__(self, split: SplitChoices) -> None:
        named = ((True, split.accepted), (False, split.rejected))
        self._wanted = [(accepted, Path(name).resolve()) for accepted, name in named if name is not None]
        self._beside: list[tuple[Path, Path]] = []
        self._streams: list[tuple[BinaryIO, bytes]] = []

    def write(self, decided: Sequence[Decided]) -> None:
        """Bring the lines to the disk, just before the commit. Raises OSError."""
        for accepted, path in self._wanted:
            lines = lines_of(decided, accepted)
            if path.exists() and not path.is_file():
                # A pipe takes nothing back.
                self._streams.append((path.open("ab"), lines))
                continue
            beside = path.with_name(f".{path.name}.{os.getpid()}")
            self._beside.append((beside, path))
            _write(beside, path, lines)

    def put(self) -> None:
        """After the commit: what was written beside the files takes their places. Raises OSError."""
        while self._beside:
            beside, path = self._beside[0]
            beside.replace(path)
            del self._beside[0]
        for stream, lines in self._streams:
            stream.write(lines)
            stream.flush()

    def close(self) -> None:
        """Remove what was written and not put in place."""
        for beside, _ in self._beside:
            beside.unlink(missing_ok=True)
        for stream, _ in self._streams:
            stream.close()


def _write(beside: Path, path: Path, lines: bytes) -> None:
    try:
        with beside.open("wb") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, beside)
    except OSError as error:
        error.filename = str(path)
        raise

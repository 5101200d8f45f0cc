"""Which files the arguments of a command name, and opening them without being caught out."""

from __future__ import annotations

import glob
import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final, Literal

from msgspec import Struct

from rulewright.errors import PayloadError

Kind = Literal["json", "jsonl", "yaml", "csv", "xlsx", "unknown"]
STDIN: Final = "-"
# How reports name stdin where nobody said what it holds.
NAMELESS: Final = "<stdin>"

_KINDS: Final[dict[str, Kind]] = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".csv": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
}
_USE: Final = "use JSON, JSONL, CSV or XLSX"
_UNPACK: Final = "unpack them first, or pipe what they hold into -, with --stdin-filename NAME.jsonl"
_UNPACK_IT: Final = "unpack it first, or pipe what it holds into -, with --stdin-filename NAME.jsonl"
_NOT_READ: Final = {
    ".xls": f"old Excel files are not read; {_USE}",
    ".xlsb": f"binary Excel files are not read; {_USE}",
    ".xlsm": f"Excel files with macros are not read; {_USE}",
    ".ods": f"OpenDocument files are not read; {_USE}",
    ".parquet": f"Parquet files are not read; {_USE}",
    **dict.fromkeys((".gz", ".bz2", ".xz", ".zst", ".zip"), f"packed files are not read; {_UNPACK}"),
}
# How packed files begin, whatever they are called; workbooks are zip archives.
_PACKED: Final = {
    b"\x1f\x8b": f"this file is packed (gzip), whatever its name says; {_UNPACK_IT}",
    b"PK\x03\x04": f"this is a zip archive, or a workbook that must be called .xlsx; else {_UNPACK_IT}",
    b"BZh": f"this file is packed (bzip2), whatever its name says; {_UNPACK_IT}",
    b"\xfd7zXZ": f"this file is packed (xz), whatever its name says; {_UNPACK_IT}",
    b"\x28\xb5\x2f\xfd": f"this file is packed (zstd), whatever its name says; {_UNPACK_IT}",
}
_LONGEST_MARK: Final = max(map(len, _PACKED))


class Source(Struct, frozen=True):
    """One input: `path` is "-" for stdin, `name` is how reports name it. `sheet` is that of a workbook."""

    path: str
    name: str
    kind: Kind
    sheet: str | None = None

    @property
    def is_stdin(self) -> bool:
        """Whether it is stdin, which can be read only once."""
        return self.path == STDIN

    @property
    def is_table(self) -> bool:
        """Whether it is rows of cells below a header."""
        return self.kind in ("csv", "xlsx")

    def open(self) -> BinaryIO:
        """Open it for reading bytes; the caller closes it. Raises PayloadError."""
        if self.is_stdin:
            return sys.stdin.buffer
        try:
            # A named pipe that nobody writes to would keep a plain open waiting for ever.
            descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except (OSError, ValueError) as error:
            raise PayloadError(_reason(error), self.name) from None
        mode = os.fstat(descriptor).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            os.close(descriptor)
            raise PayloadError(_wrong_kind(mode), self.name)
        if hasattr(os, "set_blocking"):
            os.set_blocking(descriptor, True)
        opened = os.fdopen(descriptor, "rb")
        if stat.S_ISREG(mode) and self.kind != "xlsx":
            self._require_unpacked(opened)
        return opened

    def _require_unpacked(self, opened: BinaryIO) -> None:
        start = opened.read(_LONGEST_MARK)
        opened.seek(0)
        for mark, words in _PACKED.items():
            if start.startswith(mark):
                opened.close()
                raise PayloadError(words, self.name)


def find_sources(arguments: Sequence[str], stdin_filename: str | None = None) -> tuple[Source, ...]:
    """The inputs that arguments name: files, "-" for stdin, quoted globs, and `book.xlsx:Sheet`.

    Raises PayloadError for what is not there, is no file, or has a format that is not read.
    """
    found = [source for argument in arguments for source in _expand(argument, stdin_filename)]
    if sum(source.is_stdin for source in found) > 1:
        raise PayloadError("stdin (-) can be read only once")
    return tuple(found)


def _expand(argument: str, stdin_filename: str | None) -> list[Source]:
    if argument == STDIN:
        if not stdin_filename:
            return [Source(STDIN, NAMELESS, "json")]
        name, sheet = _parted(stdin_filename)
        return [Source(STDIN, name, _kind_of(name), sheet)]
    path, sheet = _parted(argument)
    if sheet is not None and not os.path.lexists(argument):
        _require_file(path)
        return [Source(path, path, "xlsx", sheet)]
    if os.path.lexists(argument) or not glob.has_magic(argument):
        _require_file(argument)
        return [Source(argument, argument, _kind_of(argument))]
    matches = sorted(glob.glob(argument, recursive=True))
    if not matches:
        raise PayloadError("this pattern matches no file", argument)
    return [Source(each, each, _kind_of(each)) for each in matches if not Path(each).is_dir()]


def _parted(name: str) -> tuple[str, str | None]:
    """`book.xlsx:Sheet` as the workbook's name and the sheet's; any other name, and None."""
    workbook, ending, sheet = name.rpartition(".xlsx:")
    return (f"{workbook}.xlsx", sheet) if ending and sheet else (name, None)


def _require_file(argument: str) -> None:
    try:
        mode = os.stat(argument).st_mode
    except (OSError, ValueError) as error:
        # An empty name is most likely a variable of the shell that is not set.
        raise PayloadError(_reason(error), argument or '""') from None
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        raise PayloadError(_wrong_kind(mode), argument)


def _kind_of(name: str) -> Kind:
    suffix = Path(name).suffix.lower()
    if suffix in _NOT_READ:
        raise PayloadError(_NOT_READ[suffix], name)
    return _KINDS.get(suffix, "unknown")


def _wrong_kind(mode: int) -> str:
    return "this is a folder, not a file" if stat.S_ISDIR(mode) else "this is a device, not a file"


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return f"can't be read: {error.strerror}" if isinstance(error, OSError) else f"can't be read: {error}"

"""The parts of a workbook, which is a zip file."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from rulewright.errors import PayloadError


@contextmanager
def opened_parts(name: str, data: bytes) -> Iterator[zipfile.ZipFile]:
    """The parts, for a block that reads them. Raises PayloadError where that can't be."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            yield parts
    except (zipfile.BadZipFile, ValueError, RuntimeError, EOFError, zlib.error) as error:
        # RuntimeError: a part is encrypted, or packed in a way that the standard library does not know.
        raise PayloadError(f"this is no XLSX workbook: {error}", name) from None

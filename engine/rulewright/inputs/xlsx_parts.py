"""The parts of a workbook, which is a zip file."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import BinaryIO, Final

from rulewright.errors import PayloadError

_BOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_ATTRIBUTE: Final = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_TAG: Final = re.compile(r"<(?:\w+:)?(sheet|Relationship)\s([^>]*)>")


@contextmanager
def opened_parts(name: str, book: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """The parts, for a block that reads them. Raises PayloadError where that can't be."""
    try:
        with zipfile.ZipFile(book) as parts:
            yield parts
    except (zipfile.BadZipFile, ValueError, RuntimeError, EOFError, zlib.error) as error:
        # RuntimeError: a part is encrypted, or packed in a way that the standard library does not know.
        # EOFError, of a file that became shorter meanwhile, has no words.
        reason = str(error) or "it ends too early"
        raise PayloadError(f"this is no XLSX workbook: {reason}", name) from None


def part_of(parts: zipfile.ZipFile, sheet: str) -> str | None:
    """The part of a workbook that holds a sheet."""
    if not {_BOOK, _RELATIONS} <= set(parts.namelist()):
        return None
    book, relations = (parts.read(part).decode("utf-8", "replace") for part in (_BOOK, _RELATIONS))
    targets = {one.get("Id"): one.get("Target", "") for one in _tags("Relationship", relations)}
    for one in _tags("sheet", book):
        if one.get("name") == sheet:
            target = targets.get(one.get("id"), "")
            part = target.removeprefix("/") if target.startswith(("/", "xl/")) else f"xl/{target}"
            return part if part in parts.namelist() else None
    return None


def _tags(wanted: str, text: str) -> Iterator[dict[str, str]]:
    """The attributes of each tag, by their names without prefixes."""
    for tag, attributes in _TAG.findall(text):
        if tag == wanted:
            yield {
                name.rpartition(":")[2]: unescape(double or single)
                for name, double, single in _ATTRIBUTE.findall(attributes)
            }

"""Cells of a sheet that hold no value, though they are not empty: python-calamine gives them out as empty.

An error like #N/A, or a formula whose value nobody has worked out: libraries write formulas so, and the
next spreadsheet program that saves the workbook adds their values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import IO, BinaryIO, Final
from xml.etree import ElementTree

from msgspec import Struct

from rulewright.errors import PayloadError
from rulewright.inputs.table_place import column_index
from rulewright.inputs.xlsx_parts import opened_parts

_MOST: Final = 1_000_000
_PLACE: Final = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})\Z")


class Flaw(Struct, frozen=True):
    """A cell without a value. `shown` is what a spreadsheet shows instead of one, or the formula."""

    shown: str
    is_error: bool

    @property
    def message(self) -> str:
        """What is wrong with the cell."""
        if self.is_error:
            return f"this cell holds the error {self.shown}"
        return (
            "the value of the formula in this cell was never worked out; "
            "open the workbook in a spreadsheet program and save it"
        )


# Rows by their number from 1, their cells by the number of the column from 0.
Flaws = Mapping[int, Mapping[int, Flaw]]


def find_flaws(name: str, book: BinaryIO, part: str) -> Flaws:
    """The flawed cells of the sheet that a part holds. Raises PayloadError where there are too many."""
    found: dict[int, dict[int, Flaw]] = {}
    with opened_parts(name, book) as parts, parts.open(part) as content:
        for number, (line, column, flaw) in enumerate(_flaws(content)):
            if number == _MOST:
                message = f"more than {_MOST:,} cells hold errors, or formulas that were never worked out"
                raise PayloadError(message, name)
            found.setdefault(line, {})[column] = flaw
    return found


def _flaws(content: IO[bytes]) -> Iterator[tuple[int, int, Flaw]]:
    """Line, column and flaw of each flawed cell."""
    # What is no XML is told of by whoever reads the sheet. Expat bounds what entities expand to.
    events = ElementTree.iterparse(content, ("start", "end"))  # noqa: S314
    rows = None
    with suppress(ElementTree.ParseError):
        for event, element in events:
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                rows = element if tag == "sheetData" else rows
            elif tag == "c":
                flaw, place = _flaw_of(element), _PLACE.match(element.get("r", ""))
                if flaw is not None and place is not None:
                    yield int(place[2]), column_index(place[1].upper()), flaw
            elif tag == "row" and rows is not None:
                # What was seen is not kept.
                rows.clear()


def _flaw_of(cell: ElementTree.Element) -> Flaw | None:
    parts = {part.tag.rpartition("}")[2]: (part.text or "").strip() for part in cell}
    if cell.get("t") == "e":
        return Flaw(parts.get("v") or "of a formula", is_error=True)
    # A formula whose value is an empty text says that it is a text.
    if "f" in parts and not parts.get("v") and cell.get("t") != "str":
        return Flaw(f"={parts['f']}", is_error=False)
    return None

"""A large sheet is read piece by piece, and gives what it gives as a whole."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineSheet, CalamineWorkbook
from workbook import CellError, DateSerial, Formula, write_workbook

from rulewright.errors import PayloadError
from rulewright.inputs import xlsx_pieces, xlsx_survey
from rulewright.inputs.table import Row
from rulewright.inputs.xlsx_rows import open_sheet

# Blank rows, rows that start late, dates, errors and formulas without a value, in turns.
CELLS: dict[str, object] = {"A1": "guest", "B1": "people", "C1": "day"}
for number in range(3, 400, 3):
    CELLS |= {
        f"A{number}": f"Guest {number} </row> & é",
        f"B{number}": number,
        f"C{number}": DateSerial(45688),
    }
    CELLS |= {f"C{number + 1}": True} if number % 2 else {f"B{number + 1}": CellError("#N/A")}
    CELLS |= {f"A{number + 2}": Formula("B1")} if number % 5 == 0 else {}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every sheet that python-calamine is asked for, of pieces of some rows."""
    sheets: list[str] = []
    read = xlsx_pieces.read_sheet

    def counting(name: str, workbook: CalamineWorkbook, sheet: str) -> CalamineSheet:
        sheets.append(sheet)
        return read(name, workbook, sheet)

    monkeypatch.setattr(xlsx_pieces, "read_sheet", counting)
    write_workbook("v.xlsx", {"Empty": {}, "S": CELLS})
    return sheets


def read_rows() -> list[Row]:
    """The rows of the one sheet that holds something, without what is empty at their ends."""
    rows = list(open_sheet("v.xlsx", BytesIO(Path("v.xlsx").read_bytes()), None).rows())
    for row in rows:
        assert isinstance(row.cells, list)
        while row.cells[-1] == "":
            row.cells.pop()
    return rows


def read_little(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """So many bytes of a sheet at a time; no fewer than what is read with each piece, some 1,500."""
    monkeypatch.setattr(xlsx_pieces, "_PIECE", size)
    monkeypatch.setattr(xlsx_survey, "_BLOCK", 200)


def rewrite(change: Callable[[str], str]) -> None:
    """Write the sheet as another program might."""
    with zipfile.ZipFile("v.xlsx") as book:
        parts = {name: book.read(name) for name in book.namelist()}
    before = parts["xl/worksheets/sheet2.xml"].decode()
    parts["xl/worksheets/sheet2.xml"] = change(before).encode()
    assert change(before) != before
    with zipfile.ZipFile("v.xlsx", "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)


@pytest.mark.parametrize("size", [1, 4_000])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("<row ", '<row spans="1:3" '),
        lambda text: re.sub("<(/?)(?=[a-z])", r"<\1x:", text).replace("xmlns=", "xmlns:x="),
        lambda text: text.replace("</sheetData>", "</sheetData><rowBreaks/>"),
    ],
    ids=["spans", "prefixes", "breaks"],
)
def test_pieces_give_the_rows_of_the_whole(
    opened: list[str], monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str], size: int
) -> None:
    """Cells, numbers of rows and flaws, however the pieces are cut."""
    rewrite(change)
    whole = read_rows()
    opened.clear()
    read_little(monkeypatch, size)

    assert read_rows() == whole
    assert len(whole) > 200
    assert opened.count("S") > 5


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("<row r=", "<!-- </row> --><row r=", 9),
        lambda text: text.replace("Guest 9 ", "<![CDATA[</row>]]>"),
        lambda text: text.replace('<row r="99">', "<row>"),
        lambda text: text.replace("<sheetData>", '<sheetData a="">'),
        lambda text: re.sub("(<row .*</row>)(<row .*</row>)", r"\2\1", text),
        lambda text: text.replace('</c><c r="B', '</c></row><row r="99"><c r="B').replace('"99"', '"3"', 1),
    ],
    ids=["comments", "CDATA", "unnumbered", "attributes", "unordered", "torn"],
)
def test_what_can_not_be_cut_is_read_as_a_whole(
    opened: list[str], monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str]
) -> None:
    """Where a row's end, or its number, can't be told by a look, or rows are not in order."""
    rewrite(change)
    whole = read_rows()
    opened.clear()
    read_little(monkeypatch, 1)

    assert read_rows() == whole
    assert opened.count("S") == 1


def test_a_piece_that_is_broken(opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told of as the sheet."""
    rewrite(lambda text: text.replace("Guest 399", "&lol;"))
    read_little(monkeypatch, 1)

    with pytest.raises(PayloadError, match="the sheet S can't be read"):
        read_rows()


def test_a_workbook_that_is_cut_off_meanwhile(opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told of as what is no workbook any more, with a reason."""
    read_little(monkeypatch, 1)
    rewrite(lambda text: text.replace("Guest 3 ", "Guest 3 " + "x" * 100_000))
    book = BytesIO(Path("v.xlsx").read_bytes())
    rows = open_sheet("v.xlsx", book, None).rows()
    next(rows)
    book.truncate(book.tell())

    with pytest.raises(PayloadError, match="no XLSX workbook: it ends too early"):
        list(rows)

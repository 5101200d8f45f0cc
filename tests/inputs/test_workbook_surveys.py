"""How far the cells of a workbook go is told before python-calamine makes them, however they are written."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from rulewright.inputs import xlsx_survey
from rulewright.inputs.xlsx_survey import Survey, survey

BEFORE = '<worksheet xmlns="m"><sheetData>'


def survey_of(cells: str, before: str = BEFORE) -> Survey:
    """What is found of a sheet whose last row holds these cells."""
    book = BytesIO()
    with zipfile.ZipFile(book, "w") as parts:
        text = f'{before}<row r="1"><c r="A1"/></row><row r="2">{cells}</row></sheetData></worksheet>'
        parts.writestr("sheet.xml", text)
    with zipfile.ZipFile(book) as parts:
        return survey(parts, parts.getinfo("sheet.xml"))


@pytest.mark.parametrize(
    "cells",
    [
        '<c r="XFD1048576"/>',
        '<c r="xfd1048576"/>',
        '<c r="Xfd20000"/>',
        '<c r="A99999999"/>',
        '<c r="AAAAA2"/>',
        "<c r='XFD1048576'/>",
        '<c r = "XFD1048576"/>',
        '<c t="s"r="XFD1048576"/>',
        '<c r="BA2"/><c r="A400000"/>',
        '<c r="A400000"/><c r="BA2"/>',
        f'<c r="{"0" * 50_000}1048576"/><c r="XFD2"/>',
    ],
)
def test_far_cells_are_found(cells: str) -> None:
    """Also in small letters, beyond what any sheet holds, and where two cells go far each in its way."""
    assert survey_of(cells).is_far


@pytest.mark.parametrize(
    "cells",
    ['<c r="XFD2"/>', '<c r="A1048576"/>', '<c r="AZ299999"/>', '<c r="ZZ19999"/>', '<c r="b0000000003"/>'],
)
def test_wide_sheets_and_long_ones_are_none(cells: str) -> None:
    """What no sheet of a spreadsheet program is refused for."""
    assert not survey_of(cells).is_far


def test_a_sheet_that_starts_late_is_one() -> None:
    """A comment before all else hides nothing."""
    comment = f"<!--{'x' * 70_000}-->"

    assert survey_of('<c r="XFD1048576"/>', comment + BEFORE).is_far


@pytest.mark.parametrize("block", [1, 7, 64])
def test_nothing_is_lost_between_blocks(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """Wherever the XML is cut while it is read."""
    monkeypatch.setattr(xlsx_survey, "_BLOCK", block)
    monkeypatch.setattr(xlsx_survey, "_LONGEST_HEAD", len(BEFORE) + 10)
    flawed = survey_of('<c r="XFD1048576"><f>1+1</f> <v/></c>')

    assert (flawed.is_far, flawed.may_have_flaws) == (True, True)
    assert flawed.head == (BEFORE.encode(), b"")


def test_a_long_text_is_gone_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows can't be told apart then; what follows is still looked at."""
    monkeypatch.setattr(xlsx_survey, "_LONGEST_TEXT", 1_000)
    monkeypatch.setattr(xlsx_survey, "_BLOCK", 100)
    monkeypatch.setattr(xlsx_survey, "_LONGEST_HEAD", 100)
    found = survey_of(f'<c r="A2"><t>{"x" * 5_000}</t></c><c r="XFD1048576"/>')

    assert (found.is_far, found.head) == (True, None)

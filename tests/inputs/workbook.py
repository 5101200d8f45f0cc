"""XLSX workbooks made by hand, as small as readers take them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


class DateSerial(float):
    """A number that the workbook shows as a date."""


class CellError(str):
    """An error that the workbook shows, like #N/A."""

    __slots__ = ()


@dataclass(frozen=True)
class Formula:
    """A formula, and what a spreadsheet program made of it: None where none has."""

    text: str
    value: str | None = None
    kind: str = "n"


def write_workbook(path: str, sheets: Mapping[str, Mapping[str, object]]) -> str:
    """Write sheets of cells (by names like B7, in the order of rows); return the path."""
    numbered = list(enumerate(sheets, start=1))
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in numbered)
    related = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in numbered
    )
    styles = f'<Relationship Id="styles" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    office = f'<Relationship Id="r" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", f'<Types xmlns="{_TYPES}"/>')
        book.writestr("_rels/.rels", f'<Relationships xmlns="{_RELATIONS}">{office}</Relationships>')
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_RELATIONS}">{related}{styles}</Relationships>',
        )
        sheets_xml = f"<sheets>{listed}</sheets>"
        book.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{sheets_xml}</workbook>'
        )
        book.writestr("xl/styles.xml", _STYLES)
        for number, name in numbered:
            book.writestr(f"xl/worksheets/sheet{number}.xml", _sheet(sheets[name]))
    return str(Path(path))


def _sheet(cells: Mapping[str, object]) -> str:
    rows: dict[str, list[str]] = {}
    for name, value in cells.items():
        rows.setdefault(name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), []).append(_cell(name, value))
    data = "".join(f'<row r="{row}">{"".join(made)}</row>' for row, made in rows.items())
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{data}</sheetData></worksheet>'


def _cell(name: str, value: object) -> str:
    if isinstance(value, bool):
        return f'<c r="{name}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, DateSerial):
        return f'<c r="{name}" s="1"><v>{float(value)}</v></c>'
    if isinstance(value, CellError):
        return f'<c r="{name}" t="e"><v>{value}</v></c>'
    if isinstance(value, Formula):
        made = "" if value.value is None else value.value
        return f'<c r="{name}" t="{value.kind}"><f>{escape(value.text)}</f><v>{made}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{name}"><v>{value}</v></c>'
    return f'<c r="{name}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'

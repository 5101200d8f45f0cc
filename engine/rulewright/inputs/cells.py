"""Cells to JSON values, by the declared type of their field: spreadsheets know no integers, CSV no types.

What does not look like a value of its type stays as it is, so that the rules refuse it and say why.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Final

from rulewright.compiled import CompiledField
from rulewright.fieldtypes import print_date, print_datetime
from rulewright.inputs.json_text import JsonFlaw, parse_json
from rulewright.inputs.limits import ROOMY_BYTES
from rulewright.inputs.payload import holds_many

# A spreadsheet that writes CSV may print 15099 as 15099.0.
_INTEGER: Final = re.compile(r"([+-]?[0-9]{1,19})(?:\.0{1,19})?\Z")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,4})?\Z")
# Above this a double no longer tells one whole number from the next.
_EXACT: Final = 2**53
_WORDS: Final = {"true": True, "false": False}


def is_empty(cell: object) -> bool:
    """Whether a cell holds nothing: its field is absent then."""
    return cell is None or cell == ""


def read_cell(cell: object, field: CompiledField | None) -> object:
    """The JSON value of a cell that is not empty; without a field, that of a text."""
    if field is None:
        return _text(cell)
    if isinstance(cell, date):
        return _printed(cell, field)
    return _READERS.get(field.type.basic, _text)(cell)


def text_reader(field: CompiledField | None) -> Callable[[object], object] | None:
    """What reads a cell that is a text; None where the text is the value as it stands."""
    return _READERS.get(field.type.basic) if field is not None else None


def _printed(cell: date, field: CompiledField) -> object:
    """A cell that the spreadsheet itself shows as a date, in the format that the field is sent in."""
    format_ = field.rule.format or "iso"
    midnight = not isinstance(cell, datetime) or cell.time() == time()
    if field.type.name == "date" and midnight:
        return print_date(cell, format_)
    moment = cell if isinstance(cell, datetime) else datetime.combine(cell, time())
    if field.type.name == "datetime":
        return print_datetime(moment, format_)
    return cell.isoformat()[:10] if midnight else cell.isoformat()


def _integer(cell: object) -> object:
    if isinstance(cell, float):
        return _whole(cell)
    if isinstance(cell, str) and (digits := _INTEGER.match(cell.strip())):
        return int(digits[1])
    return _plain(cell)


def _number(cell: object) -> object:
    if isinstance(cell, str) and _NUMBER.match(cell.strip()):
        number = float(cell)
        return number if math.isfinite(number) else cell
    return _plain(cell)


def _boolean(cell: object) -> object:
    return _WORDS.get(cell.strip().lower(), cell) if isinstance(cell, str) else _plain(cell)


def _text(cell: object) -> object:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(_whole(cell)) if isinstance(cell, float) else str(cell)


def _nested(cell: object) -> object:
    """A list or an object, written into its cell as JSON."""
    if isinstance(cell, str) and cell.lstrip().startswith(("{", "[")):
        try:
            value = parse_json(cell)
        except JsonFlaw:
            return cell
        return cell if len(cell) > ROOMY_BYTES and holds_many(value) else value
    return _plain(cell)


def _plain(cell: object) -> object:
    if isinstance(cell, float):
        return _whole(cell)
    return cell if isinstance(cell, str | bool | int) else str(cell)


def _whole(number: float) -> int | float:
    return int(number) if number.is_integer() and abs(number) <= _EXACT else number


_READERS: Final[dict[str, Callable[[object], object]]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "object": _nested,
    "list": _nested,
    "map": _nested,
    "any": _nested,
}


def shown(text: str) -> str:
    """A text of the file as messages quote it, cut where it is long."""
    return json.dumps(text[:40], ensure_ascii=False)

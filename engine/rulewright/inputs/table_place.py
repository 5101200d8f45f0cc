"""How a cell is named: as spreadsheets do, `cases.csv:B7` and `cases.xlsx:Sheet1!B7`."""

from __future__ import annotations

from collections.abc import Callable

# The row's number from 1 and the column's index from 0 -> the cell's name.
TablePlace = Callable[[int, int], str]


def csv_place(name: str, line: int, index: int) -> str:
    """A cell of a CSV file, in the row that begins on this line."""
    return f"{name}:{column_letters(index)}{line}"


def sheet_place(name: str, sheet: str, line: int, index: int) -> str:
    """A cell of a spreadsheet."""
    return f"{name}:{sheet}!{column_letters(index)}{line}"


def column_letters(index: int) -> str:
    """A, B, ... Z, AA, ... for 0, 1, ..."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """0, 1, ... for A, B, ..."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1

"""Rulewright's own functions; `given` and `find` are macros and need no row here."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from rulewright.cel.comparison import MISSING, lookup
from rulewright.cel.errors import EvaluationError
from rulewright.cel.signature import Function, T, free, list_of, map_of
from rulewright.cel.values import DYN, INT, INT_MAX, INT_MIN, NULL, STRING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rulewright.cel.limits import Budget

_SYMBOLS: Final[Mapping[str, str]] = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥"}
_NO_MINOR: Final = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_MINOR: Final = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
"""ISO 4217 exponents other than 2."""


_SPELT: Final = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ŧ": "t",
        "\u0131": "i",  # dotless
        "@": " at ",
    }
)
"""Latin letters that Unicode doesn't take apart, and the sign that Laravel spells out, in small letters."""


def slug(text: str) -> str:
    """`Patrick's Case` -> `patricks-case`, as Laravel does: for URLs and keys.

    Letters of other scripts than the Latin one are left as they are.
    """
    plain = "".join(
        character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character)
    )
    kept = re.sub(r"[^\w\s-]", "", plain.lower().translate(_SPELT))
    return re.sub(r"[\s_-]+", "-", kept).strip("-")


def money(minor: int, currency: str) -> dict[str, object]:
    """An amount of minor units (pence, cents) with the text people read: 15099, GBP -> £150.99."""
    if re.fullmatch(r"[A-Z]{3}", currency) is None:
        raise EvaluationError(f"{currency[:20]!r} is no ISO 4217 currency code")
    digits = 0 if currency in _NO_MINOR else 3 if currency in _THREE_MINOR else 2
    whole, rest = divmod(abs(int(minor)), 10**digits)
    fraction = f".{rest:0{digits}d}" if digits else ""
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    formatted = f"{'-' if minor < 0 else ''}{symbol}{whole:,}{fraction}"
    return {"amount": int(minor), "currency": currency, "formatted": formatted}


def _pick(budget: Budget, record: Mapping[object, object], names: list[object]) -> dict[object, object]:
    picked: dict[object, object] = {}
    for name in names:
        value = lookup(budget, record, name)
        if value is not MISSING:
            picked[name] = value
    return picked


def total(numbers: list[object]) -> int | float:
    """The sum of a list of numbers; 0 of an empty one."""
    result: int | float = 0
    for number in numbers:
        if not isinstance(number, int | float) or isinstance(number, bool):
            raise EvaluationError("sum takes a list of numbers")
        result += number
    if isinstance(result, int) and not INT_MIN <= result <= INT_MAX:
        raise EvaluationError("integer overflow")
    return result


def _null(*_: object) -> None:
    return None


OWN: Final = (
    Function("sum", (free([list_of(T)], T, total),)),
    Function("slug", (free([STRING], STRING, slug),)),
    Function(
        "pick", (free([map_of(STRING, DYN), list_of(STRING)], map_of(STRING, DYN), _pick, metered=True),)
    ),
    Function(
        "money",
        (
            free([INT, STRING], map_of(STRING, DYN), money),
            free([NULL, STRING], NULL, _null),
        ),
    ),
)

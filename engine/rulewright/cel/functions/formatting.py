"""`text.format(values)`: the clauses %s %d %f %e %b %o %x %X %%."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, cast

from rulewright.cel.errors import EvaluationError
from rulewright.cel.functions.conversions import bool_text, double_text, plain_double_text, utf8
from rulewright.cel.limits import CHARACTERS_PER_STEP, Budget
from rulewright.cel.values import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    LIST,
    MAP,
    NULL,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    adapt,
    kind_name,
    kind_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_CLAUSE: Final = re.compile(r"%(?:\.([0-9]{1,6}))?([a-zA-Z%])?")
_MAX_PRECISION: Final = 1_000
_MAX_NESTING: Final = 50
"""Lists within lists shown by %s; writing them takes two Python frames a level."""


def format_text(budget: Budget, template: str, values: list[object]) -> str:
    """The template with each clause replaced by the next value."""
    remaining = iter(values)
    parts: list[str] = []
    position = 0
    for found in _CLAUSE.finditer(template):
        parts.append(template[position : found.start()])
        parts.append(_clause(budget, found, remaining, len(values)))
        budget.spend(1 + len(parts[-1]) // CHARACTERS_PER_STEP)
        position = found.end()
    parts.append(template[position:])
    return "".join(parts)


_END: Final = object()


def _clause(budget: Budget, found: re.Match[str], remaining: Iterator[object], count: int) -> str:
    precision_text, letter = found.groups()
    if letter == "%" and precision_text is None:
        return "%"
    if letter not in _WRITERS or (precision_text is not None and letter not in "fe"):
        raise EvaluationError(f"unknown format clause {found.group()!r}")
    value = next(remaining, _END)
    if value is _END:
        raise EvaluationError(f"format needs more values than the {count} given")
    precision = int(precision_text) if precision_text is not None else 6
    if precision > _MAX_PRECISION:
        raise EvaluationError(f"format precision is at most {_MAX_PRECISION:,}")
    return _WRITERS[letter](budget, adapt(value), precision)


def _mismatch(letter: str, value: object) -> EvaluationError:
    return EvaluationError(f"%{letter} cannot show {kind_name(value)}")


def _not_finite(value: object) -> str | None:
    """The text of NaN and the infinities, which every numeric clause shows alike."""
    if isinstance(value, float) and not math.isfinite(value):
        return double_text(value)
    return None


def _decimal(_: Budget, value: object, __: int) -> str:
    kind = kind_of(value)
    if kind is DOUBLE:
        return _not_finite(value) or plain_double_text(cast("float", value))
    if kind in (INT, UINT):
        return str(int(cast("int", value)))
    raise _mismatch("d", value)


def _fraction(letter: str) -> Callable[[Budget, object, int], str]:
    def write(_: Budget, value: object, precision: int) -> str:
        if kind_of(value) not in (INT, UINT, DOUBLE):
            raise _mismatch(letter, value)
        return _not_finite(value) or f"{float(cast('float', value)):.{precision}{letter}}"

    return write


def _whole(letter: str) -> Callable[[Budget, object, int], str]:
    def write(_: Budget, value: object, __: int) -> str:
        kind = kind_of(value)
        if kind in (INT, UINT) or (kind is BOOL and letter == "b"):
            return format(int(cast("int", value)), letter)
        if letter in "xX" and kind in (STRING, BYTES):
            data = utf8(value) if isinstance(value, str) else cast("bytes", value)
            return data.hex().upper() if letter == "X" else data.hex()
        raise _mismatch(letter, value)

    return write


def _text(budget: Budget, value: object, _: int) -> str:
    return _shown(budget, value, _MAX_NESTING)


_SCALARS: Final[Mapping[object, Callable[..., str]]] = {
    NULL: lambda _: "null",
    BOOL: bool_text,
    INT: lambda value: str(int(value)),
    UINT: lambda value: str(int(value)),
    DOUBLE: lambda value: _not_finite(value) or plain_double_text(value),
    STRING: str,
    # Adjacent bytes that are no UTF-8 count as one.
    BYTES: lambda value: re.sub("\ufffd+", "\ufffd", value.decode(errors="replace")),
    TIMESTAMP: str,
    DURATION: str,
    TYPE: str,
}


def _shown(budget: Budget, raw: object, nesting: int) -> str:
    value = adapt(raw)
    kind = kind_of(value)
    if kind in _SCALARS:
        text = _SCALARS[kind](value)
    elif nesting == 0:
        raise EvaluationError("%s cannot show lists nested this deep")
    elif kind is LIST:
        texts = [_shown(budget, item, nesting - 1) for item in cast("list[object]", value)]
        text = f"[{', '.join(texts)}]"
    elif kind is MAP:
        pairs = [
            (_shown(budget, key, nesting - 1), _shown(budget, item, nesting - 1))
            for key, item in cast("Mapping[object, object]", value).items()
        ]
        text = f"{{{', '.join(f'{key}: {item}' for key, item in sorted(pairs))}}}"
    else:
        raise _mismatch("s", value)
    budget.spend(1 + len(text) // CHARACTERS_PER_STEP)
    return text


_WRITERS: Final[Mapping[str, Callable[[Budget, object, int], str]]] = {
    "s": _text,
    "d": _decimal,
    "f": _fraction("f"),
    "e": _fraction("e"),
    "b": _whole("b"),
    "o": _whole("o"),
    "x": _whole("x"),
    "X": _whole("X"),
}

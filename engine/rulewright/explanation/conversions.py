"""Evident conversions: what was meant by a value of another type or spelling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Final

from rulewright.compiled import CompiledField
from rulewright.fieldtypes import print_date, print_datetime

_DAYS: Final = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%m-%Y", "%d %B %Y", "%Y%m%d")
_TRUE: Final = frozenset({"true", "yes", "1", "y", "on"})
_FALSE: Final = frozenset({"false", "no", "0", "n", "off"})


def conversions_of(field: CompiledField, sent: object) -> Iterator[object]:
    """Yield what may have been meant, the likeliest first; nothing for a value that is right."""
    for value in _converted(field, sent):
        if value != sent or type(value) is not type(sent):
            yield value


def _converted(field: CompiledField, sent: object) -> Iterator[object]:
    rule = field.rule
    if isinstance(sent, str):
        yield from _options(field, sent)
        yield sent.strip()
    match field.type.basic:
        case "string" | "uuid" if isinstance(sent, int | float) and not isinstance(sent, bool):
            yield str(sent)
        case "integer":
            yield from _whole(sent)
        case "number":
            yield from _number(sent)
        case "boolean":
            yield from _truth(sent)
        case "date" if isinstance(sent, str):
            yield from (print_date(day, rule.format or "iso") for day in _days(sent))
        case "datetime" if isinstance(sent, str):
            yield from (print_datetime(one, rule.format or "iso") for one in _instants(sent))
        case "list" if not isinstance(sent, list) and sent is not None:
            yield [sent]
        case _:
            pass
    yield from _shortened(field, sent)


def _options(field: CompiledField, sent: str) -> Iterator[object]:
    """An option that was written in another case or with spaces around it."""
    options = field.rule.one_of if isinstance(field.rule.one_of, tuple) else ()
    folded = sent.strip().casefold()
    yield from (one for one in options if isinstance(one, str) and one.casefold() == folded)


def _whole(sent: object) -> Iterator[object]:
    if isinstance(sent, bool):
        return
    if isinstance(sent, float) and sent.is_integer():
        yield int(sent)
    if isinstance(sent, str):
        with suppress(ValueError):
            yield int(sent.strip().replace(",", ""))
        with suppress(ValueError, OverflowError):
            number = float(sent.strip())
            if number.is_integer():
                yield int(number)


def _number(sent: object) -> Iterator[object]:
    if isinstance(sent, str):
        with suppress(ValueError):
            yield float(sent.strip().replace(",", ""))


def _truth(sent: object) -> Iterator[object]:
    word = str(sent).strip().casefold()
    if word in _TRUE:
        yield True
    elif word in _FALSE:
        yield False


def _days(sent: str) -> Iterator[date]:
    text = sent.strip()
    for format_ in _DAYS:
        with suppress(ValueError):
            yield datetime.strptime(text, format_).replace(tzinfo=UTC).date()
    with suppress(ValueError):
        yield datetime.fromisoformat(text).date()


def _instants(sent: str) -> Iterator[datetime]:
    with suppress(ValueError):
        found = datetime.fromisoformat(sent.strip())
        yield found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    for day in _days(sent):
        yield datetime(day.year, day.month, day.day, tzinfo=UTC)


def _shortened(field: CompiledField, sent: object) -> Iterator[object]:
    """A list without its repeats; a number at the limit it goes beyond."""
    rule = field.rule
    if isinstance(sent, list):
        yield [item for index, item in enumerate(sent) if item not in sent[:index]]
    if isinstance(sent, int | float) and not isinstance(sent, bool):
        if isinstance(rule.min, int | float) and sent < rule.min:
            yield rule.min
        if isinstance(rule.max, int | float) and sent > rule.max:
            yield rule.max

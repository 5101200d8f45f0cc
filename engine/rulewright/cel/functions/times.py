"""Timestamps and durations: reading them from text, and their parts in any time zone."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Final

from rulewright.cel.errors import EvaluationError
from rulewright.cel.signature import Function, Overload, method
from rulewright.cel.values import DURATION, INT, NANOS, STRING, TIMESTAMP, Duration, Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TIMESTAMP: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,30}))?([Zz]|[+-][0-9]{2}:[0-9]{2})\Z"
)
_OFFSET: Final = re.compile(r"([+-]?)([0-9]{2}):([0-9]{2})\Z")
_DURATION: Final = re.compile(
    r"([+-]?)(0|(?:(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:ns|us|µs|μs|ms|s|m|h)){1,12})\Z"
)
_DURATION_PART: Final = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)")
_UNITS: Final[Mapping[str, int]] = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": NANOS,
    "m": 60 * NANOS,
    "h": 3_600 * NANOS,
}


def parse_timestamp(text: str) -> Timestamp:
    """A timestamp from RFC 3339 text, such as `2025-01-15T09:30:00.5Z`."""
    found = _TIMESTAMP.match(text)
    if found is None:
        raise EvaluationError("a timestamp is written like 2025-01-15T09:30:00Z")
    date, time, fraction, zone = found.groups()
    try:
        moment = dt.datetime.fromisoformat(f"{date}T{time}+00:00")
    except ValueError:
        raise EvaluationError("there is no such date or time") from None
    nanos = int((fraction or "0")[:9].ljust(9, "0"))
    offset = 0 if zone in "Zz" else _offset_seconds(zone)
    return Timestamp(Timestamp.from_datetime(moment).nanos + nanos - offset * NANOS)


def _offset_seconds(text: str) -> int:
    found = _OFFSET.match(text)
    if found is None or int(found[2]) > 23 or int(found[3]) > 59:
        raise EvaluationError(f"unknown time zone {text[:40]!r}")
    seconds = int(found[2]) * 3_600 + int(found[3]) * 60
    return -seconds if found[1] == "-" else seconds


def parse_duration(text: str) -> Duration:
    """A duration from text such as `1h30m`, `-1.5s` or `250ms`."""
    found = _DURATION.match(text)
    if found is None:
        raise EvaluationError("a duration is written like 1h30m, 90s or 250ms")
    nanos = 0
    for whole, fraction, unit in _DURATION_PART.findall(found[2]):
        nanos += int(whole or "0") * _UNITS[unit]
        if fraction:
            nanos += int(fraction) * _UNITS[unit] // 10 ** len(fraction)
    return Duration(-nanos if found[1] == "-" else nanos)


def _zone(name: str) -> dt.tzinfo:
    if _OFFSET.match(name):
        return dt.timezone(dt.timedelta(seconds=_offset_seconds(name)))
    if name in ("", "UTC", "Z"):
        return dt.UTC
    try:
        return _lazy_zone(name)
    except (KeyError, ValueError, OSError):
        raise EvaluationError(f"unknown time zone {name[:40]!r}") from None


def _lazy_zone(name: str) -> dt.tzinfo:
    """zoneinfo takes milliseconds to import; most expressions never need it."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    return ZoneInfo(name)


def _local(moment: Timestamp, zone: str) -> dt.datetime:
    try:
        return moment.to_datetime().astimezone(_zone(zone))
    except OverflowError:
        raise EvaluationError("timestamp out of range: years 1 to 9999") from None


def _whole(span: Duration, unit: int) -> int:
    """The number of whole units, towards zero."""
    return -(-span.nanos // unit) if span.nanos < 0 else span.nanos // unit


def _part(read: Callable[[dt.datetime], int]) -> tuple[Overload, Overload]:
    return (
        method([TIMESTAMP], INT, lambda moment: read(moment.to_datetime())),
        method([TIMESTAMP, STRING], INT, lambda moment, zone: read(_local(moment, zone))),
    )


def _part_or_whole(name: str, read: Callable[[dt.datetime], int], unit: int) -> Function:
    return Function(name, (*_part(read), method([DURATION], INT, lambda span: _whole(span, unit))))


TIMES: Final = (
    Function("getFullYear", _part(lambda moment: moment.year)),
    Function("getMonth", _part(lambda moment: moment.month - 1)),
    Function("getDate", _part(lambda moment: moment.day)),
    Function("getDayOfMonth", _part(lambda moment: moment.day - 1)),
    Function("getDayOfWeek", _part(lambda moment: moment.isoweekday() % 7)),
    Function("getDayOfYear", _part(lambda moment: moment.timetuple().tm_yday - 1)),
    _part_or_whole("getHours", lambda moment: moment.hour, 3_600 * NANOS),
    _part_or_whole("getMinutes", lambda moment: moment.minute, 60 * NANOS),
    _part_or_whole("getSeconds", lambda moment: moment.second, NANOS),
    Function(
        "getMilliseconds",
        (
            *_part(lambda moment: moment.microsecond // 1_000),
            # Unlike hours, minutes and seconds, CEL gives the part below one second here.
            method([DURATION], INT, lambda span: _whole(span, 1_000_000) - _whole(span, NANOS) * 1_000),
        ),
    ),
)

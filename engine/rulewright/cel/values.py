"""CEL's values in Python: plain types where Python has them, small frozen ones where it hasn't.

null None, bool bool, int int, uint `Uint`, double float, string str, bytes bytes, list list or tuple, map any
Mapping, timestamp `Timestamp` (or datetime, date), duration `Duration` (or timedelta), type `Type`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rulewright.cel.errors import EvaluationError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1
UINT_MAX: Final = 2**64 - 1
NANOS: Final = 1_000_000_000
"""Nanoseconds in a second."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_TIMESTAMP_MIN: Final = -62_135_596_800 * NANOS
_TIMESTAMP_MAX: Final = 253_402_300_800 * NANOS - 1
_DURATION_MAX: Final = 315_576_000_000 * NANOS


class Uint(int):
    """CEL's unsigned 64-bit integer; equal to the int of the same value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{int(self)}u"


@dataclass(frozen=True, slots=True)
class Type:
    """A type: of a signature (`list(int)`), or what `type(x)` gives (`list`, without its parameters)."""

    name: str
    params: tuple[Type, ...] = ()
    variable: bool = False
    """A type parameter of a signature, such as the T of `list(T)`."""

    def __str__(self) -> str:
        inner = f"({', '.join(map(str, self.params))})" if self.params else ""
        return f"{'~' if self.variable else ''}{self.name}{inner}"


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A point in time, in nanoseconds since 1970-01-01T00:00:00Z; years 1 to 9999."""

    nanos: int

    def __post_init__(self) -> None:
        if not _TIMESTAMP_MIN <= self.nanos <= _TIMESTAMP_MAX:
            raise EvaluationError("timestamp out of range: years 1 to 9999")

    @classmethod
    def from_datetime(cls, moment: dt.datetime) -> Timestamp:
        """The timestamp of a datetime; one without time zone is taken for UTC."""
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
        return cls((aware - _EPOCH) // dt.timedelta(microseconds=1) * 1000)

    def to_datetime(self) -> dt.datetime:
        """An aware datetime in UTC, cut to microseconds."""
        return _EPOCH + dt.timedelta(microseconds=self.nanos // 1000)

    def __str__(self) -> str:
        moment = self.to_datetime().replace(tzinfo=None, microsecond=0)
        return f"{moment.isoformat()}{fraction_text(self.nanos % NANOS)}Z"


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A span of time in nanoseconds, at most about 10,000 years either way."""

    nanos: int

    def __post_init__(self) -> None:
        if abs(self.nanos) > _DURATION_MAX:
            raise EvaluationError("duration out of range")

    @classmethod
    def from_timedelta(cls, span: dt.timedelta) -> Duration:
        """The duration of a timedelta."""
        return cls(span // dt.timedelta(microseconds=1) * 1000)

    def to_timedelta(self) -> dt.timedelta:
        """A timedelta, cut to microseconds."""
        return dt.timedelta(microseconds=self.nanos // 1000)

    def __str__(self) -> str:
        seconds, nanos = divmod(abs(self.nanos), NANOS)
        return f"{'-' if self.nanos < 0 else ''}{seconds}{fraction_text(nanos)}s"


@dataclass(frozen=True, slots=True)
class OptionalValue:
    """A value that may be there: `optional.of(x)`, `optional.none()`."""

    present: bool
    value: object = None


@dataclass(frozen=True, slots=True)
class IpAddress:
    """An IPv4 or IPv6 address."""

    address: IPv4Address | IPv6Address

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Cidr:
    """A range of addresses as it was written: the address keeps its host bits."""

    address: IPv4Address | IPv6Address
    prefix: int
    network: IPv4Network | IPv6Network

    def __str__(self) -> str:
        return f"{self.address}/{self.prefix}"


def fraction_text(nanos: int) -> str:
    """`.5` for 500,000,000 nanoseconds, nothing for none."""
    return f".{nanos:09d}".rstrip("0") if nanos else ""


NONE: Final = OptionalValue(False)

DYN: Final = Type("dyn")
BOOL: Final = Type("bool")
INT: Final = Type("int")
UINT: Final = Type("uint")
DOUBLE: Final = Type("double")
STRING: Final = Type("string")
BYTES: Final = Type("bytes")
NULL: Final = Type("null_type")
LIST: Final = Type("list")
MAP: Final = Type("map")
TYPE: Final = Type("type")
TIMESTAMP: Final = Type("google.protobuf.Timestamp")
DURATION: Final = Type("google.protobuf.Duration")
OPTIONAL: Final = Type("optional_type")
IP: Final = Type("net.IP")
CIDR: Final = Type("net.CIDR")

TYPE_NAMES: Final[Mapping[str, Type]] = {
    kind.name: kind
    for kind in (
        BOOL,
        INT,
        UINT,
        DOUBLE,
        STRING,
        BYTES,
        NULL,
        LIST,
        MAP,
        TYPE,
        TIMESTAMP,
        DURATION,
        OPTIONAL,
        IP,
        CIDR,
    )
}
"""The names that denote a type where nothing is bound to them."""

_KINDS: Final[Mapping[type, Type]] = {
    type(None): NULL,
    bool: BOOL,
    int: INT,
    Uint: UINT,
    float: DOUBLE,
    str: STRING,
    bytes: BYTES,
    list: LIST,
    tuple: LIST,
    dict: MAP,
    Type: TYPE,
    Timestamp: TIMESTAMP,
    Duration: DURATION,
    OptionalValue: OPTIONAL,
    IpAddress: IP,
    Cidr: CIDR,
}

_FAMILIES: Final[tuple[tuple[type, Type], ...]] = (
    (Mapping, MAP),
    (str, STRING),
    (Uint, UINT),
    (int, INT),
    (float, DOUBLE),
    (list, LIST),
    (tuple, LIST),
    (bytes, BYTES),
    (Timestamp, TIMESTAMP),
)
"""Subclasses of the plain types count as them."""


def kind_of(value: object) -> Type:
    """The type of a value, without parameters; `EvaluationError` for a Python object CEL has no name for."""
    kind = _KINDS.get(type(value))
    if kind is not None:
        return kind
    for family, family_kind in _FAMILIES:
        if isinstance(value, family):
            return family_kind
    raise EvaluationError(f"CEL has no type for a Python {type(value).__name__}")


_SPOKEN: Final[Mapping[str, str]] = {
    "null_type": "null",
    "google.protobuf.Timestamp": "timestamp",
    "google.protobuf.Duration": "duration",
    "optional_type": "optional",
    "net.IP": "IP address",
    "net.CIDR": "CIDR range",
}


def kind_name(value: object) -> str:
    """The name of a value's type as messages give it."""
    name = kind_of(value).name
    return _SPOKEN.get(name, name)


def adapt(value: object) -> object:
    """The value as CEL sees it: Python's dates, times and spans become timestamps and durations."""
    if type(value) in _KINDS:
        return value
    if isinstance(value, dt.datetime):
        return Timestamp.from_datetime(value)
    if isinstance(value, dt.date):
        return Timestamp.from_datetime(dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC))
    if isinstance(value, dt.timedelta):
        return Duration.from_timedelta(value)
    return value

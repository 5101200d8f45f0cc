"""The table of field types: what each means to a store, to CEL, to JSON Schema and to marshmallow.

One row a type; adding a type touches nothing else. The marshmallow field is named by "module:class"
and imported when a schema is first built, because importing marshmallow costs 50 ms that a command
such as `check` on one expression need not pay.

Three forms of a value: as *sent* (JSON), as *decoded* (what expressions see: a date is a
`datetime.date`), and as *stored* (JSON again: dates are ISO 8601 text). `encode` goes from decoded to
stored, `decode` back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final

from rulewright.ports import ColumnType

# Integers are 64-bit everywhere: in payloads, in expressions and in stores.
INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1

_TEXT_KEYWORDS = frozenset({"min_length", "max_length", "pattern", "one_of"})
_NUMBER_KEYWORDS = frozenset({"min", "max", "one_of"})
_DATE_KEYWORDS = frozenset({"min", "max", "format"})
_FORMATTED_TEXT = frozenset({"min_length", "max_length", "pattern", "one_of"})

# Outward and inward code, the space optional, as people type them; GIR 0AA is an exception of its own.
UK_POSTCODE: Final = "(?i)^(GIR ?0AA|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2})$"
# Three, two and four digits, hyphens or not; areas 666 and 9xx and parts of zeros only are never given.
US_SSN: Final = "^([0-578][0-9]{2}|6([0-57-9][0-9]|6[0-57-9]))-?[0-9]{2}-?[0-9]{4}$"
# A kind, an underscore and 29 base-62 characters (apis.md 2b).
PREFIXED_ID: Final = "^[a-z][a-z0-9]*_[0-9A-Za-z]{29}$"
SLUG: Final = "^[a-z0-9]+(-[a-z0-9]+)*$"


def _same(value: object) -> object:
    return value


def encode_date(value: object) -> object:
    """Write a date as ISO 8601 text; a datetime gives its date in UTC."""
    if isinstance(value, datetime):
        return as_utc(value).date().isoformat()
    return value.isoformat() if isinstance(value, date) else value


def decode_date(value: object) -> object:
    """Read ISO 8601 text as a date; text that is none stays as it is (a store may hold old data)."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return value


def encode_datetime(value: object) -> object:
    """Write an instant as ISO 8601 text in UTC with a final Z, and fractions only where there are any."""
    if isinstance(value, datetime):
        return as_utc(value).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat() + "T00:00:00Z"
    return value


def decode_datetime(value: object) -> object:
    """Read ISO 8601 text as an aware datetime in UTC; text that is none stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return as_utc(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        return value


def as_utc(value: datetime) -> datetime:
    """Move an instant to UTC; one without an offset is taken to be in UTC already."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def print_date(value: object, format_: str) -> object:
    """Print a date in the field's format."""
    if not isinstance(value, date):
        return value
    return value.isoformat()[:10] if format_ == "iso" else value.strftime(format_)


def print_datetime(value: object, format_: str) -> object:
    """Print an instant in the field's format."""
    if not isinstance(value, datetime):
        return value
    instant = as_utc(value)
    match format_:
        case "iso":
            return instant.replace(tzinfo=None).isoformat() + "Z"
        case "iso_ms_z":
            return instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
        case "iso_offset":
            return instant.isoformat(timespec="seconds")
        case _:
            return instant.strftime(format_)


@dataclass(frozen=True, slots=True)
class FieldType:
    """What one type name of the rule language means.

    `keywords` are the shape keywords that make sense on it; `example` is accepted and `wrong` refused,
    in sent form (the docs and the tests use both).
    """

    name: str
    meaning: str
    field: str
    column: ColumnType
    cel: str
    json_schema: Mapping[str, object]
    example: object
    wrong: object
    keywords: frozenset[str] = frozenset()
    encode: Callable[[object], object] = _same
    decode: Callable[[object], object] = _same
    # A field of this type is `sensitive` whether or not the rule file says so.
    sensitive: bool = False


_ROWS: Final = (
    FieldType(
        "string",
        "text",
        "rulewright.schema.fields:Text",
        "text",
        "string",
        {"type": "string"},
        example="Ann",
        wrong=5,
        keywords=_TEXT_KEYWORDS,
    ),
    FieldType(
        "integer",
        "a whole number",
        "rulewright.schema.fields:WholeNumber",
        "integer",
        "int",
        {"type": "integer", "format": "int64"},
        example=15099,
        wrong=150.99,
        keywords=_NUMBER_KEYWORDS,
    ),
    FieldType(
        "number",
        "a number",
        "rulewright.schema.fields:Decimal",
        "number",
        "double",
        {"type": "number"},
        example=1.5,
        wrong="1.5",
        keywords=_NUMBER_KEYWORDS,
    ),
    FieldType(
        "boolean",
        "true or false",
        "rulewright.schema.fields:TrueOrFalse",
        "boolean",
        "bool",
        {"type": "boolean"},
        example=True,
        wrong="true",
        keywords=frozenset({"one_of"}),
    ),
    FieldType(
        "date",
        "a date",
        "rulewright.schema.fields:CalendarDate",
        "text",
        "timestamp",
        {"type": "string", "format": "date"},
        example="2025-01-31",
        wrong="2025-02-31",
        keywords=_DATE_KEYWORDS,
        encode=encode_date,
        decode=decode_date,
    ),
    FieldType(
        "datetime",
        "a date and time",
        "rulewright.schema.fields:Instant",
        "text",
        "timestamp",
        {"type": "string", "format": "date-time"},
        example="2025-01-31T09:30:00Z",
        wrong="yesterday",
        keywords=_DATE_KEYWORDS,
        encode=encode_datetime,
        decode=decode_datetime,
    ),
    FieldType(
        "uuid",
        "a UUID",
        "rulewright.schema.fields:UuidText",
        "text",
        "string",
        {"type": "string", "format": "uuid"},
        example="3f2b8c1e-5a44-4d0e-9c38-6f6f2f0d7a11",
        wrong="3f2b8c1e",
        keywords=frozenset({"one_of"}),
    ),
    FieldType(
        "email",
        "an email address",
        "rulewright.schema.fields:EmailText",
        "text",
        "string",
        {"type": "string", "format": "email"},
        example="ann@example.org",
        wrong="ann at example",
        keywords=_FORMATTED_TEXT,
    ),
    FieldType(
        "money",
        "an amount in minor units (pence, cents)",
        "rulewright.schema.fields:WholeNumber",
        "integer",
        "int",
        {"type": "integer", "format": "int64"},
        example=15099,
        wrong="150.99",
        keywords=_NUMBER_KEYWORDS,
    ),
    FieldType(
        "uk_postcode",
        "a UK postcode",
        "rulewright.schema.patterned:UkPostcode",
        "text",
        "string",
        {"type": "string", "pattern": UK_POSTCODE},
        example="SW1A 1AA",
        wrong="SW1A",
        keywords=_FORMATTED_TEXT,
    ),
    FieldType(
        "us_ssn",
        "a US social security number",
        "rulewright.schema.patterned:UsSsn",
        "text",
        "string",
        {"type": "string", "pattern": US_SSN},
        example="111223333",
        wrong="000-12-3456",
        keywords=_FORMATTED_TEXT,
        sensitive=True,
    ),
    FieldType(
        "prefixed_id",
        "an id with its kind in front",
        "rulewright.schema.patterned:PrefixedId",
        "text",
        "string",
        {"type": "string", "pattern": PREFIXED_ID},
        example="organisation_0123456789ABCDEFGHIJKLMNOPQRS",
        wrong="organisation",
        keywords=_FORMATTED_TEXT,
    ),
    FieldType(
        "slug",
        "a slug",
        "rulewright.schema.patterned:Slug",
        "text",
        "string",
        {"type": "string", "pattern": SLUG},
        example="patricks-case",
        wrong="Patrick's Case",
        keywords=_FORMATTED_TEXT,
    ),
    FieldType(
        "object",
        "an object",
        "rulewright.schema.fields:ObjectValue",
        "json",
        "map",
        {"type": "object"},
        example={},
        wrong=[],
        keywords=frozenset({"fields", "unknown"}),
    ),
    FieldType(
        "list",
        "a list",
        "rulewright.schema.fields:ListValue",
        "json",
        "list",
        {"type": "array"},
        example=[],
        wrong={},
        keywords=frozenset({"items", "min_length", "max_length", "unique_items"}),
    ),
    FieldType(
        "map",
        "an object with keys of your choice",
        "rulewright.schema.fields:MapValue",
        "json",
        "map",
        {"type": "object"},
        example={"colour": "red"},
        wrong="red",
        keywords=frozenset({"items", "min_length", "max_length"}),
    ),
    FieldType(
        "any",
        "any JSON value",
        "rulewright.schema.fields:AnyValue",
        "json",
        "dyn",
        {},
        example=[1, "two"],
        wrong=float("nan"),
        keywords=frozenset({"one_of"}),
    ),
)

FIELD_TYPES: Final[Mapping[str, FieldType]] = MappingProxyType({row.name: row for row in _ROWS})

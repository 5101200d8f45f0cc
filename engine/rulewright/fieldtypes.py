"""Field types: what each means to a store, to CEL, to JSON Schema, to marshmallow and to the fast path.

The table holds the basic types; all others are those of plug-ins, the shipped ones in `plugins.shipped`
among them. The marshmallow field is named by "module:class"
and imported when a schema is first built, because importing marshmallow costs 50 ms that a command
such as `check` on one expression need not pay.

Three forms of a value: as *sent* (JSON), as *decoded* (what expressions see: a date is a
`datetime.date`), and as *stored* (JSON again: dates are ISO 8601 text). `encode` goes from decoded to
stored, `decode` back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from datetime import UTC, date, datetime
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

# The reach of integers is the ports' to say, and read from here by all who know types.
from rulewright.ports import INT64_MAX as INT64_MAX  # noqa: PLC0414 - exported on
from rulewright.ports import INT64_MIN as INT64_MIN  # noqa: PLC0414
from rulewright.ports import ColumnType

_TEXT_KEYWORDS = frozenset({"min_length", "max_length", "pattern", "one_of"})
_NUMBER_KEYWORDS = frozenset({"min", "max", "one_of"})
_DATE_KEYWORDS = frozenset({"min", "max", "format"})
_FORMATTED_TEXT = frozenset({"min_length", "max_length", "pattern", "one_of"})


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
    return value.isoformat()[:10] if format_ == "iso" else write_formatted(value, format_)


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
            return write_formatted(instant, format_)


def write_formatted(value: date, format_: str) -> str:
    """Print in a strptime format. Years have four digits, as reading asks for.

    strftime itself has no zeros before years below 1000 with some libraries of C, and some Pythons.
    """
    if value.year < 1000:
        year = f"{value.year:04}"
        format_ = "%%".join(part.replace("%Y", year) for part in format_.split("%%"))
    return value.strftime(format_)


def decode_number(value: object) -> object:
    """Read a number as a double: records that others wrote may hold it as a whole one."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    try:
        return float(value)
    except OverflowError:
        return value


@dataclass(frozen=True, slots=True)
class FieldType:
    """What one type name of the rule language means.

    `keywords` are the shape keywords that make sense on it; `example` is accepted and `wrong` refused,
    in sent form (the docs and the tests use both). `field` names the marshmallow field, a
    `schema.fields.RuleField`, as "module:class" (a plug-in may give the class itself). `check` is the fast
    path's: true only for what that field surely takes and stores as it was sent; a function of one value, or
    its name as "module:function".
    """

    name: str
    meaning: str
    field: str | type[Any]
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
    # The basic type that its values are of in JSON; "" for a basic type.
    base: str = ""
    check: Check | str | None = default(default=None, compare=False)
    # The page of the type, in Markdown without a heading.
    docs: str = ""
    # A module that has to be installed, and what to give to pip install for it.
    needs: tuple[str, str] | None = None

    @property
    def basic(self) -> str:
        """The name of the basic type that its values are of."""
        return self.base or self.name


Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class SafeCheck:
    """A plug-in's check as the fast path asks it: what it fails on is not surely taken.

    Whoever has to tell what is wrong asks `declared` itself.
    """

    declared: Check

    def __call__(self, value: Any) -> bool:
        try:
            return self.declared(value)
        except KeyboardInterrupt:
            raise
        except BaseException:
            return False


def text_type(
    name: str,
    meaning: str,
    *,
    check: Check | str,
    example: str,
    wrong: object,
    docs: str,
    field: str | type[Any] = "rulewright.schema.patterned:CheckedText",
    pattern: str | None = None,
    sensitive: bool = False,
    needs: tuple[str, str] | None = None,
) -> FieldType:
    """A type of text with a form of its own: what `check` finds true is taken, and stored as it was sent.

    `meaning` goes on "must be": "a UK postcode". `pattern` is for JSON Schema only. Another marshmallow
    `field` may take more than `check` does, and store it in another form.
    """
    schema = {"type": "string"} if pattern is None else {"type": "string", "pattern": pattern}
    return FieldType(
        name,
        meaning,
        field,
        "text",
        "string",
        schema,
        example=example,
        wrong=wrong,
        keywords=_FORMATTED_TEXT,
        sensitive=sensitive,
        base="string",
        check=check,
        docs=docs,
        needs=needs,
    )


def whole_number_type(name: str, meaning: str, *, example: int, wrong: object, docs: str) -> FieldType:
    """A type of whole numbers that is judged as integers are, under a name and a meaning of its own."""
    return FieldType(
        name,
        meaning,
        "rulewright.schema.fields:WholeNumber",
        "integer",
        "int",
        {"type": "integer", "format": "int64"},
        example=example,
        wrong=wrong,
        keywords=_NUMBER_KEYWORDS,
        base="integer",
        docs=docs,
    )


def resolve(reference: object) -> Any:
    """What "module:name" names, imported now; anything else is itself."""
    if not isinstance(reference, str):
        return reference
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)


def is_there(module: str) -> bool:
    """Whether a module can be imported."""
    from importlib.util import find_spec  # noqa: PLC0415 - seldom needed

    return find_spec(module) is not None


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
        decode=decode_number,
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


def is_writable(text: str) -> bool:
    """Whether the text can be written as UTF-8, and kept by a store (NUL can't)."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

"""Values between their stored form, what expressions see, and what responses print."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from rulewright import cel
from rulewright.compiled import CompiledField
from rulewright.evaluation.views import Fields, View
from rulewright.fieldtypes import print_date, print_datetime


class PrintedTimestamp(cel.Timestamp):
    """A timestamp that knows how its field prints it; to expressions it is one like any other."""

    __slots__ = ("text",)

    text: str

    def __init__(self, moment: date, text: str) -> None:
        instant = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)
        super().__init__(cel.Timestamp.from_datetime(instant).nanos)
        object.__setattr__(self, "text", text)

    # Timestamps compare themselves with those of their own class alone.

    def __eq__(self, other: object) -> bool:
        return isinstance(other, cel.Timestamp) and self.nanos == other.nanos

    def __hash__(self) -> int:
        return hash(cel.Timestamp(self.nanos))

    def __lt__(self, other: cel.Timestamp) -> bool:
        return self.nanos < other.nanos

    def __le__(self, other: cel.Timestamp) -> bool:
        return self.nanos <= other.nanos

    def __gt__(self, other: cel.Timestamp) -> bool:
        return self.nanos > other.nanos

    def __ge__(self, other: cel.Timestamp) -> bool:
        return self.nanos >= other.nanos


def decode_value(field: CompiledField, stored: object, *, printed: bool = False) -> object:
    """Turn a stored value into what expressions see; `printed` dates remember their field's format."""
    if stored is None:
        return None
    if field.children and isinstance(stored, Mapping):
        return decode_record(field.child_of, stored, printed=printed)
    if field.items is not None:
        if isinstance(stored, list | tuple):
            return [decode_value(field.items, item, printed=printed) for item in stored]
        if isinstance(stored, Mapping):
            return {name: decode_value(field.items, item, printed=printed) for name, item in stored.items()}
    value = field.type.decode(stored)
    if printed and isinstance(value, date):
        return PrintedTimestamp(value, print_instant(value, field.rule.type, field.rule.format))
    return value


def print_instant(value: date, type_: str, format_: str | None) -> str:
    """Print a date or an instant in a format of the rule language (default: iso)."""
    return str((print_date if type_ == "date" else print_datetime)(value, format_ or "iso"))


def decode_record(fields: Fields, stored: Mapping[str, object], *, printed: bool = False) -> View:
    """Turn a stored record into a View; nulls are left out, so that `has` tells null from a value.

    `printed` is for responses: dates remember their field's format, and every declared field is there,
    because an API's callers tell a null from a missing key.
    """
    if printed:
        stored = {**dict.fromkeys(fields), **stored}
    return View(
        {
            name: decode_value(fields[name], value, printed=printed) if name in fields else value
            for name, value in stored.items()
            if value is not None or printed
        },
        fields.keys(),
    )


def encode_value(field: CompiledField, value: object) -> object:
    """Turn a decoded value into what is stored."""
    if value is None:
        return None
    if field.children and isinstance(value, Mapping):
        children = field.child_of
        return {
            name: encode_value(children[name], part) if name in children else part
            for name, part in value.items()
        }
    if field.items is not None:
        if isinstance(value, list | tuple):
            return [encode_value(field.items, item) for item in value]
        if isinstance(value, Mapping):
            return {name: encode_value(field.items, item) for name, item in value.items()}
    return field.type.encode(value)


def encode_record(fields: Fields, values: Mapping[str, object]) -> dict[str, object]:
    """Turn decoded fields into stored ones, in the order of the rule file."""
    return {name: encode_value(field, values[name]) for name, field in fields.items() if name in values}

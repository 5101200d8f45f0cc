"""A field type is tried out: its marshmallow field and its fast path must be of one mind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from marshmallow import ValidationError

from rulewright.fieldtypes import INT64_MAX, FieldType, is_there, resolve
from rulewright.model import Field
from rulewright.problem import CODES, Span
from rulewright.schema import RuleField

# Values that a careless check takes: what no store keeps, what JSON can't say, what is of another type.
_ODD: Final[tuple[object, ...]] = (
    "",
    " ",
    "a\0b",
    "\ud800",
    "x" * 300,
    "1",
    0,
    -1,
    INT64_MAX + 1,
    1.5,
    float("nan"),
    True,
    [],
    {},
)


def trial_of(kind: FieldType, prefixes: tuple[str, ...]) -> Iterator[str]:
    """Try the examples and odd values on both; yield what is wrong."""
    if kind.needs is not None and not is_there(kind.needs[0]):
        return  # said where a rule file asks for the type
    field_class = resolve(kind.field)
    if not (isinstance(field_class, type) and issubclass(field_class, RuleField)):
        yield f"field must name a subclass of rulewright.schema.RuleField, and is {kind.field!r}"
        return
    check = resolve(kind.check)
    if check is not None and not callable(check):
        yield f"check must be a function of one value, and is {type(check).__name__}"
        return
    field = field_class(
        Field(name="it", type=kind.name, span=Span("plug-in", 1, 1, 1, 1), at={}), "it", kind=kind
    )
    taken, codes = _verdict(field, kind.example)
    if not taken:
        yield f"example: its own field refuses {kind.example!r}"
    taken, codes = _verdict(field, kind.wrong)
    if taken:
        yield f"wrong: its own field takes {kind.wrong!r}"
    for code in codes:
        if code not in CODES and not code.startswith(prefixes):
            yield f"field: the code {code} of its errors must be a known one, or start with {prefixes[0]}"
    if check is not None:
        yield from _agreement(kind, field, check)


def _verdict(field: Any, value: object) -> tuple[bool, list[str]]:
    try:
        field.deserialize(value)
    except ValidationError as error:
        messages = error.messages if isinstance(error.messages, list) else []
        return False, [getattr(one, "code", "type") for one in messages]
    return True, []


def _agreement(kind: FieldType, field: Any, check: Any) -> Iterator[str]:
    """The fast path may only say what is surely so."""
    if not _is_taken(kind, check, kind.example):
        yield f"check: it does not take the example {kind.example!r}, which is then never fast"
    for value in (kind.example, kind.wrong, *_ODD):
        if not _is_taken(kind, check, value):
            continue
        try:
            stored = kind.encode(field.deserialize(value))
        except ValidationError:
            yield f"check: it takes {value!r}, which its field refuses"
            continue
        if stored != value:
            yield f"check: it takes {value!r}, which its field stores as {stored!r}"


def _is_taken(kind: FieldType, check: Any, value: object) -> bool:
    """As generated code asks: only values of the right class, and only text that can be kept, get there."""
    if kind.basic == "string":
        fits = isinstance(value, str) and value.strip() != "" and "\0" not in value and value != "\ud800"
    elif kind.basic == "integer":
        fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= INT64_MAX
    else:
        fits = False
    return fits and bool(check(value))

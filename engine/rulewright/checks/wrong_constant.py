"""wrong-constant: a value written in the rule file is not of its field's type.

    {type: boolean, default: no}           # no is text here: write false
    {type: integer, one_of: [010, 020]}    # 010 is text here: write 10
    {type: date, min: 2025-31-01}          # dates are YYYY-MM-DD

YAML is read strictly: only true, false, null and plain decimal numbers are typed; yes, no, on, off, 012,
0x1F, 1_000, 5:30 and 2025-01-31 are text. default, example, one_of, min and max are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from types import MappingProxyType
from uuid import UUID

from rulewright.checks.subject import Subject, problem
from rulewright.fieldtypes import INT64_MAX, INT64_MIN, FieldType
from rulewright.model import Constants, Field
from rulewright.problem import SourceProblem, Span
from rulewright.reader.kinds import describe
from rulewright.reader.scalars import number_hint

CODE = "wrong-constant"
# Of the values that are allowed, as many are listed.
_SHOWN = 20
# What reads like a name of expressions, in the place of a text.
_EXPRESSION = re.compile(r"(payload|record|current|actor|request|settings)(\.[A-Za-z_][A-Za-z0-9_]*)+")


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every constant of every field."""
    types = subject.universe.registry.types
    for _, field in subject.all_fields():
        for keyword, value, find_span in _constants(subject, field):
            expected = None if value is None and _may_be_null(field, keyword) else misfit(field, value, types)
            if expected is not None:
                message = f"{keyword}: expected {expected}, found {describe(value)}"
                hint = _hint(_basic(field, types), value, keyword)
                yield problem(CODE, message, find_span(), hint=hint)
        yield from _default_not_allowed(field)
        yield from _expression_as_text(field)


def _may_be_null(field: Field, keyword: str) -> bool:
    return field.nullable or keyword == "example"


def _constants(subject: Subject, field: Field) -> Iterator[tuple[str, object, Callable[[], Span]]]:
    """Keyword, value, and what finds its place: looking for each of thousands of values takes minutes."""
    for keyword, constants in (("default", field.default), ("example", field.example)):
        if constants is not None:
            yield keyword, constants.value, partial(_span, constants)
    kind = _basic(field, subject.universe.registry.types)
    for value in field.one_of if isinstance(field.one_of, tuple) else ():
        yield "one_of", value, partial(subject.value_of, field, "one_of", _written(value))
    for keyword, bound in (("min", field.min), ("max", field.max)):
        if bound is not None and kind in {"integer", "number", "date", "datetime"}:
            yield keyword, bound, partial(subject.value_of, field, keyword)


def _written(value: object) -> str:
    """The text by which a constant is found in the file."""
    return str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)


def _span(constant: Constants) -> Span:
    return constant.span


def _default_not_allowed(field: Field) -> Iterator[SourceProblem]:
    if field.default is None or not isinstance(field.one_of, tuple) or misfit(field, field.default.value):
        return
    if field.default.value not in field.one_of:
        allowed = ", ".join(str(value) for value in field.one_of[:_SHOWN])
        allowed += ", ..." if len(field.one_of) > _SHOWN else ""
        yield problem(CODE, f"the default is none of one_of: {allowed}", field.default.span)


def _expression_as_text(field: Field) -> Iterator[SourceProblem]:
    """A default is the very text; who writes a name of expressions there means another keyword."""
    value = field.default.value if field.default is not None else None
    if field.default is not None and isinstance(value, str) and _EXPRESSION.fullmatch(value):
        hint = f"default_from: {value} works it out"
        message = "the default is this very text, not what it stands for"
        yield problem(CODE, message, field.default.span, hint=hint, severity="warning")


def misfit(field: Field, value: object, types: Mapping[str, FieldType] = MappingProxyType({})) -> str | None:
    """What a constant of this field should be, or None where it fits.

    Of a plug-in's type, which `types` tells of, it has to be of the basic type.
    """
    kind = _basic(field, types)
    if kind in {"date", "datetime"}:
        return (
            None if isinstance(value, str) and _is_date(value, field.format) else "a date such as 2025-01-31"
        )
    expected = _EXPECTED.get(kind)
    if expected is None or _fits(kind, value):
        return _misfit_inside(field, value, types)
    return expected if kind == field.type else types[field.type].meaning


def _basic(field: Field, types: Mapping[str, FieldType]) -> str:
    return types[field.type].basic if field.type in types else field.type


def _misfit_inside(field: Field, value: object, types: Mapping[str, FieldType]) -> str | None:
    """The same for parts of an object, which may be null, entries of a map and items of a list."""
    if isinstance(value, list) and field.items is not None:
        items = field.items
        expected = next((found for item in value if (found := misfit(items, item, types))), None)
        is_plain = items.fields is None and items.items is None
        return expected and (f"a list of {items.type}s" if is_plain else f"a list, each item {expected}")
    children = {child.name: child for child in field.fields or ()}
    for name, part in value.items() if isinstance(value, dict) else ():
        declared = children.get(name, field.items)
        expected = None if declared is None or part is None else misfit(declared, part, types)
        if expected is not None:
            return f"a map whose {name} is {expected}"
    return None


_EXPECTED = {
    "string": "a text",
    "email": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "uuid": "a UUID",
    "list": "a list",
    "object": "a map",
    "map": "a map",
}


def _fits(kind: str, value: object) -> bool:
    match kind:
        case "string" | "email":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool) and INT64_MIN <= value <= INT64_MAX
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "uuid":
            return isinstance(value, str) and _is_uuid(value)
        case "list":
            return isinstance(value, list)
        case _:
            return isinstance(value, dict)


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False


def _is_date(value: str, pattern: str | None) -> bool:
    """ISO 8601, or the field's own format."""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return pattern is not None and "%" in pattern and _is_written_as(value, pattern)
    return True


def _is_written_as(value: str, pattern: str) -> bool:
    try:
        return isinstance(datetime.strptime(value, pattern), date)
    except ValueError:
        return False


def _hint(kind: str, value: object, keyword: str) -> str | None:
    if value is None:
        return "add nullable: true where null is meant"
    if kind == "boolean":
        return _boolean_hint(value)
    if kind in {"integer", "number"}:
        return number_hint(value)
    if kind in {"date", "datetime"} and value in ("today", "now", "today()", "now()"):
        name = str(value).removesuffix("()")
        bound = {"min": ">=", "max": "<="}.get(keyword)
        if bound is not None:
            return f"a bound that moves is a check: checks: [{{id: {keyword}, check: value {bound} {name}}}]"
        return f"default_from: {name} works it out"
    if kind in {"string", "email"} and not isinstance(value, list | dict):
        return f'put it in quotes: "{str(value).lower() if isinstance(value, bool) else value}"'
    return None


def _boolean_hint(value: object) -> str | None:
    word = value.lower() if isinstance(value, str) else None
    if word in {"yes", "on", "true", "y"}:
        return f"{value} is text here; write true"
    return f"{value} is text here; write false" if word in {"no", "off", "false", "n"} else None

"""keyword-for-type: a keyword says nothing about fields of this type.

min and max bound numbers and dates, min_length and max_length texts and lists, pattern texts, items lists,
fields objects. A list without items and an object without fields are taken as they come; say `map` or `any`
where that is meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from rulewright.checks.subject import Subject, problem
from rulewright.model import Field
from rulewright.problem import SourceProblem

CODE = "keyword-for-type"
# The keywords that say something about values of some types only.
SHAPE_KEYWORDS: Final = (
    "min",
    "max",
    "min_length",
    "max_length",
    "pattern",
    "one_of",
    "format",
    "items",
    "fields",
    "unknown",
    "unique_items",
)
_INSTEAD = {"min": "min_length", "max": "max_length", "min_length": "min", "max_length": "max"}
# The types that other languages have for the format of a text.
_FORMATS = {"email": "email", "date": "date", "date-time": "datetime", "datetime": "datetime", "uuid": "uuid"}


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The shape keywords of every field against its type."""
    types = subject.universe.registry.types
    for _, field in subject.all_fields():
        found = types.get(field.type)
        if found is None:
            continue
        for keyword in SHAPE_KEYWORDS:
            if keyword in field.at and keyword not in found.keywords:
                hint = _hint(field, keyword, found.keywords)
                message = f"{keyword} says nothing about a field of type {field.type}"
                yield problem(CODE, message, field.at[keyword], hint=hint)


def _hint(field: Field, keyword: str, known: Collection[str]) -> str | None:
    """What says it of such a field, or of which field it is to be said."""
    if (instead := _INSTEAD.get(keyword)) in known:
        return f"did you mean {instead}?"
    if keyword == "format" and field.format in _FORMATS:
        return f"write type: {_FORMATS[field.format]}"
    if keyword == "fields" and "items" in known:
        return "what the items are like stands under items: items: {type: object, fields: ...}"
    return None

"""keyword-for-type: a keyword says nothing about fields of this type.

min and max bound numbers and dates, min_length and max_length texts and lists, pattern texts, items lists,
fields objects. A list without items and an object without fields are taken as they come; say `map` or `any`
where that is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rulewright.checks.subject import Subject, problem
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


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The shape keywords of every field against its type."""
    types = subject.universe.registry.types
    for _, field in subject.all_fields():
        found = types.get(field.type)
        if found is None:
            continue
        for keyword in SHAPE_KEYWORDS:
            if keyword in field.at and keyword not in found.keywords:
                instead = _INSTEAD.get(keyword)
                hint = f"did you mean {instead}?" if instead in found.keywords else None
                message = f"{keyword} says nothing about a field of type {field.type}"
                yield problem(CODE, message, field.at[keyword], hint=hint)

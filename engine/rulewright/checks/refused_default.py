"""refused-default: a default that the field's own rules refuse when it is sent. A warning.

    quantity: {type: integer, min: 1, default: 0}
    code: {type: string, pattern: '[A-Z]{3}', default: none}

Rules of shape are for what callers send, so such a default is stored as it is. An example is looked at, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from rulewright.cel import CelError, check_pattern
from rulewright.checks.subject import Subject, problem
from rulewright.checks.wrong_constant import misfit
from rulewright.fieldtypes import as_utc
from rulewright.model import Field
from rulewright.problem import SourceProblem

CODE = "refused-default"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The default and the example of every field."""
    types = subject.universe.registry.types
    for _, field in subject.all_fields():
        for keyword, constants in (("default", field.default), ("example", field.example)):
            if constants is None or constants.value is None or misfit(field, constants.value, types):
                continue
            broken = next(_broken(field, constants.value), None)
            if broken is not None:
                message = f"the {keyword} would be refused if it were sent: {broken}"
                yield problem(CODE, message, constants.span, severity="warning")


def _broken(field: Field, value: Any) -> Iterator[str]:
    """What a value breaks, or a part of it. It is of the field's type."""
    for keyword, holds in _RULES.items():
        limit = getattr(field, keyword)
        if limit is not None and not holds(value, limit):
            yield f"{keyword} is {limit}"
    if isinstance(value, list) and field.unique_items == "refuse" and _repeats(value):
        yield "unique_items is true"
    if isinstance(value, list | dict) and field.items is not None:
        for item in value.values() if isinstance(value, dict) else value:
            yield from _broken(field.items, item) if item is not None else ()
    if isinstance(value, Mapping):
        for part in field.fields or ():
            inner = value.get(part.name)
            yield from _broken(part, inner) if inner is not None else ()


def _repeats(items: list[object]) -> bool:
    return any(item in items[:place] for place, item in enumerate(items))


def _comparable(value: object) -> Any:
    """A number, or the instant that an ISO 8601 text stands for; None for any other."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        return as_utc(datetime.fromisoformat(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_in_order(low: object, high: object) -> bool:
    one, other = _comparable(low), _comparable(high)
    alike = isinstance(one, datetime) is isinstance(other, datetime)
    return one is None or other is None or not alike or one <= other


def _matches(value: object, pattern: str) -> bool:
    if not isinstance(value, str):
        return True
    try:
        check_pattern(pattern)
    except CelError:
        # It is told already.
        return True
    import re2  # noqa: PLC0415 - takes milliseconds, and few defaults have a pattern

    return re2.fullmatch(pattern, value) is not None


_RULES: Mapping[str, Callable[[Any, Any], bool]] = {
    "min": lambda value, least: _is_in_order(least, value),
    "max": _is_in_order,
    "min_length": lambda value, least: not hasattr(value, "__len__") or len(value) >= least,
    "max_length": lambda value, most: not hasattr(value, "__len__") or len(value) <= most,
    "pattern": _matches,
}

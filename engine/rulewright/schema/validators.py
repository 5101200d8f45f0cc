"""Shape as marshmallow validators: min, max, min_length, max_length, pattern, one_of, unique_items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Sized
from datetime import date, datetime
from typing import Any

import re2
from marshmallow import ValidationError

from rulewright.fieldtypes import as_utc, decode_date, decode_datetime
from rulewright.model import Field
from rulewright.schema.messages import Message, join_options, length_text
from rulewright.schema.repeats import has_repeats, is_one_of

Validator = Callable[[Any], None]


def validators_of(rule: Field, label: str) -> Iterator[Validator]:
    """Yield one validator for each shape keyword that the field has, in the order of the language."""
    if rule.min is not None:
        yield _bound(rule, label, "min", lambda value, bound: value >= bound, "at least")
    if rule.max is not None:
        yield _bound(rule, label, "max", lambda value, bound: value <= bound, "at most")
    if rule.min_length is not None:
        yield _length(rule, label, "min_length", rule.min_length)
    if rule.max_length is not None:
        yield _length(rule, label, "max_length", rule.max_length)
    if rule.pattern is not None:
        yield _pattern(rule, label, rule.pattern)
    if isinstance(rule.one_of, tuple):
        yield _one_of(rule, label, rule.one_of)
    if rule.unique_items == "refuse":
        yield _no_repeats(rule, label)


def refusal(rule: Field, code: str, text: str, keyword: str | None = None) -> ValidationError:
    """Return the error for a keyword, in the words of the rule file's `messages` if it has some."""
    keyword = keyword or code
    return ValidationError([Message(rule.messages.get(keyword, text), code, keyword)])


def _bound(rule: Field, label: str, keyword: str, holds: Callable[[Any, Any], bool], words: str) -> Validator:
    written = rule.min if keyword == "min" else rule.max
    bound = _comparable(rule.type, written)
    text = f"{label} must be {words} {written}"

    def validate(value: Any) -> None:
        if not holds(_comparable(rule.type, value), bound):
            raise refusal(rule, keyword, text)

    return validate


def _comparable(type_: str, value: object) -> Any:
    if type_ == "date":
        return decode_date(value) if isinstance(value, str) else value
    if type_ == "datetime":
        decoded = decode_datetime(value)
        if isinstance(decoded, datetime):
            return as_utc(decoded)
        return (
            as_utc(datetime(decoded.year, decoded.month, decoded.day))
            if isinstance(decoded, date)
            else decoded
        )
    return value


def _length(rule: Field, label: str, keyword: str, bound: int) -> Validator:
    text = length_text(rule, label, keyword, bound)

    def validate(value: Sized) -> None:
        size = len(value)
        if size < bound if keyword == "min_length" else size > bound:
            raise refusal(rule, keyword, text)

    return validate


def _pattern(rule: Field, label: str, pattern: str) -> Validator:
    # RE2 runs in time linear in the text whatever the pattern; the whole value must match.
    compiled = re2.compile(pattern)
    text = f"{label} must match the pattern {pattern}"

    def validate(value: str) -> None:
        if compiled.fullmatch(value) is None:
            raise refusal(rule, "pattern", text)

    return validate


def _one_of(rule: Field, label: str, options: tuple[object, ...]) -> Validator:
    text = f"{label} must be one of {join_options(options)}"

    def validate(value: object) -> None:
        if not is_one_of(value, options):
            raise refusal(rule, "one_of", text)

    return validate


def _no_repeats(rule: Field, label: str) -> Validator:
    def validate(items: Sequence[Any]) -> None:
        if has_repeats(items):
            raise refusal(rule, "items", f"{label} may not hold an item twice", "unique_items")

    return validate

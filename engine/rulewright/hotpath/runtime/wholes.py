"""Values with parts of parts, or with objects in lists, of which marshmallow's field reads all at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rulewright.compiled import CompiledField
from rulewright.hotpath.runtime.state import Decline
from rulewright.hotpath.runtime.texts import Reader

_Judge = Callable[[Any], None]


def may_be_whole(part: CompiledField) -> bool:
    """Whether no rule is about a part, nor about what is in it, but that it must be given."""
    rule = part.rule
    conditions = (part.required_if, part.required_unless, part.forbidden_if)
    return (
        part.concerns <= {"presence"}
        and not any(one is not None for one in conditions)
        and not (rule.siblings or rule.immutable)
        and rule.blank is None
        and all(map(may_be_whole, part.parts))
    )


def whole_reader(field: CompiledField, read: Reader) -> Reader:
    """Return a function from a sent value to the stored one.

    `read` asks the field itself, which takes what is incomplete, and may leave out what is not known.
    """
    judge = _judge_of(field)

    def read_whole(value: Any) -> Any:
        judge(value)
        return read(value)

    return read_whole


def _judge_of(field: CompiledField) -> _Judge:
    """What declines a value in which something required is missing, or something is that may not be sent."""
    if field.children:
        return _object_judge(field)
    return _items_judge(field.items) if field.items is not None else _take


def _object_judge(field: CompiledField) -> _Judge:
    known = frozenset(part.name for part in field.children if part.rule.readonly is None)
    required = tuple(part.name for part in field.children if part.rule.required)
    below = tuple((part.name, _judge_of(part)) for part in field.children if part.parts)

    def judge(value: Any) -> None:
        if value.__class__ is not dict or not known.issuperset(value):
            raise Decline
        for name in required:
            if value.get(name) is None:
                raise Decline
        for name, judge_part in below:
            part = value.get(name)
            if part is not None:
                judge_part(part)

    return judge


def _items_judge(items: CompiledField) -> _Judge:
    judge_item = _judge_of(items)

    def judge(value: Any) -> None:
        if value.__class__ is dict:
            value = value.values()
        elif value.__class__ is not list:
            raise Decline
        for item in value:
            if item is not None:
                judge_item(item)

    return judge


def _take(_: Any) -> None:
    """There is nothing in it."""

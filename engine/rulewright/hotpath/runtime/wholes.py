"""Values with parts of parts, or with objects in lists, of which marshmallow's field reads all at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rulewright.compiled import CompiledField
from rulewright.evaluation.shape import drop_nulls
from rulewright.hotpath.intake import is_map
from rulewright.hotpath.runtime.state import Decline
from rulewright.hotpath.runtime.texts import Reader

_Judge = Callable[[Any], None]


def is_plain_inside(field: CompiledField) -> bool:
    """Whether no rule is about what is in a field's value, however deep, but that it must be given."""
    return all(map(_is_plain, field.parts))


def _is_plain(part: CompiledField) -> bool:
    rule = part.rule
    conditions = (part.required_if, part.required_unless, part.forbidden_if)
    return (
        part.concerns <= {"presence"}
        and not any(one is not None for one in conditions)
        and not (rule.siblings or rule.immutable)
        and rule.blank is None
        and is_plain_inside(part)
    )


def whole_reader(field: CompiledField, read: Reader, *, requires: bool, merges: bool) -> Reader:
    """Return a function from a sent value to the stored one.

    `read` asks the field itself, which takes what is incomplete, and may leave out what is not known.
    `requires`: what lacks something required is declined. `merges`: a null takes an entry of a map away.
    """
    judge = _judge_of(field, requires=requires)
    if not (merges and _holds_map(field)):

        def read_whole(value: Any) -> Any:
            judge(value)
            return read(value)

        return read_whole

    def read_patch(value: Any) -> Any:
        cleared = _cleared(field, value)
        judge(cleared)
        return read(cleared)

    return read_patch


def _holds_map(field: CompiledField) -> bool:
    """Whether a map stands in a value, and not in a list, which replaces what is stored."""
    return is_map(field) or any(map(_holds_map, field.children))


def _cleared(field: CompiledField, value: Any) -> Any:
    """A sent value without what it takes away."""
    if value.__class__ is not dict:
        return value
    if is_map(field):
        return drop_nulls(value)
    parts = field.child_of
    return {name: _cleared(parts[name], one) if name in parts else one for name, one in value.items()}


def _judge_of(field: CompiledField, *, requires: bool) -> _Judge:
    """What declines a value in which something required is missing, or something is that may not be sent."""
    if field.children:
        return _object_judge(field, requires=requires)
    return _items_judge(field.items, requires=requires) if field.items is not None else _take


def _object_judge(field: CompiledField, *, requires: bool) -> _Judge:
    known = frozenset(part.name for part in field.children if part.rule.readonly is None)
    required = tuple(part.name for part in field.children if part.rule.required and requires)
    below = tuple((part.name, _judge_of(part, requires=requires)) for part in field.children if part.parts)

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


def _items_judge(items: CompiledField, *, requires: bool) -> _Judge:
    judge_item = _judge_of(items, requires=requires)

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

"""The keywords of a field, as a `Shape`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rulewright.reader.kinds import (
    Anything,
    Bound,
    Cel,
    Choice,
    Either,
    Flag,
    Kind,
    ListOf,
    Name,
    Resource,
    Shape,
    Sub,
    Table,
    Text,
    Whole,
)


class ErrorShape(Shape):
    """The vendor's own error, in its long form."""

    code = Text(required=True)
    title = Text()
    status = Whole(100, 599)


def _error_kind(value: Any) -> Kind | None:
    return Sub(lambda: ErrorShape) if isinstance(value, Mapping) else Text()


def vendor_error() -> Kind:
    """`error: resource/some_code`, or a map."""
    return Either("a code such as resource/some_code, or a map", _error_kind)


class CheckShape(Shape):
    """One condition."""

    id = Name(required=True)
    check = Cel(required=True)
    message = Text()
    severity = Choice("error", "warning", "info")
    path = Text()
    on = ListOf(Text(), alone=True)
    error = vendor_error()


class ReferenceShape(Shape):
    """`references`."""

    resource = Resource(required=True)
    by = Name()
    where = Table(Anything(allow_none=True))
    as_ = Name(data_key="as")
    error = vendor_error()


class UniqueShape(Shape):
    """`unique` in its long form."""

    within = ListOf(Name(), alone=True)
    where = Table(Anything(allow_none=True))
    error = vendor_error()


class ComputeShape(Shape):
    """`compute` in its long form."""

    value = Anything(required=True, allow_none=True)
    on = ListOf(Text(), alone=True)


def _unique_kind(value: Any) -> Kind | None:
    return Sub(lambda: UniqueShape) if isinstance(value, Mapping) else Flag()


def is_long_compute(value: object) -> bool:
    """Is this `{value, on}`, and not a map of expressions?"""
    return isinstance(value, Mapping) and "value" in value and set(value) <= {"value", "on"}


def _compute_kind(value: Any) -> Kind | None:
    return Sub(lambda: ComputeShape) if is_long_compute(value) else Anything()


class _OneGenerator(Table):
    """`{sequence: {prefix, width}}`: exactly one generator with its options."""

    def check(self, value: Any) -> None:
        """Raise unless there is exactly one."""
        super().check(value)
        if len(value) != 1:
            Either("one generator", lambda _: None).check(value)


def _generate_kind(value: Any) -> Kind | None:
    if isinstance(value, Mapping):
        return _OneGenerator(Table(Anything(allow_none=True)))
    return Name() if isinstance(value, str) else None


def _one_of_kind(value: Any) -> Kind | None:
    if isinstance(value, list):
        return ListOf(Anything(allow_none=True))
    return Cel() if isinstance(value, str) else None


class FieldShape(Shape):
    """Everything a field may say. `type` may be missing where an event's field inherits it."""

    type = Name()
    title = Text()
    description = Text()
    example = Anything(allow_none=True)
    messages = Table(Text(), anywhere=True)
    sensitive = Flag()
    required = Flag()
    required_if = Cel()
    required_unless = Cel()
    required_with = ListOf(Name())
    required_without = ListOf(Name())
    forbidden_if = Cel()
    prohibited_if = Cel()
    forbidden_with = ListOf(Name())
    forbidden_without = ListOf(Name())
    excluded_if = Cel()
    nullable = Flag()
    blank = Choice("absent")
    default = Anything(allow_none=True)
    default_from = Anything(allow_none=True)
    compute = Either("an expression", _compute_kind, allow_none=True)
    readonly = Choice("ignore", "reject")
    immutable = Flag()
    generate = Either("sequence, uuid or another generator", _generate_kind)
    min = Bound()
    max = Bound()
    # What `explain` suggests is made: a million characters are enough.
    min_length = Whole(0, 1_000_000)
    max_length = Whole(0)
    pattern = Text()
    one_of = Either("a list, or a CEL expression that gives one", _one_of_kind)
    format = Text()
    items = Sub(lambda: FieldShape, hint="for example items: {type: string}")
    fields_ = Table(Sub(lambda: FieldShape, hint="for example {type: string}"), data_key="fields")
    unknown_ = Choice("reject", "ignore", data_key="unknown")
    unique_items = Choice(True, False, "collapse")
    references = Sub(lambda: ReferenceShape, hint="for example {resource: rubixx/person, as: person}")
    unique = Either("true, or a map with within and where", _unique_kind)
    checks = ListOf(Sub(lambda: CheckShape))


def fields_table(**options: Any) -> Kind:
    """A map of fields."""
    return Table(Sub(lambda: FieldShape, hint="for example {type: string, required: true}"), **options)

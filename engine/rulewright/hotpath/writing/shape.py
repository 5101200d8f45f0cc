"""The shape of a payload as a msgspec Struct, which judges types, lengths, options and ranges in C."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Annotated, Any, Final, Literal, Union

import msgspec

from rulewright.compiled import CompiledField, CompiledResource
from rulewright.fieldtypes import INT64_MAX, INT64_MIN
from rulewright.hotpath.intake import intake_of, is_map, is_sent, may_be_null
from rulewright.hotpath.runtime.wholes import is_plain_inside
from rulewright.hotpath.writing.structs import make_struct
from rulewright.hotpath.writing.unit import NotGenerated

# What only the system sets takes this one text, which nobody can guess: whoever sends such a field is told so
# by the plain evaluator.
_NEVER: Final = Literal[secrets.token_hex(32)]  # made anew in every process
TEXTS: Final = ("string", "email", "uuid", "date", "datetime")


def struct_of(
    resource: CompiledResource, operation: str = "create", *, loose: bool = False, deep: bool = False
) -> type[msgspec.Struct]:
    """Make the Struct of a resource's payload; every declared field stands in it, in the file's order.

    `loose`: nothing is required. An update requires nothing either, and no part of an object. `deep`: objects
    in lists and in objects are Structs, too.
    """
    is_partial = operation == "update"
    members: list[Any] = []
    for name, field in intake_of(resource, operation).items():
        if not is_sent(resource, field, operation):
            members.append((name, _NEVER, None))
            continue
        if not is_shaped(field, operation):
            # Whoever sends it has the evaluator decide.
            is_required = field.rule.required and not loose and not is_partial
            members.append((name, _NEVER) if is_required else (name, _NEVER, None))
            continue
        type_ = type_of(field, operation) if deep or not is_deep(field) else Any
        if field.rule.required and not loose and not is_partial:
            members.append((name, type_))
        else:
            members.append((name, _nullable(field, type_), None))
    return make_struct("Payload", members)


def loaders_of(schema: Any) -> dict[str, Any]:
    """The fields of marshmallow's Schema object, by their names in payloads.

    A name that a Schema means something by, such as `load`, is called otherwise in the class.
    """
    return {one.data_key or name: one for name, one in schema.fields.items()}


def is_shaped(field: CompiledField, operation: str = "create") -> bool:
    """Whether a Struct can hold what is sent for a field, or marshmallow reads it as a whole."""
    with suppress(NotGenerated):
        type_of(field, operation)
        return True
    return False


def is_read_whole(field: CompiledField, operation: str) -> bool:
    """Whether what is sent for a field, parts and all, is read by its own marshmallow field.

    So are objects in maps, lists in objects, and what else no Struct is made for.
    """
    if not field.parts:
        return False
    try:
        _type_in_struct(field, operation)
    except NotGenerated:
        return True
    return False


def is_counted(field: CompiledField) -> bool:
    """Whether the keys of a map, at any depth, are counted: with those that are stored, if any are."""
    bounds = (field.rule.min_length, field.rule.max_length)
    is_bound = field.type.basic == "map" and any(one is not None for one in bounds)
    # A list replaces what is stored.
    return is_bound or (field.rule.type != "list" and any(map(is_counted, field.parts)))


def _nullable(field: CompiledField, type_: Any) -> Any:
    # Null is no value of what is required, in an update neither.
    return Union[type_, None] if field.rule.nullable and not field.rule.required else type_  # noqa: UP007 - made at run time


def type_of(field: CompiledField, operation: str = "create") -> Any:
    """What a Struct holds of a field; Any where its marshmallow field reads it. Raises NotGenerated."""
    try:
        return _type_in_struct(field, operation)
    except NotGenerated:
        if field.parts:
            return Any
        raise


def _type_of_part(field: CompiledField, operation: str = "create") -> Any:
    """The type of what stands in a Struct's object or list: its rules are written with it."""
    if field.children:
        return _nested_struct(field, operation)
    if field.parts and not is_plain_inside(field):
        return _type_in_struct(field, "create")
    return type_of(field)


def _type_in_struct(field: CompiledField, operation: str) -> Any:
    rule = field.rule
    match rule.type:
        case "string" | "email":
            return _text_type(field)
        case "uuid" | "date" | "datetime":
            return str
        case "integer":
            return _whole_type(field)
        case "number":
            return float
        case "boolean":
            return bool
        case "object" if field.children:
            return _nested_struct(field, operation)
        case "list" if field.items is not None and (is_scalar(field.items) or field.items.type.base):
            return _list_type(field)
        case "list" if is_list_of_objects(field):
            return _objects_type(field, operation)
        case "list" if field.items is not None:
            raise NotGenerated(f"items of {field.id}")
        case "map" if field.items is not None and (field.items.concerns or _holds_objects(field.items)):
            raise NotGenerated(f"rules about the entries of {field.id}")
        case _:
            # One field that the Struct can't judge is read by its own marshmallow field.
            return Any


def _holds_objects(field: CompiledField) -> bool:
    """Whether objects may stand in a value, of which unknown and read-only parts are told."""
    return bool(field.children) or any(map(_holds_objects, field.parts))


def is_list_of_objects(field: CompiledField) -> bool:
    """Whether it is a list of objects."""
    return field.rule.type == "list" and field.items is not None and bool(field.items.children)


def is_deep(field: CompiledField) -> bool:
    """Whether it holds objects: as a list, or as parts of its own."""
    return is_list_of_objects(field) or any(child.children for child in field.children)


def _objects_type(field: CompiledField, operation: str) -> Any:
    items = field.items
    assert items is not None
    # A map in a list is kept with its nulls; elsewhere an update takes these away.
    has_maps = operation != "create" and any(map(is_map, items.children))
    if is_deep(items) or has_maps or may_be_null(items) or field.rule.unique_items is not None:
        raise NotGenerated(f"items of {field.id}")
    return _counted(field, _nested_struct(items, operation))


def is_scalar(field: CompiledField) -> bool:
    """Whether a field holds one value without parts."""
    return field.rule.type in (*TEXTS, "integer", "number", "boolean")


def _text_type(field: CompiledField) -> Any:
    rule = field.rule
    if isinstance(rule.one_of, tuple) and all(isinstance(one, str) for one in rule.one_of):
        return Literal[rule.one_of]
    if rule.blank is None and rule.type == "string" and (rule.min_length or rule.max_length is not None):
        return Annotated[str, msgspec.Meta(min_length=rule.min_length or 0, max_length=rule.max_length)]
    return str


def _whole_type(field: CompiledField) -> Any:
    least, most = INT64_MIN, INT64_MAX
    if isinstance(field.rule.min, int):
        least = max(least, field.rule.min)
    if isinstance(field.rule.max, int):
        most = min(most, field.rule.max)
    return Annotated[int, msgspec.Meta(ge=least, le=most)]


def _list_type(field: CompiledField) -> Any:
    items = field.items
    assert items is not None
    inner = _type_of_part(items)
    if may_be_null(items):
        raise NotGenerated(f"items of {field.id} that may be null")
    return _counted(field, inner)


def _counted(field: CompiledField, inner: Any) -> Any:
    rule = field.rule
    listed: Any = list[inner]
    # Repeats are taken out before items are counted.
    if rule.unique_items != "collapse" and (rule.min_length or rule.max_length is not None):
        return Annotated[listed, msgspec.Meta(min_length=rule.min_length or 0, max_length=rule.max_length)]
    return listed


def _nested_struct(field: CompiledField, operation: str) -> Any:
    is_partial = operation == "update"
    members: list[Any] = []
    for child in field.children:
        if child.rule.type == "list" or (child.rule.type == "object" and not child.children):
            raise NotGenerated(f"{child.id}, a part with parts of its own")
        if child.rule.readonly is not None:
            members.append((child.name, _NEVER, msgspec.UNSET))
        elif child.rule.required and not is_partial:
            members.append((child.name, _type_of_part(child, operation)))
        else:
            type_ = _nullable(child, _type_of_part(child, operation))
            members.append((child.name, type_ | msgspec.UnsetType, msgspec.UNSET))
    return make_struct("Part", members)

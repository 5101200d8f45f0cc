"""The fields of a resource that tell records apart, or name others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from rulewright.compiled import CompiledField, CompiledResource
from rulewright.export.diagrams.drawing import Row


class Placed(Struct, frozen=True):
    """A field and where it is: `path` leaves out the items of lists, for which `is_repeated` stands."""

    field: CompiledField
    top: CompiledField
    path: str
    is_repeated: bool


def placed_fields(fields: Iterable[CompiledField]) -> Iterator[Placed]:
    """Every field, nested ones after the one that holds them."""
    waiting = [Placed(one, one, one.name, one.rule.type == "list") for one in fields][::-1]
    while waiting:
        place = waiting.pop()
        yield place
        below = [
            Placed(one, place.top, f"{place.path}.{one.name}", place.is_repeated or one.rule.type == "list")
            for one in place.field.children
        ]
        if (items := place.field.items) is not None:
            below.append(Placed(items, place.top, place.path, is_repeated=True))
        waiting += below[::-1]


def key_rows(resource: CompiledResource) -> Iterator[Row]:
    """The key, then the fields that name other records or are unique, as the file has them."""
    fields = sorted(resource.fields.values(), key=lambda one: one.name != resource.key)
    for place in placed_fields(fields):
        keys = tuple(_keys(place, resource.key))
        if keys:
            path = place.path if "." in place.path else None
            yield Row(place.top.type.name, place.top.name, keys, path)


def _keys(place: Placed, key: str) -> Iterator[str]:
    is_key = place.field is place.top and place.path == key
    if is_key:
        yield "PK"
    if place.field.reference is not None:
        yield "FK"
    if place.field.rule.unique is not None and not is_key:
        yield "UK"

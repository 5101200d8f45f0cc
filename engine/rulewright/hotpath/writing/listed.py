"""Rules about the parts of objects in lists: a loop over the list, in which `item` is an object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from rulewright.compiled import CompiledField
from rulewright.hotpath.writing.shape import is_list_of_objects
from rulewright.hotpath.writing.unit import Code, under

NO_NAMES: Final[Mapping[str, Code]] = MappingProxyType({})


def item_of(field: CompiledField) -> Mapping[str, Code]:
    """The name by which rules about the parts of a list's objects read the one around them."""
    return {"item": Code("item", "object", sure=True, steady=True, field=field.items)}


def each_item(
    field: CompiledField, place: str, lines: Callable[[CompiledField, str], Iterable[str]]
) -> Iterator[str]:
    """The `lines` about every part of every object in the list that stands in `place`."""
    if not is_list_of_objects(field) or field.items is None:
        return
    body = [line for part in field.items.children for line in lines(part, f"item.get({part.name!r})")]
    yield from under(f"if {place} is not None:", under(f"for item in {place}:", body))

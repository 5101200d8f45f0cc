"""Structs whose fields may be called as Python has no names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from rulewright.hotpath.writing.unit import attribute_of, field_in


class _Renamed(msgspec.Struct):
    """Of which some attributes are called otherwise than their fields."""

    def __getattr__(self, name: str) -> Any:
        attribute = attribute_of(name)
        if attribute == name:
            raise AttributeError(name)
        return getattr(self, attribute)


def make_struct(title: str, members: Iterable[tuple[Any, ...]]) -> type[msgspec.Struct]:
    """Make a Struct; each member has a field's name, its type, and a default if it need not be there."""
    named = [(attribute_of(name), *rest) for name, *rest in members]
    renamed = {attribute: field_in(attribute) for attribute, *_ in named if attribute != field_in(attribute)}
    bases = (_Renamed if renamed else msgspec.Struct,)
    options: Any = {"forbid_unknown_fields": True, "kw_only": True, "gc": False, "rename": renamed or None}
    return msgspec.defstruct(title, named, bases=bases, **options)

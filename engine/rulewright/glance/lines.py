"""The Struct that a line of JSON is decoded into, and what its bytes say before that."""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from rulewright.compiled import CompiledField, CompiledResource
from rulewright.hotpath.runtime.texts import is_positional
from rulewright.hotpath.writing.shape import struct_of
from rulewright.hotpath.writing.unit import NotGenerated


def new_absent() -> str:
    """Return what stands for what was not sent, in one Struct and nowhere else: its references are counted.

    A text with NUL is never accepted, so nobody can send it; being a text, it is told from other texts sooner
    than another object would be. Raises NotGenerated where Python doesn't count.
    """
    absent = "".join(("\0", "absent"))
    before = sys.getrefcount(absent)
    held = [absent, absent]
    if sys.getrefcount(absent) - before != len(held):
        raise NotGenerated("references are not counted")
    return absent


def struct_of_line(
    resource: CompiledResource, fields: Iterable[CompiledField], absent: str
) -> tuple[type[msgspec.Struct], dict[str, int]]:
    """Make the Struct of what may be sent; and how many parts objects have."""
    types = {one.name: one for one in msgspec.structs.fields(struct_of(resource))}
    members: list[Any] = []
    sizes: dict[str, int] = {}
    for one in fields:
        info = types[one.name]
        type_ = info.type
        # Its own field reads it, parts and all.
        is_any = Any in (type_, *typing.get_args(type_))
        if one.children and not is_any:
            part = _part_of(one, type_, absent)
            sizes[one.name] = len(part.__struct_fields__)
            type_ = typing.Union[part, None] if one.rule.nullable else part  # noqa: UP007 - made at run time
        if is_read_as_date(one):
            type_ = date | None if one.rule.nullable else date
        elif is_any:
            # So it must not hold parts, or be a number that JSON writes otherwise:
            # 5.0 equals 5, and true equals 1.
            plain = int if one.type.basic == "integer" else str
            type_ = plain | None if one.rule.nullable else plain
        members.append((one.name, type_) if one.rule.required else (one.name, type_, absent))
    made = msgspec.defstruct("Line", members, forbid_unknown_fields=True, kw_only=True, gc=False)
    return made, sizes


def is_read_as_date(one: CompiledField) -> bool:
    """Whether msgspec reads a field's dates as the field does: exactly YYYY-MM-DD, of days that there are."""
    return one.rule.format in (None, "iso", "%Y-%m-%d") and one.rule.blank is None and is_positional(one)


def day_of(text: Any) -> date | None:
    """The day that a line would have to name to hold this text; None where no line can."""
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return day if str(day) == text else None


def _part_of(one: CompiledField, type_: Any, absent: str) -> type[msgspec.Struct]:
    kinds = (type_, *typing.get_args(type_))
    found = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, msgspec.Struct))
    infos = {info.name: info for info in msgspec.structs.fields(found)}
    members: list[Any] = []
    for child in one.children:
        if child.rule.readonly is not None:
            continue
        kind = infos[child.name].type
        left = tuple(each for each in typing.get_args(kind) if each is not msgspec.UnsetType)
        if msgspec.UnsetType in typing.get_args(kind):
            kind = typing.Union[left]  # noqa: UP007 - made at run time
        members.append((child.name, kind) if child.rule.required else (child.name, kind, absent))
    return msgspec.defstruct("Part", members, forbid_unknown_fields=True, kw_only=True, gc=False)


def is_writable(line: bytes) -> bool:
    """Whether a line with escapes holds no NUL. (Half a surrogate pair msgspec refuses.)"""
    return line.find(b"\\u0000") < 0


def has_single_keys(line: bytes, keys: int) -> bool:
    """Whether a line of JSON surely has no more than so many keys, where its texts may hold colons.

    A key ends in a quote, and its colon follows at once where no colon follows a blank anywhere.
    """
    blanks = line.find(b" :") >= 0 or line.find(b"\t:") >= 0 or line.find(b"\r:") >= 0
    return not blanks and line.find(b"\n:") < 0 and line.count(b'":') == keys

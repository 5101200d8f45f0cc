"""An update's payload beside the stored record: what was stored, what changed, what both come to.

`s.kept` is the stored record in the form in which it will be stored again, of which the types are sure;
`s.merged` is what was sent merged into it (RFC 7396), and `s.changed` names what differs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from math import isfinite
from typing import Any, Final, cast

from rulewright.compiled import CompiledField
from rulewright.evaluation.changes import patched
from rulewright.evaluation.overlay import matches
from rulewright.evaluation.shape import drop_nulls, paths_of_nulls
from rulewright.evaluation.stored_form import decode_value, encode_value
from rulewright.fieldtypes import is_writable
from rulewright.hotpath.intake import may_be_null
from rulewright.hotpath.runtime.state import Decline
from rulewright.hotpath.runtime.texts import Reader, remembering
from rulewright.hotpath.runtime.values import differs, text_of


def without_nulls(value: Any) -> Any:
    """A sent map without what it takes away."""
    return drop_nulls(value) if isinstance(value, Mapping) else value


def changed_of(merged: Mapping[str, Any], payload: Iterable[str], kept: Mapping[str, Any]) -> set[str]:
    """The fields that were sent, and with it are not what is stored any more."""
    return {name for name in payload if differs(merged[name], kept[name])}


def merged_of(
    sent: Any, payload: Mapping[str, Any], kept: Mapping[str, Any], maps: Collection[str]
) -> dict[str, Any]:
    """The stored record with what was sent; objects are merged, and maps at every depth."""
    merged = {**kept}
    for name in payload:
        value, before = getattr(sent, name), kept[name]
        if value.__class__ is dict and before.__class__ is dict:
            removed = frozenset(paths_of_nulls(payload[name])) if name in maps else None
            value = {**before, **value} if removed is None else patched(before, value, removed)
        merged[name] = value
    return merged


def merged_within(field: CompiledField, before: Any, value: Any, sent: Any) -> Any:
    """A stored object with what was `sent`, which is read as `value`; its parts are merged, however deep."""
    if before.__class__ is not dict or value.__class__ is not dict:
        return value
    if not field.children:
        return patched(before, value, frozenset(paths_of_nulls(sent)))
    merged = {**before}
    for name, one in value.items():
        below = field.child_of[name]
        merged[name] = merged_within(below, before.get(name), one, sent[name])
    return merged


def require_in_scope(stored: Mapping[str, Any], scope: Mapping[str, Any]) -> None:
    """Decline a stored record that the caller may not see."""
    if not matches(stored, scope):
        raise Decline


_CLASSES: Final[Mapping[str, type]] = {
    **dict.fromkeys(("string", "uuid", "date", "datetime"), str),
    "integer": int,
    "number": float,
    "boolean": bool,
    "list": list,
    "map": dict,
    "object": dict,
}


def stored_reader(field: CompiledField) -> Reader:
    """Return a function from a stored value to what would be stored of it again."""

    def read(value: Any) -> Any:
        if not _is_typed(field, value):
            raise Decline
        return encode_value(field, decode_value(field, value))

    if field.rule.type not in ("date", "datetime"):
        return read
    recall = remembering(read)
    return lambda value: None if value is None else recall(cast(str, text_of(value)))


def _is_typed(field: CompiledField, value: Any) -> bool:
    """Whether a stored value is of the field's type in all its parts; null is."""
    if value is None:
        return True
    kind = _CLASSES.get(field.type.basic, value.__class__)
    # A number may be held as a whole one.
    if value.__class__ is not kind and (kind, value.__class__) != (float, int):
        return False
    if field.children:
        return all(_is_typed(child, value.get(child.name)) for child in field.children)
    if field.rule.type == "list" and field.items is not None:
        inner = field.items
        takes_null = may_be_null(inner)
        return all(takes_null if item is None else _is_typed(inner, item) for item in value)
    if field.rule.type in ("date", "datetime"):
        seen = decode_value(field, value)
        return isinstance(seen, date) and encode_value(field, seen) == value
    if value.__class__ is float:
        # NaN is not even what it was.
        return isfinite(value)
    return value.__class__ is not str or is_writable(value)

"""Edits of a payload: single steps, applied without touching the original, written as RFC 6902 operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from rulewright.evaluation.log import is_within
from rulewright.pointers import index_in, part_at, steps_of

# A place that is not there.
MISSING: Final = object()

# What an edit keeps of what was sent: lower goes first among equally small changes.
RENAMED, CONVERTED, ADDED, CHOSEN, REMOVED, INVENTED = range(6)


@dataclass(frozen=True, slots=True)
class Edit:
    """One step. `path` and `origin` (of a move) are JSON Pointers; `rank` is what it keeps (above)."""

    op: Literal["add", "remove", "replace", "move"]
    path: str
    value: object = None
    origin: str = ""
    rank: int = CHOSEN

    def operation(self) -> dict[str, object]:
        """The edit as an operation of JSON Patch."""
        match self.op:
            case "remove":
                return {"op": "remove", "path": self.path}
            case "move":
                return {"op": "move", "from": self.origin, "path": self.path}
            case _:
                return {"op": self.op, "path": self.path, "value": self.value}


def value_at(payload: object, pointer: str) -> object:
    """The value at a JSON Pointer, or MISSING."""
    value = payload
    for step in steps_of(pointer):
        value = part_at(value, step, MISSING)
    return value


def in_order(payload: object, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits as a JSON Patch that can be carried out: `replace` only where something is by then."""
    kept: list[Edit] = []
    for edit in edits:
        if edit.op in ("add", "replace"):
            op: Literal["add", "replace"] = "add" if value_at(payload, edit.path) is MISSING else "replace"
            edit = replace(edit, op=op)  # noqa: PLW2901 - the same edit, named rightly
        kept.append(edit)
        payload = apply_edit(payload, edit)
    return tuple(kept)


def apply_edit(payload: object, edit: Edit) -> object:
    """Return the payload after an edit; MISSING where the edit does not fit it."""
    if edit.op == "move":
        moved = value_at(payload, edit.origin)
        if moved is MISSING:
            return MISSING
        return _put(_take(payload, steps_of(edit.origin)), steps_of(edit.path), moved)
    if edit.op == "remove":
        return _take(payload, steps_of(edit.path))
    return _put(payload, steps_of(edit.path), edit.value)


def apply_edits(payload: object, edits: Iterable[Edit]) -> object:
    """Return the payload after edits, MISSING where one does not fit."""
    for edit in edits:
        payload = apply_edit(payload, edit) if payload is not MISSING else MISSING
    return payload


def _put(payload: object, steps: list[str], value: object) -> object:
    if not steps:
        return value
    first, rest = steps[0], steps[1:]
    if isinstance(payload, Mapping) and (first in payload or not rest):
        below = _put(payload.get(first), rest, value)
        return MISSING if below is MISSING else {**payload, first: below}
    if isinstance(payload, list) and (index := index_in(payload, first)) is not None:
        below = _put(payload[index], rest, value)
        changed = [*payload[:index], below, *payload[index + 1 :]]
        return MISSING if below is MISSING else changed
    return MISSING


def _take(payload: object, steps: list[str]) -> object:
    first, rest = steps[0], steps[1:]
    if isinstance(payload, Mapping) and first in payload:
        if not rest:
            return {name: value for name, value in payload.items() if name != first}
        below = _take(payload[first], rest)
        return MISSING if below is MISSING else {**payload, first: below}
    if isinstance(payload, list) and (index := index_in(payload, first)) is not None:
        if not rest:
            return [*payload[:index], *payload[index + 1 :]]
        below = _take(payload[index], rest)
        return MISSING if below is MISSING else [*payload[:index], below, *payload[index + 1 :]]
    return MISSING


def fold(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Join edits: what is put inside something that was added becomes part of it."""
    folded: list[Edit] = []
    for edit in edits:
        outer = next(
            (
                index
                for index, one in enumerate(folded)
                if one.op in ("add", "replace") and edit.op != "move" and is_within(edit.path, one.path)
            ),
            None,
        )
        if outer is None:
            folded.append(edit)
            continue
        whole = folded[outer]
        inner = replace(edit, path=edit.path[len(whole.path) :])
        if not inner.path:
            folded[outer] = replace(edit, op=whole.op) if edit.op != "remove" else edit
        else:
            folded[outer] = replace(whole, value=apply_edit(whole.value, inner))
    return tuple(folded)

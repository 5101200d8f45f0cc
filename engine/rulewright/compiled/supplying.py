"""In which order the parts of an object are worked out: what another one reads goes before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rulewright.compiled.parts import CompiledField
from rulewright.formula import Path


def in_order_of_reading(parts: Sequence[CompiledField], path: Path) -> tuple[CompiledField, ...]:
    """The parts of the object that expressions read by `path`, those that others read before these.

    Else what is computed comes last, and all is in the order of the file. Circles are told of when the file
    is checked (value-cycle).
    """
    names = {part.name: part for part in parts}
    pending = sorted(parts, key=lambda part: part.compute is not None)
    placed: dict[str, CompiledField] = {}
    begun: set[str] = set()

    def place(part: CompiledField) -> None:
        if part.name in begun:
            return
        begun.add(part.name)
        for read in _reads(part):
            if read[: len(path)] == path and len(read) > len(path) and read[len(path)] in names:
                place(names[read[len(path)]])
        placed[part.name] = part

    for part in pending:
        place(part)
    return tuple(placed.values())


def _reads(field: CompiledField) -> Iterator[Path]:
    """What the values of a field and of all in it are made from; `item` is the one around the field."""
    for valued in (field.default_from, field.compute):
        if valued is not None:
            yield from valued.reads
    for child in field.children:
        yield from _reads(child)
    if field.items is not None:
        yield from (path for path in _reads(field.items) if path[0] != "item")

"""Chunks as transactions: one for each; more where it takes too long, or the store refuses it at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Sized
from functools import partial
from typing import TypeVar

from rulewright.conflicts import despite_conflicts
from rulewright.errors import AdapterError, RecordRefusedError

_Item = TypeVar("_Item")
_Done = TypeVar("_Done", bound=Sized)


def in_transactions(
    chunk: Sequence[_Item],
    write: Callable[[Sequence[_Item]], _Done],
    refuse: Callable[[_Item, AdapterError], _Done],
) -> Iterator[_Done]:
    """Yield what `write` makes of the chunk, which is one transaction of the store.

    `write` may do less than it is given, from its start and at least one item; the rest is given to it anew,
    in parts that grow from twice what it did: it reads ahead for all that it is given.
    Some constraints are judged only when a transaction ends. Where one is broken the chunk is written half by
    half, until a single item is left, of which `refuse` tells.
    """
    parts, most = [chunk], len(chunk)
    while parts:
        part = parts.pop()
        if len(part) > most:
            parts.append(part[most:])
            part = part[:most]
        try:
            done = despite_conflicts(partial(write, part))
        except RecordRefusedError as error:
            if len(part) > 1:
                middle = len(part) // 2
                parts += [part[middle:], part[:middle]]
                continue
            done = refuse(part[0], error)
        assert len(done) > 0, "a chunk ended before its first item"
        if len(done) < len(part):
            parts.append(part[len(done) :])
            most = 0
        most = max(most, 2 * len(done))
        yield done

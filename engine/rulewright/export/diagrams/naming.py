"""Ids in a diagram: words that no language of diagrams keeps for itself, each there once."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Final, TypeVar

_OTHER: Final = re.compile(r"[^A-Za-z0-9]+")
Thing = TypeVar("Thing", bound=Hashable)


def identify(names: Mapping[Thing, str], prefix: str) -> Mapping[Thing, str]:
    """Give each thing an id: `prefix`, then the letters and digits of its name as far as they are ASCII."""
    ids: dict[Thing, str] = {}
    taken: set[str] = set()
    for thing, name in names.items():
        plain = f"{prefix}_{_OTHER.sub('_', name).strip('_')}".rstrip("_")
        found, number = plain, 1
        while found in taken:
            number += 1
            found = f"{plain}_{number}"
        taken.add(found)
        ids[thing] = found
    return ids

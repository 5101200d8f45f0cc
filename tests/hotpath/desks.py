"""Rule files that a test writes, as the API `desk`, and payloads that break them in many ways."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from rulewright import Program, load

CUSTOMER = """
rulewright: 1
resource: desk/customer
key: code
fields:
  code: {type: string, required: true}
  limit: {type: integer}
"""


def load_desk(folder: Path, **texts: str) -> Program:
    """Write rule files, by the names of their resources, into an empty folder, and load them."""
    api = folder / "desk"
    api.mkdir()
    for name, text in texts.items():
        (api / f"{name}.yaml").write_text(text)
    return load(folder)


def draw_payload(
    random: Random, values: Mapping[str, Sequence[Any]], chance: float, rare: Mapping[str, float]
) -> dict[str, Any]:
    """A payload of which each part may be wrong; the first value of each field is a good one.

    A field is sent by `chance`, or by what `rare` says of it.
    """
    names = [name for name in values if random.random() < rare.get(name, chance)]
    random.shuffle(names)
    good = random.random()
    return {
        name: copy.deepcopy(values[name][0] if random.random() < good else random.choice(values[name]))
        for name in names
    }

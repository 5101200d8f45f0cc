"""The headers of a request: which can be sent, and whose word counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rulewright.ports import HEADER_NAME, HEADER_VALUE, IDEMPOTENCY_KEY

_NAME: Final = re.compile(HEADER_NAME)
_VALUE: Final = re.compile(HEADER_VALUE)


def flaw_of(name: str, value: str) -> str | None:
    """Why a header can't be sent with every message, without its value; None where it can."""
    if not _NAME.fullmatch(name):
        return f"{name!r} is no name for a header"
    if not _VALUE.fullmatch(value):
        return f"{name} holds what no HTTP header can: it takes printable ASCII"
    if name.lower() == IDEMPOTENCY_KEY.lower():
        return f"{IDEMPOTENCY_KEY} is different for each message, and never set by hand"
    return None


def joined(*layers: Mapping[str, str]) -> dict[str, str]:
    """Headers of several layers, of which the last that names one counts; case makes no difference."""
    found = {name.lower(): (name, value) for layer in layers for name, value in layer.items()}
    return dict(found.values())

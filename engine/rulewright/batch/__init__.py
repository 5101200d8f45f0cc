"""Many payloads at once: decided one after the other, read and written by the chunk.

The names below are imported when first asked for: one payload needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rulewright.batch.applying import CHUNK, SECONDS, Applier
    from rulewright.batch.chunks import in_transactions

__all__ = ["CHUNK", "SECONDS", "Applier", "in_transactions"]

_HOMES = {
    "CHUNK": "applying",
    "SECONDS": "applying",
    "Applier": "applying",
    "in_transactions": "chunks",
}


def __getattr__(name: str) -> object:
    """Import what is asked for, and keep it here."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value

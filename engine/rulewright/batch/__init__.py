"""Many payloads at once: decided one after the other, read and written by the chunk.

The names below are imported when first asked for: one payload needs none of them.
"""

from typing import TYPE_CHECKING

from rulewright.lazy_imports import lazy_names

if TYPE_CHECKING:
    from rulewright.batch.applying import CHUNK, SECONDS, Applier
    from rulewright.batch.chunks import in_transactions

__all__ = ["CHUNK", "SECONDS", "Applier", "in_transactions"]

__getattr__ = lazy_names(
    __name__, {"applying": ("CHUNK", "SECONDS", "Applier"), "chunks": ("in_transactions",)}
)

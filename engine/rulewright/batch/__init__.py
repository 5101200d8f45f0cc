"""Many payloads at once: decided one after the other, read and written by the chunk."""

from rulewright.batch.applying import CHUNK, Applier
from rulewright.batch.chunks import in_transactions

__all__ = ["CHUNK", "Applier", "in_transactions"]

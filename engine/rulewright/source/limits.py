"""How much YAML is taken: enough for any file that people write, little enough to stay safe."""

from __future__ import annotations

from msgspec import Struct


class SourceLimits(Struct, frozen=True):
    """Bounds on one file. Readers of large payload files pass their own."""

    # A rule file of 4 MB would be some 80,000 lines.
    max_bytes: int = 4_000_000
    # libyaml's events before aliases are expanded, and nodes after.
    max_events: int = 400_000
    # PyYAML's own composer dies of a native stack overflow far beyond this; people rarely pass 12.
    max_depth: int = 64
    # Enough to share a few lists; expansion counts into max_events too.
    max_aliases: int = 100


DEFAULT_LIMITS = SourceLimits()

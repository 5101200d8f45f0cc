"""Adapters of Rulewright: one module each, found by name when first asked for.

Each store module offers `open_url(rest)`, where `rest` is what follows "<scheme>://" in its URL.
"""

from rulewright_adapters.opening import SCHEMES, open_store

__all__ = ["SCHEMES", "open_store"]

"""YAML text to nodes that know where they stand; the only package that imports yaml.

YAML is read strictly: only true/false, null/~ and plain decimal numbers are typed, everything that
could surprise (tags, merge keys, duplicate keys, a second document) is a problem of its own, and
depth, size, events and aliases are bounded before anything is built.
"""

from typing import TYPE_CHECKING

from rulewright.lazy_imports import lazy_names
from rulewright.source.decode import decode_bytes
from rulewright.source.limits import DEFAULT_LIMITS, SourceLimits
from rulewright.source.nodes import Entry, ListNode, MapNode, Node, Plain, Scalar, Style, span_at, to_plain
from rulewright.source.text import SourceText

if TYPE_CHECKING:
    from rulewright.source.compose import read_source

__all__ = [
    "DEFAULT_LIMITS",
    "Entry",
    "ListNode",
    "MapNode",
    "Node",
    "Plain",
    "Scalar",
    "SourceLimits",
    "SourceText",
    "Style",
    "decode_bytes",
    "read_source",
    "span_at",
    "to_plain",
]

# A model that was kept needs no yaml.
__getattr__ = lazy_names(__name__, {"compose": ("read_source",)})

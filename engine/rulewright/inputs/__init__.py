"""Payload files -> payloads, each with the places of its values; what can't be read is said, not raised.

A file that can't be opened (missing, a folder) is a PayloadError before anything is decided. Text that
is no payload is a `Broken` item in its place: it becomes a rejected outcome of its own, and the others
go on.

The names below are imported when first asked for: one JSON payload needs few of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rulewright.inputs.documents import read_text
    from rulewright.inputs.files import Source, find_sources
    from rulewright.inputs.json_text import JsonFlaw, parse_json
    from rulewright.inputs.payload import Broken, Item, Payload, places_of
    from rulewright.inputs.reading import read_document, read_items, read_line

__all__ = [
    "Broken",
    "Item",
    "JsonFlaw",
    "Payload",
    "Source",
    "find_sources",
    "parse_json",
    "places_of",
    "read_document",
    "read_items",
    "read_line",
    "read_text",
]

_HOMES = {
    "Broken": "payload",
    "Item": "payload",
    "JsonFlaw": "json_text",
    "Payload": "payload",
    "Source": "files",
    "find_sources": "files",
    "parse_json": "json_text",
    "places_of": "payload",
    "read_document": "reading",
    "read_items": "reading",
    "read_line": "reading",
    "read_text": "documents",
}


def __getattr__(name: str) -> object:
    """Import what is asked for, and keep it here."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value

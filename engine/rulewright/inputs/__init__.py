"""Payload files -> payloads, each with the places of its values; what can't be read is said, not raised.

A file that can't be opened (missing, a folder) is a PayloadError before anything is decided. Text that
is no payload is a `Broken` item in its place: it becomes a rejected outcome of its own, and the others
go on. A module imports only from those that stand before it in this list:

  limits, files                            how much is taken, and from which files
  json_text, decoding, json_places         strict JSON, from UTF-8, and where its values stand
  payload                                  what reading gives
  sure_lines, documents, array_items       a line, a whole text, the items of an array
  table_place, cells, table                cells by the types of their fields, rows by the header
  csv_rows                                 CSV
  xlsx_parts, xlsx_flaws, xlsx_survey      workbooks
  xlsx_pieces, xlsx_rows                   their sheets, row by row
  reading                                  any file, by its format
  blocks, lines, ranges                    parts of JSONL files, for other processes and for a quick look
  record_faults                            what is wrong with files of records

The names below are imported when first asked for: one JSON payload needs few of them.
"""

from typing import TYPE_CHECKING

from rulewright.lazy_imports import lazy_names

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

__getattr__ = lazy_names(
    __name__,
    {
        "documents": ("read_text",),
        "files": ("Source", "find_sources"),
        "json_text": ("JsonFlaw", "parse_json"),
        "payload": ("Broken", "Item", "Payload", "places_of"),
        "reading": ("read_document", "read_items", "read_line"),
    },
)

"""The option --records: a file of records becomes a whole store, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final, cast

from rulewright.errors import PayloadError
from rulewright.inputs import Payload, find_sources, places_of, read_document
from rulewright.inputs.record_faults import faults_of
from rulewright.ports import Store, StoredRecord
from rulewright.program import Program
from rulewright.report.text import show_text

# So many mistakes are told at once.
_TOLD: Final = 20


def read_records(file: str, program: Program) -> Store:
    """Read resource -> list of records. They are taken as they are; unnamed resources are empty.

    Raises PayloadError that names every resource, field and value that the rules do not know.
    """
    from rulewright_adapters.memory import MemoryStore  # noqa: PLC0415 - the engine needs no adapter

    document = read_document(find_sources([file])[0])
    faults = faults_of(document.value, {table.resource: table for table in program.tables})
    found = islice(faults, _TOLD)
    # A line for each, whatever line breaks the names in the file hold.
    told = [show_text(f"{_place(document, pointer)}: {message}") for pointer, message in found]
    if told:
        more = [f"there may be more: these are the first {_TOLD}"] if len(told) == _TOLD else []
        raise PayloadError("\n".join([*told, *more]))
    records = cast(Mapping[str, Sequence[StoredRecord]], document.value or {})
    return MemoryStore(records, program.tables)


def _place(document: Payload, pointer: str) -> str:
    return places_of(document, [pointer])[pointer]

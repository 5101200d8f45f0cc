"""A small shop whose rules hold every kind of problem."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rulewright import Program, load
from rulewright.evaluation import Inputs
from rulewright_adapters.memory import MemoryStore

PROGRAM: Program = load(Path(__file__).parent / "rules")
SECRET = "7391"
CUSTOMERS = [
    {"id": 1, "name": "Ann", "city": "Ulm", "secret": SECRET},
    {"id": 2, "name": "Bob", "city": None, "secret": "8260"},
]
GOOD: Mapping[str, Any] = {"customer": 1, "street": "Main Road 1"}


def shop_store() -> MemoryStore:
    return MemoryStore({"shop/customer": CUSTOMERS}, PROGRAM.tables)


def order(**fields: Any) -> Inputs:
    """A create of a good order, with other fields; None leaves a field out."""
    payload = {name: value for name, value in {**GOOD, **fields}.items() if value is not None}
    return PROGRAM.inputs(payload, as_of="2025-01-15T00:00:00Z", seed=1)

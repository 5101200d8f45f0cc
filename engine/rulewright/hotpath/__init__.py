"""The hot path: one generated Python program for each resource, beside the plain evaluator, its referee.

It may only ever say "surely accepted"; whatever else a payload is, `evaluation.decide` says it.

The names below are imported when first asked for: what was kept of a program (thawed.py) needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rulewright.hotpath.deciding import decide, program_source, written_by

__all__ = ["decide", "program_source", "written_by"]


def __getattr__(name: str) -> object:
    """Import what is asked for, and keep it here."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module("rulewright.hotpath.deciding"), name)
    return value

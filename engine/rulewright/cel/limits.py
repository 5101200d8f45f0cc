"""The bounds every expression stays within, and the meter that counts steps at run time."""

from __future__ import annotations

from dataclasses import dataclass

from rulewright.cel.errors import LimitError

CHARACTERS_PER_STEP = 16
"""Copying or comparing this many characters costs about as much as visiting one node."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on the text of one expression and on one evaluation of it."""

    characters: int = 10_000
    depth: int = 80
    """Levels of nesting. A level takes at most six Python frames, so 480 of the 1,000 Python allows."""
    nodes: int = 5_000
    steps: int = 500_000
    """Node visits, iterations and pieces of text: about half a second of the tree-walker."""


DEFAULT_LIMITS = Limits()


class Budget:
    """Counts the steps of one or several evaluations down to nothing."""

    __slots__ = ("remaining", "total")

    def __init__(self, steps: int = DEFAULT_LIMITS.steps) -> None:
        self.total = steps
        self.remaining = steps

    def spend(self, steps: int) -> None:
        """Take `steps` off what remains; `LimitError` when nothing is left."""
        self.remaining -= steps
        if self.remaining < 0:
            raise LimitError(f"evaluation takes more than {self.total:,} steps")

"""Functions of CEL as generated code calls them: by what implements them, for values that are short."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, Final

from rulewright.cel.signature import Overload
from rulewright.hotpath.runtime.state import Decline

# Characters of a text, and steps of a call, that nobody has to count.
_LONGEST: Final = 10_000
_MOST_STEPS: Final = 1_000


def bounded(overload: Overload) -> Callable[..., Any]:
    """Return a function that gives what the overload gives, or raises; it takes no nulls.

    Whatever is long is left to the plain evaluator, which meters it.
    """
    implementation, cost = overload.implementation, overload.cost

    def applied(*given: Any) -> Any:
        for one in given:
            if one is None or (one.__class__ is str and len(one) > _LONGEST):
                raise Decline
        if cost is not None and cost(*given) > _MOST_STEPS:
            raise Decline
        made = implementation(*given)
        if made.__class__ is float and not isfinite(made):
            # No store keeps it.
            raise Decline
        return made

    return applied

"""The function table: every operator, function and method by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rulewright.cel.functions.conversions import CONVERSIONS
from rulewright.cel.functions.lists import LISTS, OPTIONALS
from rulewright.cel.functions.maths import MATHS
from rulewright.cel.functions.network import NETWORK
from rulewright.cel.functions.operators import OPERATORS
from rulewright.cel.functions.own import OWN
from rulewright.cel.functions.strings import ENCODERS, STRINGS
from rulewright.cel.functions.times import TIMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rulewright.cel.signature import Function

STANDARD_FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    {
        function.name: function
        for group in (OPERATORS, CONVERSIONS, TIMES, STRINGS, ENCODERS, MATHS, NETWORK, LISTS, OPTIONALS)
        for function in group
    }
)
"""CEL's standard functions and those of its extensions."""

OWN_FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType({function.name: function for function in OWN})
"""Rulewright's additions: `slug`, `pick`, `money`, `sum`."""

ALL_FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType({**STANDARD_FUNCTIONS, **OWN_FUNCTIONS})
"""Both."""

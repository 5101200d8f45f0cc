"""Charity numbers of the three registers of the UK."""

from __future__ import annotations

import re
from types import MappingProxyType

_REGISTERS = MappingProxyType(
    {
        "England and Wales": re.compile(r"[1-9][0-9]{5,6}", re.ASCII).fullmatch,
        "Scotland": re.compile(r"SC0[0-9]{5}", re.ASCII).fullmatch,
        "Northern Ireland": re.compile(r"NIC1[0-9]{5}", re.ASCII).fullmatch,
    }
)


def is_charity_number(text: str) -> bool:
    """Whether a text is written as one of the registers writes its numbers."""
    return any(fits(text) for fits in _REGISTERS.values())


def register_of(number: str) -> str:
    """The register that a number is in. Raises ValueError for other text."""
    for register, fits in _REGISTERS.items():
        if fits(number):
            return register
    raise ValueError("no charity number")

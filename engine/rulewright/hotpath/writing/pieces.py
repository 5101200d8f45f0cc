"""Pieces of written Python that need no more than themselves: literals, paths, tests."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Final

from rulewright.compiled import CompiledField
from rulewright.fieldtypes import is_writable
from rulewright.hotpath.writing.unit import Code, kind_of_field

# How values of one class, or null, are told apart.
_UNEQUAL: Final[Mapping[str, str]] = {
    "bool": "is not",
    **dict.fromkeys(("text", "int", "date", "datetime"), "!="),
}


class Written(Exception):  # noqa: N818 - not an error
    """This part is called as compiled CEL."""


def literal(value: object) -> Code:
    """A literal of Python."""
    if value is None:
        return Code("None", "null", sure=True)
    kinds = {bool: "bool", str: "text", int: "int", float: "double"}
    kind = kinds.get(type(value))
    if kind is None:
        raise Written
    if isinstance(value, str) and not is_writable(value):
        # What no store keeps is met where it is fitted to a field.
        raise Written
    text = repr(value)
    return Code(f"({text})" if text.startswith("-") else text, kind, sure=True, steady=True)


def not_null(code: Code) -> Code:
    """Whether a value is there."""
    return Code(f"({code.text} is not None)", "bool", sure=True, steady=True)


def sure_bool(text: str) -> Code:
    """A text that gives true or false."""
    return Code(text, "bool", sure=True, steady=True)


def is_constant(text: str) -> bool:
    """Whether a text is a literal other than None."""
    try:
        return ast.literal_eval(text) is not None
    except (ValueError, SyntaxError):
        return False


def is_literal(code: Code) -> bool:
    """Whether it is a literal, None included."""
    return code.sure and (code.kind == "null" or is_constant(code.text))


def differing(field: CompiledField, sent: str, recorded: str) -> str:
    """The test that a sent value, which is not null, is not what is recorded; both are in stored form."""
    sign = _UNEQUAL.get(kind_of_field(field))
    return f"{sent} {sign} {recorded}" if sign is not None else f"differs({sent}, {recorded})"

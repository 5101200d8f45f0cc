"""Types, operators and pieces of text as an analyst would say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rulewright.cel.checker.types import item_of, without_null
from rulewright.cel.values import Type

_LONGEST_EXCERPT: Final = 60

_SPOKEN: Final[Mapping[str, tuple[str, str]]] = {
    "bool": ("true or false", "truth values"),
    "int": ("a number", "numbers"),
    "uint": ("a number", "numbers"),
    "double": ("a number", "numbers"),
    "string": ("a text", "texts"),
    "bytes": ("bytes", "bytes"),
    "null_type": ("null", "nulls"),
    "list": ("a list", "lists"),
    "map": ("a map", "maps"),
    "type": ("a type", "types"),
    "google.protobuf.Timestamp": ("a date", "dates"),
    "google.protobuf.Duration": ("a duration", "durations"),
    "optional_type": ("an optional value", "optional values"),
    "net.IP": ("an IP address", "IP addresses"),
    "net.CIDR": ("an address range", "address ranges"),
    "dyn": ("any value", "values"),
    "nothing": ("any value", "values"),
}
_PRECISE: Final[Mapping[str, str]] = {
    "int": "a whole number",
    "uint": "an unsigned number",
    "double": "a decimal number",
}

OPERATIONS: Final[Mapping[str, str]] = {
    "_<_": "cannot compare {0} with {1}",
    "_<=_": "cannot compare {0} with {1}",
    "_>_": "cannot compare {0} with {1}",
    "_>=_": "cannot compare {0} with {1}",
    "_+_": "cannot add {1} to {0}",
    "_-_": "cannot subtract {1} from {0}",
    "_*_": "cannot multiply {0} by {1}",
    "_/_": "cannot divide {0} by {1}",
    "_%_": "cannot take the remainder of {0} by {1}",
    "@in": "cannot look for {0} in {1}",
    "-_": "cannot take the negative of {0}",
    "!_": "! turns true or false round, not {0}",
}
"""What can't be done, by operator."""


def spoken(kind: Type) -> str:
    """`a text`, `a number`, `a list of texts`."""
    kind = without_null(kind)
    if kind.variable:
        return "any value"
    if kind.name == "list" and kind.params and item_of(kind).name in _SPOKEN and not item_of(kind).variable:
        return f"a list of {spoken_plural(item_of(kind))}"
    return _SPOKEN.get(kind.name, (f"a {kind.name}", ""))[0]


def spoken_plural(kind: Type) -> str:
    """`texts`, `numbers`."""
    name = without_null(kind).name
    return _SPOKEN.get(name, ("", f"{name}s"))[1]


def spoken_apart(kinds: Iterable[Type]) -> list[str]:
    """The names of several types; two kinds of numbers are told apart."""
    types = [without_null(kind) for kind in kinds]
    names = [spoken(kind) for kind in types]
    if len(set(names)) == len(names) or len(set(types)) < len(types):
        return names
    return [_PRECISE.get(kind.name, name) for kind, name in zip(types, names, strict=True)]


def precisely(kind: Type) -> str:
    """`a whole number` where `a number` would not tell."""
    return _PRECISE.get(without_null(kind).name, spoken(kind))


def alternatives(words: Iterable[str]) -> str:
    """`a, b or c`, each once."""
    listed = list(dict.fromkeys(words))
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} or {listed[-1]}"


def excerpt(text: str, start: int, end: int) -> str:
    """A piece of the expression in one line, cut where it is long."""
    piece = " ".join(text[start:end].split())
    return piece if len(piece) <= _LONGEST_EXCERPT else f"{piece[: _LONGEST_EXCERPT - 3]}..."


def did_you_mean(word: str, known: Iterable[str], before: str = "") -> str | None:
    """A hint with the nearest known word, or None where none is near; `before` is put before it."""
    words = sorted(set(known))
    near = _close_matches(word, words)
    if not near:
        plain = word.lower().replace("_", "")
        near = [other for other in words if other.lower().replace("_", "") == plain][:1]
    return f"did you mean {before}{near[0]}?" if near else None


def _close_matches(word: str, words: list[str]) -> list[str]:
    """difflib is slow to import, and needed only when something is wrong."""
    from difflib import get_close_matches  # noqa: PLC0415

    # It compares with every word; among so many a near one says little anyway.
    return get_close_matches(word, words, n=1, cutoff=0.6) if len(words) <= 500 else []

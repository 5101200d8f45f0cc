"""What is wrong with the shape of a rule file, before it has a place in the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from msgspec import Struct


class Flaw(Struct, frozen=True):
    """One mistake as the keyword fields raise it. `at_key`: the key is to blame, not its value."""

    code: str
    message: str
    hint: str | None = None
    at_key: bool = False


# Below a value: its own flaws, or those of its parts by keyword, key or index.
Flaws = Sequence[Flaw] | Mapping[str | int, "Flaws"]


class FlawedError(Exception):
    """A value can't stand where it does."""

    def __init__(self, flaws: Flaws) -> None:
        super().__init__(flaws)
        self.flaws = flaws


# What other languages call it, where no likeness of letters would find ours.
ELSEWHERE = {
    "allow": "ignore",
    "allow_null": "nullable",
    "allowed": "one_of",
    "allowed_values": "one_of",
    "amount": "money",
    "array": "list",
    "bigint": "integer",
    "char": "string",
    "choices": "one_of",
    "condition": "check",
    "constraints": "checks",
    "data": "set",
    "decimal": "number",
    "dict": "object",
    "double": "number",
    "enum": "one_of",
    "error_message": "message",
    "float": "number",
    "forbidden_when": "forbidden_if",
    "foreign_key": "references",
    "help": "description",
    "if": "when",
    "insert": "create",
    "json": "any",
    "label": "title",
    "length": "max_length",
    "long": "integer",
    "lookup": "references",
    "mandatory": "required",
    "max_items": "max_length",
    "max_size": "max_length",
    "maximum": "max",
    "min_items": "min_length",
    "min_size": "min_length",
    "minimum": "min",
    "not_null": "required",
    "notify": "send",
    "null": "nullable",
    "options": "one_of",
    "pattern_properties": "items",
    "percent": "number",
    "pounds": "money",
    "price": "money",
    "prohibited": "forbidden_if",
    "prohibited_with": "forbidden_with",
    "prohibited_without": "forbidden_without",
    "properties": "fields",
    "range": "min",
    "real": "number",
    "regex": "pattern",
    "regexp": "pattern",
    "relation": "references",
    "required_when": "required_if",
    "resource": "find",
    "rules": "checks",
    "secret": "sensitive",
    "size": "max_length",
    "text": "string",
    "then": "assert",
    "timestamp": "datetime",
    "to": "references",
    "unique_with": "unique",
    "url": "string",
    "validate": "checks",
    "validation": "checks",
    "validations": "checks",
    "values": "one_of",
    "varchar": "string",
    "where": "by",
    "with": "set",
    "year": "integer",
}


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint that names the nearest known word, or None where nothing is near."""
    words = sorted(set(known))
    if (meant := ELSEWHERE.get(word)) in words:
        return f"did you mean {meant}?"
    # difflib compares with every word; among so many a near one says little anyway.
    near = get_close_matches(word, words, n=1, cutoff=0.6) if len(words) <= 500 else []
    if not near:
        near = [other for other in words if other.lower().replace("_", "") == word.lower().replace("_", "")][
            :1
        ]
    return f"did you mean {near[0]}?" if near else None

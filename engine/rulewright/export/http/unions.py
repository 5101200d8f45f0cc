"""Schemas of what is one thing or another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from rulewright.export.payload_schema import or_null

Schema: TypeAlias = dict[str, object]
NULL: Final = {"type": "null"}


def either(*schemas: Mapping[str, object]) -> Schema:
    """Return the schema of a value that fits any of these; {} where one of them says nothing."""
    options = [dict(one) for schema in schemas for one in _options(schema)]
    if {} in options:
        return {}
    kinds: list[Schema] = []
    for one in options:
        if one != NULL and one not in kinds:
            kinds.append(one)
    if not kinds:
        return dict(NULL)
    whole = kinds[0] if len(kinds) == 1 else _joined(kinds)
    return or_null(_plain(whole)) if NULL in options else whole


def without_null(schema: Mapping[str, object]) -> Schema:
    """Return the schema of the value where it is not null."""
    return either(*(one for one in _options(schema) if one != NULL))


def _options(schema: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """A schema as its alternatives, null apart from the rest."""
    kind, enum = schema.get("type"), schema.get("enum")
    if list(schema) == ["anyOf"]:
        options = schema["anyOf"]
        assert isinstance(options, list)
        for one in options:
            yield from _options(one)
    elif isinstance(kind, list) and "null" in kind:
        left = [one for one in kind if one != "null"]
        yield {**schema, "type": left[0], **({"enum": _not_null(enum)} if isinstance(enum, list) else {})}
        yield NULL
    elif schema.get("const", 0) is None:
        yield NULL
    else:
        yield schema


def _not_null(values: list[object]) -> list[object]:
    return [one for one in values if one is not None]


def _joined(kinds: list[Schema]) -> Schema:
    if all(list(one) == ["const"] for one in kinds):
        return {"enum": [one["const"] for one in kinds]}
    return {"anyOf": kinds}


def _plain(schema: Schema) -> Schema:
    """A constant in a form that takes null beside it."""
    return {"enum": [schema["const"]]} if list(schema) == ["const"] else schema

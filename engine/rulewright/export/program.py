"""The Python program of a resource, for people to read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.hotpath import program_source

_WIDTH: Final = 120


def program_text(rules: CompiledRules, resource: CompiledResource, operation: str) -> str:
    """What `program_source` gives, with the members of long maps on lines of their own."""
    source = program_source(rules, resource, operation)
    return "".join(f"{part}\n" for line in source.splitlines() for part in _folded(line))


def _folded(line: str) -> Iterator[str]:
    found = _map_set_in(line) if len(line) > _WIDTH else None
    if found is None:
        yield line
        return
    names, members = found
    indent = line[: len(line) - len(line.lstrip())]
    yield f"{indent}{' = '.join(map(ast.unparse, names))} = {{"
    for key, value in zip(members.keys, members.values, strict=True):
        name = "**" if key is None else f"{ast.unparse(key)}: "
        yield f"{indent}    {name}{ast.unparse(value)},"
    yield f"{indent}}}"


def _map_set_in(line: str) -> tuple[list[ast.expr], ast.Dict] | None:
    """What a line sets, and the map that it sets it to; None for any other line."""
    try:
        (statement,) = ast.parse(line.strip()).body
    except (SyntaxError, ValueError):
        # The start of a block, or a comment.
        return None
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Dict):
        return statement.targets, statement.value
    return None

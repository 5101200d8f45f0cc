"""Written functions as trees of Python, each parsed and looked through once: most are read twice."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from msgspec import Struct

from rulewright.hotpath.writing.unit import Unit


class Parsed(Struct, frozen=True):
    """One function: its tree, its title, the variables that it sets and all that it calls."""

    tree: ast.FunctionDef
    title: str
    sets: frozenset[str]
    calls: tuple[ast.Call, ...]


def parse_functions(unit: Unit, functions: Iterable[str]) -> dict[str, Parsed]:
    """The functions by name. Nobody may change their trees."""
    found = (_parse(unit.parsed, text) for text in functions if text.startswith("def "))
    return {one.tree.name: one for one in found}


def _parse(known: dict[str, Parsed], text: str) -> Parsed:
    if text not in known:
        known[text] = _looked_through(text)
    return known[text]


def _looked_through(text: str) -> Parsed:
    (tree,) = ast.parse(text).body
    assert isinstance(tree, ast.FunctionDef)
    nodes = [*ast.walk(tree)]
    return Parsed(
        tree,
        text.split("\n", 1)[0].partition("  # ")[2],
        frozenset(one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)),
        tuple(one for one in nodes if isinstance(one, ast.Call)),
    )

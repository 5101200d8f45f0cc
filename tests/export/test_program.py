"""`export program`: what is compiled, laid out for people."""

from __future__ import annotations

import ast

import pytest

from rulewright import load
from rulewright.export.program import program_text
from rulewright.hotpath import program_source

RULES = load().compiled


@pytest.mark.parametrize("operation", ["create", "update"])
@pytest.mark.parametrize("name", RULES.resources)
def test_what_is_shown_is_what_runs(name: str, operation: str) -> None:
    """Only the lines are others."""
    resource = RULES.resources[name]
    source = program_source(RULES, resource, operation)

    shown = program_text(RULES, resource, operation)

    assert ast.dump(ast.parse(shown)) == ast.dump(ast.parse(source))


def test_long_maps_have_a_line_for_each_member() -> None:
    """A record with all its fields is not one line."""
    shown = program_text(RULES, RULES.resources["ct_oi/case"], "create")

    assert "    body = {\n        'id': s.record['id'],\n" in shown

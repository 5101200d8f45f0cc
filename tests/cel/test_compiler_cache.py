"""Compiled code as bytes: the seam for keeping it between runs."""

from __future__ import annotations

import pytest

from rulewright import cel
from rulewright.cel.compiler.artifact import key

TEXTS = [
    "a >= 18 && s.matches('^[a-z]+$') && d > duration('1h')",
    "items.map(x, x + 1u).size() > 2 || s.startsWith('a')",
    "{'k': a, 'l': [s, b'x', 1.5, null, timestamp(0)]}",
    "optional.of(a).orValue(2) == 20 && -a < 0",
]
BINDINGS = {"a": 20, "s": "abc", "d": cel.Duration(10**13), "items": [cel.Uint(1)] * 3}


@pytest.mark.parametrize("text", TEXTS)
def test_code_comes_back_as_it_was(text: str) -> None:
    """Restored code gives what compiling anew gives."""
    program = cel.compile(text)
    restored = cel.Program(text, cel.parse(text))
    restored.restore(program.dump())

    assert restored.evaluate(BINDINGS) == program.evaluate(BINDINGS)


def test_custom_functions_are_found_again_by_name() -> None:
    """Their code is the caller's, not ours to keep."""
    double = cel.function("double_it", lambda value: value * 2, [cel.TYPE_NAMES["int"]])
    program = cel.compile("double_it(a)", functions=[double])
    restored = cel.Program(program.text, program.node, functions=program.functions)
    restored.restore(program.dump())

    assert restored.evaluate({"a": 4}) == 8


def test_restored_code_falls_back_like_any_other() -> None:
    """Errors are absorbed, or told with their place."""
    program = cel.compile("a.b == 1 || c")
    program.restore(program.dump())

    assert program.evaluate({"a": {}, "c": True}) is True
    with pytest.raises(cel.EvaluationError, match='no such field "b"') as caught:
        program.evaluate({"a": {}, "c": False})
    assert caught.value.start == 0


def test_the_key_changes_with_whatever_the_code_depends_on() -> None:
    """Text, declarations and the engine's version, each told apart from the other."""
    keys = {
        key("a", ["b"], "1"),
        key("b", ["a"], "1"),
        key("a", ["b"], "2"),
        key("a", [], "1"),
        key("a", ["b", "c"], "1"),
        key("a", ["bc"], "1"),
        key("\ud800", [], "1"),
    }

    assert len(keys) == 7
    assert key("a", ["b", "c"], "1") == key("a", ["c", "b"], "1")

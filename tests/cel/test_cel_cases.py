"""The case files, and that they leave nothing out."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from cel_case_files import CaseFromFile, read_cases

import rulewright.cel
from rulewright.cel import ALL_FUNCTIONS, CelError, Function, Overload, evaluate, parse, walk
from rulewright.cel.conformance import same_value
from rulewright.cel.macros import MACRO_NAMES
from rulewright.cel.parser import NAMESPACED_FUNCTIONS
from rulewright.cel.tree import CHILD_FIELDS, MapEntry

CASES = read_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_gives_what_the_file_says(case: CaseFromFile) -> None:
    """Each case gives its value, or an error with its words."""
    if case.gives is None:
        with pytest.raises(CelError) as caught:
            evaluate(parse(case.expr), case.bindings)

        assert str(case.error) in caught.value.message
        assert caught.value.start is not None
        assert 0 <= caught.value.start <= (caught.value.end or 0) <= len(case.expr)
        return
    expected = evaluate(parse(case.gives), case.bindings)

    assert same_value(evaluate(parse(case.expr), case.bindings), expected)


def test_every_overload_has_a_case() -> None:
    """Whoever adds a function adds a case: every overload of the table is called by some case."""
    called: set[tuple[str, Overload]] = set()
    functions = _recording_functions(called)
    for case in CASES:
        if case.gives is not None:
            evaluate(parse(case.expr), case.bindings, functions=functions)

    missing = [
        f"{name}({', '.join(map(str, overload.params))})"
        for name, function in ALL_FUNCTIONS.items()
        for overload in function.overloads
        if (name, overload) not in called
    ]
    assert missing == []


def _recording_functions(called: set[tuple[str, Overload]]) -> Mapping[str, Function]:
    def recording(name: str, overload: Overload) -> Overload:
        def implementation(*args: object) -> object:
            called.add((name, overload))
            return overload.implementation(*args)

        return replace(overload, implementation=implementation)

    return {
        name: Function(name, tuple(recording(name, overload) for overload in function.overloads))
        for name, function in ALL_FUNCTIONS.items()
    }


def test_every_node_and_macro_has_a_case() -> None:
    """Every kind of node is the outcome of some case, and every macro's name stands in one."""
    kinds = {type(node) for case in CASES if case.gives is not None for node in walk(parse(case.expr))}
    text = " ".join(case.expr for case in CASES)

    assert set(CHILD_FIELDS) - kinds == set()
    assert MapEntry in kinds
    assert [name for name in MACRO_NAMES if f"{name}(" not in text] == []


def test_every_error_has_a_case() -> None:
    """Every message the package can raise is met by some case."""
    seen = [_message(case) for case in CASES if case.error is not None]
    missing = {
        fragments
        for fragments in _raised_messages()
        if fragments and not any(all(part in message for part in fragments) for message in seen)
    }

    assert missing == MET_ELSEWHERE


MET_ELSEWHERE = {
    ("() failed: ",),
    ("this text holds half of a surrogate pair",),
    ("this pattern holds half of a surrogate pair",),
    ("%s cannot show lists nested this deep",),
    ("a pattern is at most ", " characters long"),
    ("CEL has no type for a Python ",),
}
"""Need values a file can't hold; their tests are in test_cel_limits.py and test_cel_engine_needs.py."""


def _message(case: CaseFromFile) -> str:
    with pytest.raises(CelError) as caught:
        evaluate(parse(case.expr), case.bindings)
    return caught.value.message


def _raised_messages() -> Iterator[tuple[str, ...]]:
    """The fixed parts of every message given to `EvaluationError` or `CelSyntaxError` in the source."""
    for path in sorted(Path(rulewright.cel.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("EvaluationError", "CelSyntaxError")
            ):
                parts = [part for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
                yield tuple(
                    part.value for part in parts if isinstance(part.value, str) and len(part.value) > 3
                )


def test_the_parser_knows_every_name_with_a_dot() -> None:
    """`math.abs(x)` is one call because the parser lists the functions that have a namespace."""
    assert {name for name in ALL_FUNCTIONS if "." in name} == NAMESPACED_FUNCTIONS

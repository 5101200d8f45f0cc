"""What generated code may hold: names we made, and literals. Nothing else of what a user wrote."""

from __future__ import annotations

import ast
import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cel_limits import WORDS, expressions

from rulewright.cel import ALL_FUNCTIONS, CelError, parse
from rulewright.cel.compiler.artifact import source_of
from rulewright.cel.compiler.runtime import NAMES

MADE = re.compile(r"[vtkf][0-9]+|[bBhen]")
ALLOWED_NAMES = {*NAMES, "again", "evaluate", "settle", "tell"} - {"__builtins__"}
ATTRIBUTES = {"__class__", "present", "value", "append", "add", "build", "get"} | {
    "startswith",
    "endswith",
    "isascii",
}
LITERALS = (str, int, float, bytes, bool, type(None))


def violations(source: str) -> list[str]:
    """Whatever in a source is neither a name of ours nor a literal."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name):
                allowed = MADE.fullmatch(name) is not None or name in ALLOWED_NAMES
            case ast.Attribute(attr=name):
                allowed = name in ATTRIBUTES
            case ast.ExceptHandler(name=str() as name):
                allowed = name == "e"
            case ast.Constant(value=value):
                name, allowed = repr(value), type(value) in LITERALS
            case (
                ast.Import() | ast.ImportFrom() | ast.Global() | ast.Lambda() | ast.ClassDef() | ast.keyword()
            ):
                name, allowed = type(node).__name__, False
            case _:
                continue
        if not allowed:
            found.append(name)
    return found


def check(text: str) -> None:
    """Both versions of an expression, if it is one."""
    try:
        node = parse(text)
    except CelError:
        return
    for exact in (False, True):
        source, _ = source_of(node, ALL_FUNCTIONS, 1_000, exact=exact)

        assert violations(source) == []


@settings(max_examples=400, deadline=None, derandomize=True)
@given(expressions())
def test_generated_code_holds_only_our_names(text: str) -> None:
    """Random well-formed expressions."""
    check(text)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(WORDS, max_size=25))
def test_generated_code_of_any_words_holds_only_our_names(words: list[str]) -> None:
    """Random words of the language."""
    check(" ".join(words))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.text(max_size=30),
    st.sampled_from(
        ["a[@]", "a == @", "a.startsWith(@)", "{@: 1}", "a in [@]", "a.matches(@)", "a.contains(@) || b(@)"]
    ),
)
def test_texts_stay_texts(content: str, shape: str) -> None:
    """Quotes, braces, newlines or code in a literal change nothing around it."""
    literal = "'" + "".join(f"\\U{ord(c):08x}" for c in content if not 0xD800 <= ord(c) <= 0xDFFF) + "'"
    check(shape.replace("@", literal))


@pytest.mark.parametrize(
    "name", ["__import__", "exec", "b", "B", "again", "evaluate", "True", "None", "lambda_", "f1", "k1"]
)
def test_a_users_names_are_data(name: str) -> None:
    """Python's words and our own names mean nothing special in CEL."""
    for text in (name, f"{name}.{name}", f"{name}({name})", f"[1].all({name}, {name} == 1)", f"a.{name}(1)"):
        check(text)


def test_nothing_of_python_is_in_reach() -> None:
    """Generated code sees the names it is given, without Python's builtins."""
    assert NAMES["__builtins__"] == {}
    assert not {"open", "eval", "exec", "__import__", "getattr", "globals"} & set(NAMES)


def test_code_depends_on_nothing_but_the_expression() -> None:
    """The same text gives the same source, so that caches hold."""
    random = Random(1)
    for text in ("a.b == 1 && a.c in ['x', 'y']", "a.map(x, x + 1).exists(y, y > 2)"):
        sources = {
            source_of(parse(text), ALL_FUNCTIONS, 1_000, exact=random.random() < 2)[0] for _ in range(5)
        }

        assert len(sources) == 1

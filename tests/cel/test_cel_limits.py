"""Nothing takes long, meets Python's recursion limit or raises anything but this package's errors."""

from __future__ import annotations

import inspect
import sys
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulewright.cel import (
    Budget,
    CelError,
    CelSyntaxError,
    EvaluationError,
    LimitError,
    Limits,
    check_pattern,
    evaluate,
    parse,
    qualify,
    references,
    walk,
)

ANY_LENGTH = Limits(characters=1_000_000)


def nested(depth: int) -> object:
    """A list in a list in a list."""
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "piece", ["(", "[", "{", "{1:", "x?", "f(", "a.f(", "x ? x : ", "a[", "cel.bind(x,1,"]
)
def test_deep_nesting_is_refused(piece: str) -> None:
    """However long the text."""
    for count in (100, 10_000):
        with pytest.raises(LimitError, match="nests more than"):
            parse(piece * count, ANY_LENGTH)


@pytest.mark.parametrize("prefix", ["!", "-"])
def test_a_long_row_of_prefixes_is_refused(prefix: str) -> None:
    """The tree would be as deep as the row is long."""
    with pytest.raises(LimitError, match="nests more than"):
        parse(prefix * 20_000 + "a", ANY_LENGTH)


@pytest.mark.parametrize("piece", [".a", "[0]", ".f()", "+1", ".?b", "==a"])
def test_a_long_chain_is_refused(piece: str) -> None:
    """Chains deepen the tree without brackets."""
    with pytest.raises(LimitError, match="nests more than"):
        parse("a" + piece * 20_000, ANY_LENGTH)


def test_what_the_specification_asks_for_fits() -> None:
    """CEL asks for 32 levels and repetitions; ours are 80."""
    for text in (
        "(" * 60 + "1" + ")" * 60,
        "a" + ".b" * 75,
        "1" + " + 1" * 75,
        "!" * 75 + "true",
        "[" * 60 + "]" * 60,
    ):
        assert list(walk(parse(text)))


def test_the_deepest_tree_fits_python_stack() -> None:
    """Parsing, walking and evaluating the deepest tree need far less than the thousand frames there are."""
    depth = Limits().depth
    texts = [
        "f(" * (depth - 2) + "1" + ")" * (depth - 2),
        "[1].map(x, true, " * (depth // 2) + "1" + ")" * (depth // 2),
        "[1].exists(x, " * (depth // 2) + "true" + ")" * (depth // 2),
        "(" * (depth - 1) + "1" + ")" * (depth - 1),
        "true ? 1 : " * (depth - 2) + "1",
        "(true && (false || " * (depth // 2 - 1) + "true" + "))" * (depth // 2 - 1),
    ]
    used = len(inspect.stack(context=0))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(used + 600)
    try:
        for text in texts:
            node = parse(text)
            references(node)
            qualify(node, {"a.b"}, "c")
            with suppress(EvaluationError):
                evaluate(node, {})
    finally:
        sys.setrecursionlimit(limit)


def test_text_and_size_are_bounded() -> None:
    """Length in characters, size in nodes."""
    with pytest.raises(LimitError, match="longer than 10,000 characters"):
        parse("1" * 10_001)
    with pytest.raises(LimitError, match="more than 50 parts"):
        parse("[" + "1," * 60 + "]", Limits(nodes=50))


def bindings_chain(count: int, first: str, step: str, body: str) -> str:
    """`cel.bind(v0, first, cel.bind(v1, step of v0, ... body of the last))`."""
    parts = [f"cel.bind(v0, {first}, "]
    parts += [f"cel.bind(v{i}, {step.replace('@', f'v{i - 1}')}, " for i in range(1, count)]
    return "".join(parts) + body.replace("@", f"v{count - 1}") + ")" * count


@pytest.mark.parametrize(
    "text",
    [
        bindings_chain(60, "'aaaaaaaaaaaaaaaa'", "@ + @", "size(@)"),
        bindings_chain(60, "[1]", "@ + @", "size(@)"),
        bindings_chain(60, "[1]", "[@, @]", "@ == @"),
        bindings_chain(60, "[1]", "[@, @]", "@ in [@]"),
        bindings_chain(60, "[1]", "[@, @]", "[@, @].distinct()"),
        bindings_chain(60, "[1]", "[@, @]", "@.flatten(50)"),
        bindings_chain(40, "[1]", "[@, @]", "'%s'.format([@])"),
        bindings_chain(60, "[1]", "[@, @]", "@"),
        bindings_chain(60, "{'a': 1}", "{'a': @, 'b': @}", "@"),
        bindings_chain(30, "[1]", "[" * 30 + "@" + "]" * 30, "@"),
        bindings_chain(9, "'" + "a" * 40 + "'", "@.replace('a', @)", "size(@)"),
        bindings_chain(9, "'" + "a" * 40 + "'", "@.replace('', @)", "size(@)"),
        bindings_chain(9, "'" + "a" * 40 + "'", "@.split('').join(@)", "size(@)"),
        "[0,1,2,3,4,5,6,7,8,9].all(a, " * 9 + "true" + ")" * 9,
        "[0,1,2,3,4,5,6,7,8,9].map(a, " * 9 + "1" + ")" * 9,
        "lists.range(1000000000)",
        "lists.range(100000).map(x, '%.999f%.999f%.999f'.format([1.5, 1.5, 1.5]))",
        "lists.range(100000).map(x, lists.range(1000).sort())",
        "lists.range(50000).distinct()",
    ],
)
def test_no_expression_takes_more_than_its_budget(text: str) -> None:
    """What would take exponential time or memory ends at once, and clearly."""
    began = time.process_time()
    with pytest.raises(LimitError):
        evaluate(parse(text), {})

    assert time.process_time() - began < 5


def test_a_limit_is_never_absorbed() -> None:
    """`||` must not hide that the budget is gone."""
    with pytest.raises(LimitError):
        evaluate(parse("lists.range(1000000000) == [] || true"), {})


@pytest.mark.parametrize(
    "pattern", ["(a*)*b", "(a|a)*b", "(a?){30}a{30}", "(((a?){9}){9}){9}" + "a" * 30, "(a|b)*a(a|b){12}c"]
)
def test_matches_takes_linear_time(pattern: str) -> None:
    """The patterns that explode in a backtracking engine don't here."""
    began = time.process_time()
    evaluate(
        parse("text.matches(pattern)"), {"text": "ab" * 20_000, "pattern": pattern}, budget=Budget(10**9)
    )

    assert time.process_time() - began < 2


@pytest.mark.parametrize("pattern", ["(", "a{99999}", "(?=a)", r"(a)\1", "a" * 1_001, "\ud800"])
def test_a_pattern_can_be_checked_beforehand(pattern: str) -> None:
    """Bad, unsupported and overlong patterns are refused with a clear error."""
    with pytest.raises(EvaluationError, match="pattern"):
        check_pattern(pattern)


def test_deep_data_is_compared_without_recursion() -> None:
    """Payloads may nest deeper than Python's stack."""
    deep = [nested(20_000) for _ in range(2)]

    assert evaluate(parse("a == b"), {"a": deep[0], "b": deep[1]}) is True


@pytest.mark.parametrize(
    ("text", "bindings"),
    [
        ("x + 1", {"x": 10**400}),
        ("x == 1.0", {"x": 10**400}),
        ("double(x)", {"x": 10**400}),
        ("string(x)", {"x": 10**40_000}),
        ("bytes(x)", {"x": "\ud800"}),
        ("base64.decode(x)", {"x": "\ud800"}),
        ("x.matches('a')", {"x": "\ud800"}),
        ("'%x'.format([x])", {"x": "\ud800"}),
        ("duration(x)", {"x": "11111111111111111111s" * 12 + "x"}),
        ("double(x)", {"x": "1" * 5_000}),
        ("timestamp(0).getHours(x)", {"x": "../../etc/passwd"}),
        ("timestamp(0).getHours(x)", {"x": "\0"}),
        ("x == 1", {"x": object()}),
        ("'%s'.format([x])", {"x": nested(5_000)}),
        ("ip(x)", {"x": "1" * 100_000}),
    ],
)
def test_odd_values_give_a_result_or_a_plain_error(text: str, bindings: dict[str, object]) -> None:
    """Never a Python exception of another kind."""
    message = ""
    try:
        evaluate(parse(text), bindings)
    except EvaluationError as error:
        message = error.message

    assert len(message) < 200


WORDS = st.sampled_from(
    [
        "a",
        "b",
        "x",
        "1",
        "0",
        "2u",
        "1.5",
        "'a'",
        "b'a'",
        "null",
        "true",
        "false",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ".",
        ".?",
        ",",
        ":",
        "?",
        "!",
        "-",
        "+",
        "*",
        "/",
        "%",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "&&",
        "||",
        "in",
        ".size()",
        ".map(x,",
        ".all(x,",
        ".exists(i,v,",
        ".filter(x,",
        "has(",
        "given(",
        "find(",
        "cel.bind(x,",
        ".optMap(x,",
        "[?",
        "{?",
        "math.abs(",
        "optional.of(",
        ".orValue(",
        ".replace(",
        ".split(",
        ".join(",
        ".format(",
        ".matches(",
        "timestamp(",
        "duration(",
        "int(",
        "string(",
        "type(",
        ".transformMap(k,v,",
        ".transformMapEntry(k,v,",
        ".sort()",
        ".distinct()",
        ".flatten()",
        "//",
        "'''",
        "r'",
        "\\",
        "`",
        "@",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)


def evaluate_safely(text: str, bindings: dict[str, object]) -> None:
    """Parse and evaluate, expecting nothing but this package's errors."""
    try:
        node = parse(text)
    except (CelSyntaxError, LimitError):
        return
    references(node)
    with suppress(CelError):
        evaluate(node, bindings, budget=Budget(20_000))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=60))
def test_any_text_parses_or_is_refused(text: str) -> None:
    """Random characters."""
    evaluate_safely(text, {})


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(WORDS, max_size=25), st.dictionaries(st.sampled_from("abx"), VALUES, max_size=3))
def test_any_words_parse_or_are_refused(words: list[str], bindings: dict[str, object]) -> None:
    """Random words of the language."""
    evaluate_safely(" ".join(words), bindings)


def expressions() -> st.SearchStrategy[str]:
    """Well-formed expressions of every shape."""
    leaves = st.sampled_from(
        ["a", "b", "x", "1", "0", "2u", "1.5", "'a'", "b'a'", "null", "true", "[]", "{}"]
    )

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        shapes = st.sampled_from(
            [
                "(@ + @)",
                "(@ - @)",
                "(@ == @)",
                "(@ < @)",
                "(@ && @)",
                "(@ ",
                "",
                " @)",
                "(@ ? @ : @)",
                "[@, @]",
                "{@: @}",
                "@[@]",
                "@.f",
                "@.?f",
                "!@",
                "-@\n            ",
                "@.map(x, @)",
                "@.all(x, @)",
                "@.exists(x, @)",
                "@.exists_one(x, @)",
                "@.filter(x, @)",
                "find(@, x, @)",
                "size(@)",
                "(@ in @)\n            ",
                "cel.bind(x, @, @)",
                "string(@)",
                "int(@)",
                "@.replace(@, @)",
                "@.matches(@)",
                "@.format([@])",
                "@.transformMap(k, x, @)\n            ",
                "@.transformList(i, x, @)",
                "optional.of(@).orValue(@)",
                "@.sort()",
                "@.distinct()",
                "has(@.f)",
                "given(a.b)",
                "type(@)\n            ",
                "math.greatest(@, @)",
                "timestamp(@)",
                "duration(@)",
                "@.getHours(@)",
                "[?optional.of(@)]",
                "slug(@)",
                "pick(@, @)",
            ]
        )
        return st.builds(_fill, shapes, st.lists(inner, min_size=3, max_size=3))

    return st.recursive(leaves, grow, max_leaves=12)


def _fill(shape: str, parts: list[str]) -> str:
    for part in parts:
        shape = shape.replace("@", part, 1)
    return shape.strip().replace("@", "a")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(expressions(), st.dictionaries(st.sampled_from("abx"), VALUES, max_size=3))
def test_any_expression_evaluates_or_fails_plainly(text: str, bindings: dict[str, object]) -> None:
    """Random well-formed expressions on random values."""
    evaluate_safely(text, bindings)

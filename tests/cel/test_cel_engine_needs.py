"""What an embedding engine relies on: lazy bindings, unknown values, references, custom functions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import pytest

from rulewright.cel import (
    ALL_FUNCTIONS,
    Budget,
    Duration,
    EvaluationError,
    LimitError,
    Timestamp,
    Uint,
    Unknown,
    evaluate,
    function,
    parse,
    qualify,
    references,
    walk,
)
from rulewright.cel.tree import Call, Given, Ident, Literal, Logic, Node, Select
from rulewright.cel.values import INT, STRING


class Lazy(dict[str, object]):
    """Names computed when they are read; some can't be known."""

    def __init__(self) -> None:
        super().__init__(payload=Record(age=20))
        self.reads: list[str] = []

    def __missing__(self, name: str) -> object:
        self.reads.append(name)
        if name == "lookup":
            raise Unknown("no store")
        if name == "computed":
            return 42
        raise KeyError(name)


class Record(dict[str, object]):
    """A record whose declared fields read as null where they are absent."""

    def __missing__(self, name: str) -> object:
        if name in ("name", "address"):
            return None
        raise KeyError(name)


class Computing(Mapping[str, object]):
    """A mapping that holds no values."""

    def __getitem__(self, key: str) -> object:
        if key == "x":
            return {"y": 1}
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(["x"])

    def __len__(self) -> int:
        return 1


def value(text: str, bindings: Mapping[str, object] | None = None) -> object:
    """The value of an expression."""
    return evaluate(parse(text), Lazy() if bindings is None else bindings)


def test_a_name_is_read_only_when_it_is_reached() -> None:
    """What an expression does not need is never computed."""
    bindings = Lazy()

    assert evaluate(parse("payload.age > 18 || computed > 1"), bindings) is True
    assert bindings.reads == []
    assert evaluate(parse("computed + 0"), bindings) == 42


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lookup.x == 1 || true", True),
        ("true || lookup.x == 1", True),
        ("lookup.x == 1 && false", False),
        ("lookup == 1 || 1 / 0 == 1 || true", True),
        ("true ? 1 : lookup", 1),
        ("[1, 2].exists(x, x == 2 || lookup)", True),
        ("[1, 2].all(x, x == 2 && lookup)", False),
    ],
)
def test_an_unknown_value_that_does_not_matter_is_absorbed(text: str, expected: object) -> None:
    """What is decided without an unknown value is decided."""
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "lookup",
        "lookup.x == 1 || false",
        "lookup.x == 1 && true",
        "1 / 0 == 1 || lookup.x",
        "lookup.x || 1 / 0 == 1",
        "lookup ? 1 : 2",
        "given(lookup.x)",
        "has(lookup.x)",
        "[1, 2].exists(x, lookup)",
        "[0, 1].all(x, 1 / x == 1 && lookup)",
        "[0, 1].exists_one(x, 1 / x == 1 && lookup)",
        "[1].map(x, lookup)",
        "size(lookup)",
    ],
)
def test_an_unknown_value_that_matters_reaches_the_caller(text: str) -> None:
    """And goes before any other error."""
    with pytest.raises(Unknown, match="no store"):
        value(text)


def test_a_declared_absent_field_is_null_and_not_there() -> None:
    """`m.f` is `m[f]`, `has(m.f)` is membership."""
    assert value("payload.name == null") is True
    assert value("payload['name'] == null") is True
    assert value("has(payload.name)") is False
    assert value("payload.?name.hasValue()") is False
    assert value("given(payload.name)") is False
    assert value("given(payload.address.postcode)") is False
    assert value("given(payload.age)") is True
    with pytest.raises(EvaluationError, match='no such field "nothing"'):
        value("payload.nothing")


def test_any_mapping_is_a_map() -> None:
    """Maps need not be dicts, lists may be tuples."""
    bindings = {"m": Computing(), "t": (1, 2)}

    assert value("m.x.y + t[1]", bindings) == 3
    assert value("given(m.x.y) && has(m.x) && 'x' in m && !given(m.z)", bindings) is True
    assert value("m == {'x': {'y': 1.0}} && t == [1, 2] && m.all(k, k == 'x')", bindings) is True


def test_python_dates_are_timestamps() -> None:
    """Aware and naive datetimes, dates and spans, wherever they are read."""
    moment = dt.datetime(2025, 1, 15, 9, 30)
    span = dt.timedelta(minutes=90)
    bindings = {
        "naive": moment,
        "aware": moment.replace(tzinfo=dt.timezone(dt.timedelta(hours=1))),
        "day": dt.date(2025, 1, 15),
        "list": [dt.date(2025, 1, 15), None],
        "span": span,
    }

    assert value("naive - aware == duration('1h')", bindings) is True
    assert value("day < naive && day in list && list[0] == day", bindings) is True
    assert value("list.exists(d, d != null && d.getFullYear() == 2025)", bindings) is True
    assert value("day + span", bindings) == Timestamp.from_datetime(dt.datetime(2025, 1, 15, 1, 30))
    assert value("span", bindings) == Duration(5400 * 10**9)
    assert Timestamp.from_datetime(moment).to_datetime() == moment.replace(tzinfo=dt.UTC)
    assert Duration.from_timedelta(span).to_timedelta() == span


def test_custom_functions_are_global_or_methods() -> None:
    """A caller's functions stand beside the others, and their mistakes are evaluation errors."""

    def shout(text: str) -> str:
        return text.upper() + "!"

    functions = {
        **ALL_FUNCTIONS,
        "shout": function("shout", shout, [STRING], STRING),
        "acme.half": function("acme.half", lambda n: n // (n - n), [INT], INT),
        "louder": function("louder", shout, [STRING], STRING, method=True),
    }

    assert evaluate(parse("shout('a') + 'b'.louder()"), {}, functions=functions) == "A!B!"
    with pytest.raises(EvaluationError, match=r"acme\.half\(\) failed"):
        evaluate(parse("acme.half(2)", namespaced={"acme.half"}), {}, functions=functions)
    with pytest.raises(EvaluationError, match=r"shout\(int\) is not defined"):
        evaluate(parse("shout(1)"), {}, functions=functions)


def test_an_error_points_at_the_innermost_node() -> None:
    """So a report can put a caret under it."""
    text = "payload.age > 18 && payload.nothing.x == 1"
    with pytest.raises(EvaluationError) as caught:
        value(text)

    assert text[caught.value.start : caught.value.end] == "payload.nothing"


class Nested(dict[str, object]):
    """A mapping whose values are expressions of their own."""

    def __missing__(self, name: str) -> object:
        return evaluate(parse("          missing.x"), {})


def test_an_error_met_in_another_expression_points_at_what_was_read() -> None:
    """The offsets of a computed value's own expression would mean nothing in this text."""
    for text in ("1 + computed", "1 + record.computed", "1 + record['computed']"):
        with pytest.raises(EvaluationError, match="undeclared name 'missing'") as caught:
            evaluate(parse(text), Nested(record=Nested()))

        assert text[caught.value.start : caught.value.end] == text[4:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("payload.address.postcode", [("payload", "address", "postcode")]),
        ("given(payload.a.b) && has(person.c)", [("payload", "a", "b"), ("person", "c")]),
        ("a['b'].c + a.b.c", [("a", "b", "c")]),
        ("l[i].x", [("l",), ("i",)]),
        ("l.map(x, x.y + z.w)", [("l",), ("z", "w")]),
        ("[1].map(x, .x)", [("x",)]),
        ("cel.bind(x, a.b, x.c)", [("a", "b")]),
        ("a.?b[?'c'].optMap(v, v + d)", [("a", "b", "c"), ("d",)]),
        ("type(a) == int && now < timestamp(b)", [("a",), ("now",), ("b",)]),
        ("f(a).b", [("a",)]),
        ("x.exists(x, x.y) || x.z", [("x",), ("x", "z")]),
    ],
)
def test_references_are_the_paths_an_expression_reads(text: str, expected: list[tuple[str, ...]]) -> None:
    """Free names with their longest chain of fields, without macros' variables and types."""
    assert list(references(parse(text))) == expected


def test_qualified_names_are_single_names() -> None:
    """The longest declared name wins, in the container first; macros' variables come before all."""
    node = qualify(parse("a.b.c + [1].map(a, a)[0]"), {"a.b", "x.a.b"}, "x.y")
    names = [found.name for found in walk(node) if isinstance(found, Ident)]

    assert names == ["x.a.b", "a"]
    assert evaluate(node, {"x.a.b": {"c": 1}}) == 2


def test_the_recorder_sees_every_value() -> None:
    """Nodes with their values, inner ones first, for explanations."""
    seen: list[tuple[str, object]] = []
    text = "payload.age >= 18 && given(payload.name)"

    def record(node: Node, found: object) -> None:
        seen.append((text[node.start : node.end], found))

    assert evaluate(parse(text), Lazy(), on_value=record) is False
    assert ("payload.age", 20) in seen
    assert ("payload.age >= 18", True) in seen
    assert ("payload.name", None) in seen
    assert seen[-1] == (text, False)


def test_a_budget_may_be_shared() -> None:
    """Several evaluations can draw on one budget."""
    budget = Budget(10)
    evaluate(parse("1 + 1"), {}, budget=budget)

    assert budget.remaining < 10
    with pytest.raises(LimitError):
        evaluate(parse("[1, 2, 3].map(x, x)"), {}, budget=budget)


def test_the_tree_keeps_offsets_and_brackets() -> None:
    """`text[node.start:node.end]` is the node's text, brackets included."""
    text = "(a + 1) * 2"
    node = parse(text)

    assert isinstance(node, Call)
    assert text[node.start : node.end] == text
    assert text[node.args[0].start : node.args[0].end] == "(a + 1)"


def test_chains_of_logic_are_wide() -> None:
    """One node a chain, so a rule of a hundred clauses is not a hundred levels deep."""
    node = parse(" && ".join(["a"] * 500))

    assert isinstance(node, Logic)
    assert len(node.operands) == 500


def test_nodes_are_plain_data() -> None:
    """Equal trees are equal, and can be hashed and compared."""
    assert parse("given(a.b)") == parse("given(a.b)")
    assert parse("given(a)") == Given(start=0, end=8, path=Ident(start=6, end=7, name="a"))
    assert parse("a.b") == Select(start=0, end=3, operand=Ident(start=0, end=1, name="a"), field="b")
    assert repr(evaluate(Literal(start=0, end=2, value=Uint(1)), {})) == "1u"


def test_macros_can_be_switched_off() -> None:
    """Then their names are ordinary functions."""
    assert isinstance(parse("has(a.b)", macros=False), Call)
